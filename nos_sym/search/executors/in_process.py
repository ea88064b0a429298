"""The executor without workers: jobs run one after the other in this process, or beside it within a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nos_sym.search.executors.calls import call
from nos_sym.search.executors.processes import Processes
from nos_sym.search.executors.protocol import Done, Job, JobOutcome
from nos_sym.search.executors.threads import limited_threads


class InProcess:
    """Runs each job when its outcome is asked for.

    A job that hangs within a library cannot be stopped in its own process. With a limit, jobs therefore run
    in one child of this process, which is killed if it has to be; it sees the same devices.

    Args:
        threads: processor threads of each job.
        limit: seconds that a unit of a job may take; without it a job that never ends is waited for.
    """

    name = "in-process"
    workers = 1

    def __init__(self, threads: int = 1, limit: float | None = None) -> None:
        self.threads = threads
        self._child = None if limit is None else Processes(1, threads, gpus=(), limit=limit)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield the outcomes of jobs; see :class:`nos_sym.search.executors.protocol.Executor`."""
        return self._run_here(jobs) if self._child is None else self._child.run(jobs)

    def _run_here(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        source = iter(jobs)
        while (job := next(source, None)) is not None:
            with limited_threads(self.threads):
                value = call(job)
            yield job.number, Done(value)

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is not None:
            self._child.close()

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
