"""Executors: where the jobs of a search run, behind the protocol :class:`nos_sym.search.protocol.Executor`.

Here are the executor of the process itself and what all of them share: the queue that tries lost jobs again,
the errors, and the number of threads of a job. A sum over more threads has another rounding error, so jobs
have one thread by default, in every executor: results depend neither on it nor on the number of workers.
"""

from __future__ import annotations

import contextlib
import copy
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.language.registry import suggestion
from nos_sym.search.protocol import Done, Executor, Job, Lost, Outcome

EXECUTORS = ("in-process", "processes", "ray")
"""Names of executors, as the command line has them."""

ATTEMPTS = 3
"""How often a job is tried whose worker dies."""

_LONGEST = 300


class ExecutorError(NosSymError):
    """Workers that cannot run: a package is missing, processes end while they start, no cluster answers."""


class JobError(NosSymError):
    """An exception of a job that is none of nos-sym: its type and message, on one line."""


def open_executor(
    name: str, workers: int | None = None, threads: int = 1, address: str | None = None
) -> Executor:
    """Return an executor by its name; it is a context manager.

    Args:
        name: one of :data:`EXECUTORS`.
        workers: how many jobs run at the same time; by default one for each GPU, or as many as the cores have
            threads for. The executor ``in-process`` has one, ``ray`` as many as its cluster has room for.
        threads: processor threads of each job.
        address: of a Ray cluster, as ``host:port`` or ``auto``; without it ``ray`` starts a local one.

    Raises:
        ExecutorError: an unknown name, or options that the executor does not have.
    """
    if name not in EXECUTORS:
        hint = suggestion(name, EXECUTORS) or f"; expected one of {', '.join(EXECUTORS)}"
        raise ExecutorError(f"unknown executor '{name}'{hint}")
    if address is not None and name != "ray":
        raise ExecutorError(f"executor '{name}' has no address; use the executor 'ray'")
    if threads < 1 or (workers is not None and workers < 1):
        raise ExecutorError("workers and threads must be at least 1")
    if name == "processes":
        from nos_sym.search.executors.processes import Processes

        return Processes(workers, threads)
    if name == "ray":
        from nos_sym.search.executors.ray_executor import RayExecutor

        return RayExecutor(workers, threads, address)
    if workers not in (None, 1):
        raise ExecutorError("executor 'in-process' has one worker; use the executor 'processes' for more")
    return InProcess(threads)


class InProcess:
    """Runs jobs one after the other in the process that asks for their outcomes.

    Attributes:
        threads: processor threads of each job.
    """

    name = "in-process"
    workers = 1

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Outcome]]:
        """Run each job when its outcome is asked for; see :class:`nos_sym.search.protocol.Executor`."""
        source = iter(jobs)
        while (job := next(source, None)) is not None:
            with limited_threads(self.threads):
                value = call(job)
            yield job.number, Done(value)

    def close(self) -> None:
        """Do nothing: there are no workers."""

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Waiting:
    """The jobs that wait in a run: those of workers that died, then those of an iterator, one by one.

    Args:
        jobs: asked again after it had none, see :class:`nos_sym.search.protocol.Executor`.
        attempts: how often a job is tried.
    """

    def __init__(self, jobs: Iterable[Job], attempts: int = ATTEMPTS) -> None:
        self._source = iter(jobs)
        self._again: deque[Job] = deque()
        self._attempts = attempts
        self._failed: dict[int, int] = {}

    def take(self) -> Job | None:
        """Return the next job, or ``None`` where there is none now."""
        return self._again.popleft() if self._again else next(self._source, None)

    def put_back(self, job: Job) -> None:
        """Return a job that was taken and never tried."""
        self._again.appendleft(job)

    def lose(self, job: Job, reason: str) -> Lost | None:
        """Note that the worker of a job died; return its outcome where it is not tried again."""
        tried = self._failed.get(job.number, 0) + 1
        self._failed[job.number] = tried
        if tried >= self._attempts:
            return Lost(reason, tried)
        self._again.append(job)
        return None


def call(job: Job) -> Any:
    """Call the function of a job.

    Raises:
        NosSymError: as the function raised it.
        JobError: another exception of the function; type and message in one line.
    """
    try:
        return job.function(*job.arguments)
    except NosSymError:
        raise
    except Exception as error:
        raise JobError(f"job {job.number} ({job.function.__qualname__}): {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return type and message of an exception in one line, as in ``ValueError: no data``."""
    text = " ".join(str(error).split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def portable(error: NosSymError) -> NosSymError:
    """Return an error that goes from process to process: itself where it can be made again, else its message.

    Copying makes an exception as unpickling does, from its arguments.
    """
    try:
        copied = copy.copy(error)
    except Exception:
        return NosSymError(str(error))
    copied.__cause__ = copied.__context__ = None
    return copied


_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
"""What numerical libraries read when they are first imported."""


def thread_environment(threads: int) -> dict[str, str]:
    """Return the environment of a process whose numerical libraries use a number of threads."""
    return dict.fromkeys(_THREAD_VARIABLES, str(threads))


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Let numerical libraries of this process use a number of threads, also those imported meanwhile."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    if torch and before != threads:
        torch.set_num_threads(threads)
    try:
        with environment(thread_environment(threads)):
            yield
    finally:
        if torch and before != threads:
            torch.set_num_threads(before)


@contextlib.contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Have environment variables set, and as they were afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
