"""The executor of local processes: one for each GPU, or as many as the cores have threads for.

A worker that dies, for example for lack of memory, loses one job, which another worker tries again. A worker
whose job takes longer than the limit is killed, and its job is late.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable, Iterator
from multiprocessing import connection
from pathlib import Path
from time import monotonic
from typing import Any

from nos_sym.search.executors.calls import ExecutorError, JobError, describe
from nos_sym.search.executors.mps import Sharing
from nos_sym.search.executors.protocol import Done, Job, JobOutcome, Late, Lost
from nos_sym.search.executors.retries import ATTEMPTS, RetryQueue
from nos_sym.search.executors.threads import thread_environment
from nos_sym.search.executors.worker_process import BEGUN, FAILED, READING, STARTED, WorkerProcess

_FAILED_STARTS = 3
_LONGEST_WAIT = 3600.0
"""Seconds; what waits for processes takes no longer times."""


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
        limit: seconds that a unit of a job may take; without it a job that never ends is waited for.
        trainings_per_device: number of processes that share a GPU, or the processor where there is none; by
            default one, or as many as the cores have threads for. Where GPUs are shared, it is by
            :class:`~nos_sym.search.executors.mps.Sharing`.
    """

    name = "processes"

    def __init__(
        self,
        workers: int | None = None,
        threads: int = 1,
        attempts: int = ATTEMPTS,
        gpus: tuple[str, ...] | None = None,
        limit: float | None = None,
        trainings_per_device: int | None = None,
    ) -> None:
        self._gpus = visible_gpus() if gpus is None else gpus
        devices = len(self._gpus)
        if trainings_per_device is not None:
            self.workers = workers or max(1, devices) * trainings_per_device
        else:
            self.workers = workers or devices or max(1, count_cores() // threads)
        self.threads = threads
        self._attempts = attempts
        self._limit = limit
        self._processes: list[WorkerProcess | None] = [None] * self.workers
        self._failed_starts = 0
        self._shares = self.workers > devices > 0
        self._sharing: Sharing | None = None

    @property
    def sharing(self) -> str:
        """How GPUs are shared now, :attr:`~nos_sym.search.executors.mps.Sharing.way`; empty if not."""
        return "" if self._sharing is None else self._sharing.way

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield outcomes as jobs finish; see :class:`nos_sym.search.executors.protocol.Executor`."""
        waiting = RetryQueue(jobs, self._attempts)
        try:
            while self._assign(waiting):
                for worker, is_late in self._ready():
                    found = self._late(worker, waiting) if is_late else self._outcome(worker, waiting)
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
            worker.end()
        if self._sharing is not None:
            self._sharing.close()
            self._sharing = None

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
                worker = self._processes[number] = WorkerProcess(
                    number, self._environment(number), self._limit
                )
            worker.give(job)
        return any(worker is not None and worker.job is not None for worker in self._processes)

    def _environment(self, number: int) -> dict[str, str]:
        values = thread_environment(self.threads)
        if self._gpus:
            values["CUDA_VISIBLE_DEVICES"] = self._gpus[number % len(self._gpus)]
        if self._shares and self._sharing is None:
            # Only now, as whoever makes an executor and never uses it may never close it.
            self._sharing = Sharing()
        return values if self._sharing is None else values | self._sharing.variables

    def _ready(self) -> list[tuple[WorkerProcess, bool]]:
        """Wait until workers have said something, died or are late; and return them, and whether late."""
        busy = [worker for worker in self._processes if worker is not None and worker.job is not None]
        by_object: dict[Any, WorkerProcess] = {}
        for worker in busy:
            by_object[worker.pipe] = by_object[worker.process.sentinel] = worker
        left = min(worker.deadline for worker in busy) - monotonic()
        ready = connection.wait(list(by_object), min(max(left, 0.0), _LONGEST_WAIT))
        found = dict.fromkeys((by_object[item] for item in ready), False)
        for worker in busy:
            if worker not in found and worker.deadline <= monotonic():
                found[worker] = True
        return list(found.items())

    def _late(self, worker: WorkerProcess, waiting: RetryQueue) -> tuple[int, JobOutcome] | None:
        """End a worker whose time is over, and return the outcome of its job, ``None`` if it waits again."""
        job = worker.job
        assert job is not None and self._limit is not None
        worker.kill()
        self._processes[self._processes.index(worker)] = None
        if not worker.begun:
            # What hangs is the start of the worker or its imports, and not the job.
            lost = waiting.lose(job, f"its worker process did not begin within {READING:g} seconds")
            return None if lost is None else (job.number, lost)
        return job.number, Late(self._limit * job.units)

    def _outcome(self, worker: WorkerProcess, waiting: RetryQueue) -> tuple[int, JobOutcome] | None:
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
        if kind in (STARTED, BEGUN):
            worker.note(kind)
            self._failed_starts = 0
            return None
        worker.job = None
        if kind == FAILED:
            raise value
        return job.number, Done(value)

    def _bury(self, worker: WorkerProcess, job: Job, waiting: RetryQueue) -> Lost | None:
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
