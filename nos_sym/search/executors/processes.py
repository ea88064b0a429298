"""The executor of local processes: one for each GPU, or as many as the cores have threads for.

Workers are spawned, because a process with running threads and CUDA cannot be forked. A worker that dies, for
example for lack of memory, loses one job, which another worker tries again. Workers end with the process that
started them, also if it is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from multiprocessing import connection, resource_tracker
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.executors.calls import ExecutorError, JobError, call, describe, portable
from nos_sym.search.executors.protocol import Done, Job, JobOutcome, Lost
from nos_sym.search.executors.retries import ATTEMPTS, RetryQueue
from nos_sym.search.executors.threads import environment, thread_environment

_FAILED_STARTS = 3
_PATIENCE = 5.0
"""Seconds that a worker without a job has to end."""
_STARTED, _DONE, _FAILED = "started", "done", "failed"


class Processes:
    """Runs jobs in processes of this machine.

    Attributes:
        workers: number of processes.
        threads: processor threads of each.

    Args:
        workers: number of processes; by default one for each GPU, or as many as the cores have threads for.
        threads: processor threads of each process.
        attempts: how often a job is tried whose worker dies.
        gpus: names of GPUs as in ``CUDA_VISIBLE_DEVICES``, by default those of the machine; each worker sees
            one of them.
    """

    name = "processes"

    def __init__(
        self,
        workers: int | None = None,
        threads: int = 1,
        attempts: int = ATTEMPTS,
        gpus: tuple[str, ...] | None = None,
    ) -> None:
        self._gpus = visible_gpus() if gpus is None else gpus
        self.workers = workers or len(self._gpus) or max(1, count_cores() // threads)
        self.threads = threads
        self._attempts = attempts
        self._processes: list[_Worker | None] = [None] * self.workers
        self._failed_starts = 0

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield outcomes as jobs finish; see :class:`nos_sym.search.executors.protocol.Executor`."""
        waiting = RetryQueue(jobs, self._attempts)
        try:
            while self._assign(waiting):
                for worker in self._ready():
                    found = self._outcome(worker, waiting)
                    if found is not None:
                        yield found
                        # Whoever reads outcomes may have more jobs because of this one.
                        self._assign(waiting)
        finally:
            for number, left in enumerate(self._processes):
                if left is not None and left.job is not None:
                    left.kill()
                    self._processes[number] = None

    def close(self) -> None:
        """End the workers."""
        workers = [worker for worker in self._processes if worker is not None]
        self._processes = [None] * self.workers
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.process.join(0 if worker.job is not None else _PATIENCE)
            worker.kill()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _assign(self, waiting: RetryQueue) -> bool:
        """Give jobs to workers without one; return whether any worker has a job."""
        for number, worker in enumerate(self._processes):
            if worker is not None and worker.job is not None:
                continue
            job = waiting.take()
            if job is None:
                break
            if worker is None:
                worker = self._processes[number] = _Worker(number, self._environment(number))
            worker.give(job)
        return any(worker is not None and worker.job is not None for worker in self._processes)

    def _environment(self, number: int) -> dict[str, str]:
        values = thread_environment(self.threads)
        if self._gpus:
            values["CUDA_VISIBLE_DEVICES"] = self._gpus[number % len(self._gpus)]
        return values

    def _ready(self) -> list[_Worker]:
        """Wait until workers have said something or died, and return them."""
        busy = [worker for worker in self._processes if worker is not None and worker.job is not None]
        by_object: dict[Any, _Worker] = {w.pipe: w for w in busy} | {w.process.sentinel: w for w in busy}
        ready = connection.wait(list(by_object))
        return list(dict.fromkeys(by_object[item] for item in ready))

    def _outcome(self, worker: _Worker, waiting: RetryQueue) -> tuple[int, JobOutcome] | None:
        """Return what a worker that is ready has to say of its job, ``None`` where that is not known yet."""
        job = worker.job
        assert job is not None
        try:
            kind, value = worker.pipe.recv()
        except (EOFError, OSError):
            lost = self._bury(worker, job, waiting)
            return None if lost is None else (job.number, lost)
        except Exception as error:
            raise JobError(f"job {job.number}: its result cannot be read: {describe(error)}") from error
        if kind == _STARTED:
            worker.started = True
            self._failed_starts = 0
            return None
        worker.job = None
        if kind == _FAILED:
            raise value
        return job.number, Done(value)

    def _bury(self, worker: _Worker, job: Job, waiting: RetryQueue) -> Lost | None:
        """Remove a worker that died; its job waits again, or is lost."""
        ending = worker.kill()
        self._processes[self._processes.index(worker)] = None
        if worker.started:
            return waiting.lose(job, f"its worker process ended: {ending}")
        self._failed_starts += 1
        if self._failed_starts >= _FAILED_STARTS:
            raise ExecutorError(
                f"worker processes end while they start: {ending}; a script that starts them must do so "
                "under 'if __name__ == \"__main__\":'"
            )
        waiting.put_back(job)
        return None


