"""The executor without workers: jobs run one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nos_sym.search.executors.calls import call
from nos_sym.search.executors.protocol import Done, Job, JobOutcome
from nos_sym.search.executors.threads import limited_threads


class InProcess:
    """Runs each job when its outcome is asked for.

    Args:
        threads: processor threads of each job.
    """

    name = "in-process"
    workers = 1

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield the outcomes of jobs; see :class:`nos_sym.search.executors.protocol.Executor`."""
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
