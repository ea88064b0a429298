"""What the search asks of an executor, and the jobs that it runs.

An executor decides where work happens and knows nothing of optimizers: a job is a module-level function and
plain arguments.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Job:
    """A function call to run somewhere.

    Attributes:
        number: identifies the outcome; unique among the jobs of a run.
        function: defined at the top level of a module, so that a worker can import it.
        arguments: picklable values: frozen dataclasses, paths, strings and numbers.
        units: number of equal parts of its work; each has the time that the executor's limit gives.
        urgency: the smaller, the earlier a :class:`JobQueue` hands it to a worker; it decides no result.
    """

    number: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    units: int = 1
    urgency: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a job that returned ``value``."""

    value: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """The outcome of a job whose worker died on every attempt.

    Attributes:
        reason: what happened on the last attempt, one line.
        attempts: number of attempts.
    """

    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Late:
    """The outcome of a job that was stopped because it took longer than the limit.

    Attributes:
        seconds: the limit of the whole job.
    """

    seconds: float


JobOutcome: TypeAlias = Done | Lost | Late


class Executor(Protocol):
    """Runs jobs; a context manager that frees its workers on exit."""

    @property
    def name(self) -> str:
        """Name of the executor on the command line."""

    @property
    def workers(self) -> int:
        """Number of jobs that run at the same time."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield number and outcome of each job as it finishes, in any order.

        Jobs are taken one by one, when a worker is free. The reader of the outcomes may add jobs because of
        them: an iterator that was exhausted is asked again after every outcome, and the run ends when it has
        no job while none is running. :class:`JobQueue` is such an iterator; a list works too.

        The job of a worker that dies is given to another one, a limited number of times, and is then
        :class:`Lost`. A job that takes longer than the limit of the executor, if it has one, is stopped and
        :class:`Late`. Closing the returned iterator, or an exception, stops the running jobs.

        Raises:
            NosSymError: raised by a job's function and passed on, or the workers cannot run.
        """

    def close(self) -> None:
        """Free the workers and stop what they run."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *exception: object) -> None: ...


class JobQueue(Iterator[Job]):
    """A queue of jobs that may grow while an executor reads it: urgent ones first, else in their order."""

    def __init__(self) -> None:
        self._jobs: list[tuple[tuple[int, ...], int, Job]] = []
        self._added = 0

    def add(self, job: Job) -> None:
        """Add a job."""
        self._added += 1
        heapq.heappush(self._jobs, (job.urgency, self._added, job))

    def __len__(self) -> int:
        return len(self._jobs)

    def __next__(self) -> Job:
        if not self._jobs:
            raise StopIteration
        return heapq.heappop(self._jobs)[2]
