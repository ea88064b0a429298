"""One process of the executor of local processes: how it is started, what it says, and how it is ended.

Workers are spawned, because a process with running threads and CUDA cannot be forked. They end with the
process that started them, also if it is killed.
"""

from __future__ import annotations

import contextlib
import faulthandler
import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import connection, resource_tracker
from time import monotonic
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.executors.calls import JobError, call, describe, portable
from nos_sym.search.executors.printed import Ends, Printed, print_to
from nos_sym.search.executors.protocol import Job
from nos_sym.search.executors.threads import environment

STARTED, BEGUN, DONE, FAILED = "started", "begun", "done", "failed"
"""What a worker says: it runs; it has read its job, and imported what that needs; and how the job ended."""

_PATIENCE = 5.0
"""Seconds that a worker without a job, or one that was killed, has to end."""
READING = 600.0
"""Seconds that a worker has to start and to read its job, where there is a limit."""
_ALONE = 30.0
"""Seconds after the limit in which the process that started a worker should have ended it."""


class WorkerProcess:
    """A process and the pipe to it.

    Attributes:
        pipe: this end of the pipe.
        job: the job that it has, or ``None``.
        started: whether it has said that it runs.
        begun: whether it has said that its job begins.
        deadline: when its job is late, as time.monotonic() has it.

    Args:
        number: number of the worker, for its name.
        values: environment variables.
        limit: seconds that a unit of a job may take.
    """

    def __init__(self, number: int, values: dict[str, str], limit: float | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        name = f"nos-sym worker {number + 1}"
        self._printed = Printed(context)
        arguments = (there, limit, self._printed.ends)
        self.process = context.Process(target=serve, args=arguments, name=name, daemon=True)
        self.job: Job | None = None
        self.started = self.begun = False
        self.deadline = math.inf
        self._limit = limit
        with environment(values), _without_interrupts():
            self.process.start()
        there.close()
        self._printed.follow()

    def give(self, job: Job) -> None:
        """Send a job; a worker that is dead by now is found when its outcome is read."""
        self.job = job
        self.begun = False
        if self._limit is not None:
            self.deadline = monotonic() + READING
        try:
            self.pipe.send(job)
        except OSError:
            pass
        except Exception as error:
            raise JobError(f"job {job.number} cannot be sent to a worker: {describe(error)}") from error

    def note(self, said: str) -> None:
        """Note that it runs, or that its job begins."""
        self.started = True
        self.begun = said == BEGUN
        if self.begun and self._limit is not None and self.job is not None:
            self.deadline = monotonic() + self._limit * self.job.units

    def end(self) -> None:
        """Wait until the process ends whose pipe was closed; at once where it has a job."""
        self.process.join(0 if self.job is not None else _PATIENCE)
        self.kill()

    def kill(self) -> str:
        """End the process where it still runs and free it; return how it ended."""
        # A process that closed its pipe is about to end by itself, and then knows how.
        self.process.join(0 if self.job is None else 0.2)
        if self.process.exitcode is None:
            self.process.kill()
        # A process that waits for a device or a disk that hangs cannot be killed; it is left to the system.
        self.process.join(_PATIENCE)
        self.pipe.close()
        self._printed.close()
        code = self.process.exitcode
        if code is not None:
            self.process.close()
        return _ending(code)


def _ending(code: int | None) -> str:
    if code is None:
        return "it cannot be killed"
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        hint = " (out of memory?)" if -code == getattr(signal, "SIGKILL", None) else ""
        return f"{signal.Signals(-code).name}{hint}"
    return f"signal {-code}"


def serve(pipe: connection.Connection[Any, Any], limit: float | None = None, printed: Ends = ()) -> None:
    """Do the jobs that come through a pipe until it is closed; the main function of a worker."""
    print_to(printed)
    # Ctrl-C reaches every process of a terminal; the one that was started by hand decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        pipe.send((STARTED, None))
        while True:
            _send(pipe, _answer(pipe, limit))


def _answer(pipe: connection.Connection[Any, Any], limit: float | None) -> tuple[str, Any]:
    try:
        job = pipe.recv()
    except (EOFError, OSError):
        raise
    except Exception as error:
        return FAILED, JobError(f"a worker cannot read its job: {describe(error)}")
    pipe.send((BEGUN, None))
    try:
        with _ends_itself(limit, job):
            return DONE, call(job)
    except NosSymError as error:
        return FAILED, portable(error)


@contextlib.contextmanager
def _ends_itself(limit: float | None, job: Job) -> Iterator[None]:
    """End this process a while after the limit, where the one that started it is gone and cannot do so.

    The thread that waits for its end needs the interpreter, which a job that hangs may never give free; the
    clock of ``faulthandler`` does not.
    """
    if limit is None:
        yield
        return
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        faulthandler.dump_traceback_later(limit * job.units + _ALONE, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _send(pipe: connection.Connection[Any, Any], answer: tuple[str, Any]) -> None:
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception as error:
        # Nothing was sent: what cannot be pickled is an error of the job, not of the pipe.
        pipe.send((FAILED, JobError(f"the result of a job cannot be sent: {describe(error)}")))


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
