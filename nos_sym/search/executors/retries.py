"""The queue of a run whose workers may die: lost jobs are tried again, before new ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from nos_sym.search.executors.protocol import Job, Lost

ATTEMPTS = 3
"""How often a job is tried whose worker dies."""


class RetryQueue:
    """Jobs that wait for a worker: those of workers that died, then those of an iterator, one by one.

    Args:
        jobs: asked again after it was exhausted; see :class:`nos_sym.search.executors.protocol.Executor`.
        attempts: how often a job is tried.
    """

    def __init__(self, jobs: Iterable[Job], attempts: int = ATTEMPTS) -> None:
        self._source = iter(jobs)
        self._again: deque[Job] = deque()
        self._attempts = attempts
        self._failed: dict[int, int] = {}

    def take(self) -> Job | None:
        """Return the next job, or ``None`` if there is none at the moment."""
        return self._again.popleft() if self._again else next(self._source, None)

    def put_back(self, job: Job) -> None:
        """Return a job that was taken and never tried."""
        self._again.appendleft(job)

    def lose(self, job: Job, reason: str) -> Lost | None:
        """Record that the worker of a job died; return its outcome if it is not tried again."""
        tried = self._failed.get(job.number, 0) + 1
        self._failed[job.number] = tried
        if tried >= self._attempts:
            return Lost(reason, tried)
        self._again.append(job)
        return None
