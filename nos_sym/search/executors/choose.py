"""Executors by their names on the command line."""

from __future__ import annotations

from nos_sym.language.registry import suggestion
from nos_sym.search.executors.calls import ExecutorError
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.processes import Processes
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.executors.ray_executor import RayExecutor

EXECUTORS = ("in-process", "processes", "ray")
"""Names of executors."""

MOST_WORKERS = 4096
"""Of one executor, and threads of one worker; no cluster of a search is larger."""

LONGEST_LIMIT = 30 * 86400.0
"""Seconds; nobody waits longer for a single training."""


def open_executor(
    name: str,
    workers: int | None = None,
    threads: int = 1,
    address: str | None = None,
    limit: float | None = None,
    trainings_per_device: int | None = None,
) -> Executor:
    """Return an executor by its name; it is a context manager.

    Args:
        name: one of :data:`EXECUTORS`.
        workers: number of jobs that run at the same time. By default one for each GPU, or as many as the
            cores have threads for; ``in-process`` has one, ``ray`` as many as its cluster has room for.
        threads: processor threads of each job.
        address: address of a Ray cluster, ``host:port`` or ``auto``; without it ``ray`` starts a local one.
        limit: seconds that a training may take before it is stopped, at most :data:`LONGEST_LIMIT`; without
            it a training that never ends is waited for. ``in-process`` then trains in a child process.
        trainings_per_device: number of jobs that share a GPU; with ``processes`` also the processor, where
            there is no GPU.

    Raises:
        ExecutorError: the name is unknown, the executor has no such option, or its workers cannot run.
    """
    if name not in EXECUTORS:
        hint = suggestion(name, EXECUTORS) or f"; expected one of {', '.join(EXECUTORS)}"
        raise ExecutorError(f"unknown executor '{name}'{hint}")
    if address is not None and name != "ray":
        raise ExecutorError(f"executor '{name}' has no address; use the executor 'ray'")
    for what, number in (
        ("workers", workers),
        ("threads", threads),
        ("trainings per device", trainings_per_device),
    ):
        if number is not None and not 1 <= number <= MOST_WORKERS:
            raise ExecutorError(f"the number of {what} is {number}; expected 1 to {MOST_WORKERS}")
    if limit is not None and not 0 < limit <= LONGEST_LIMIT:
        raise ExecutorError(
            f"the limit is {limit:g} seconds; expected more than 0, at most {LONGEST_LIMIT:.0f}"
        )
    if name == "processes":
        return Processes(workers, threads, limit=limit, trainings_per_device=trainings_per_device)
    if name == "ray":
        return RayExecutor(workers, threads, address, limit=limit, trainings_per_device=trainings_per_device)
    if trainings_per_device not in (None, 1):
        raise ExecutorError(
            "executor 'in-process' trains one after the other; use the executor 'processes' to share a device"
        )
    if workers not in (None, 1):
        raise ExecutorError("executor 'in-process' has one worker; use the executor 'processes' for more")
    return InProcess(threads, limit)