class _Worker:
    """A process and the pipe to it.

    Attributes:
        pipe: this end of the pipe.
        job: the job that it has, or ``None``.
        started: whether it has said that it runs.
    """

    def __init__(self, number: int, values: dict[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        name = f"nos-sym worker {number + 1}"
        self.process = context.Process(target=serve, args=(there,), name=name, daemon=True)
        self.job: Job | None = None
        self.started = False
        with environment(values), _without_interrupts():
            self.process.start()
        there.close()

    def give(self, job: Job) -> None:
        """Send a job; a worker that is dead by now is found when its outcome is read."""
        self.job = job
        try:
            self.pipe.send(job)
        except OSError:
            pass
        except Exception as error:
            raise JobError(f"job {job.number} cannot be sent to a worker: {describe(error)}") from error

    def kill(self) -> str:
        """End the process where it still runs and free it; return how it ended."""
        # A process that closed its pipe is about to end by itself, and then knows how.
        self.process.join(0 if self.job is None else 0.2)
        if self.process.exitcode is None:
            self.process.kill()
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode
        self.process.close()
        return _ending(code)


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        hint = " (out of memory?)" if -code == getattr(signal, "SIGKILL", None) else ""
        return f"{signal.Signals(-code).name}{hint}"
    return f"signal {-code}"


def serve(pipe: connection.Connection[Any, Any]) -> None:
    """Do the jobs that come through a pipe until it is closed; the main function of a worker."""
    # Ctrl-C reaches every process of a terminal; the one that was started by hand decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        pipe.send((_STARTED, None))
        while True:
            _send(pipe, _answer(pipe))


def _answer(pipe: connection.Connection[Any, Any]) -> tuple[str, Any]:
    try:
        job = pipe.recv()
    except (EOFError, OSError):
        raise
    except Exception as error:
        return _FAILED, JobError(f"a worker cannot read its job: {describe(error)}")
    try:
        return _DONE, call(job)
    except NosSymError as error:
        return _FAILED, portable(error)


def _send(pipe: connection.Connection[Any, Any], answer: tuple[str, Any]) -> None:
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception as error:
        # Nothing was sent: what cannot be pickled is an error of the job, not of the pipe.
        pipe.send((_FAILED, JobError(f"the result of a job cannot be sent: {describe(error)}")))


def _end_with_parent() -> None:
    """End this process at once when the one that started it is gone: nobody reads its result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes so that Ctrl-C does not reach them before they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Started inside, the tracker would set the mask back.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def visible_gpus() -> tuple[str, ...]:
    """Return the names of the GPUs that this process may use, as in ``CUDA_VISIBLE_DEVICES``."""
    # The framework takes seconds to import; where there is no driver it need not be asked.
    has_driver = Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
    if not has_driver or importlib.util.find_spec("torch") is None:
        return ()
    import torch

    count = torch.cuda.device_count()
    named = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return tuple(named[:count] if named else map(str, range(count)))
