"""The executor of many machines: jobs are tasks of a Ray cluster, or of a local one that is started for them.

The machines of the cluster need the same version of nos-sym. When a worker or node dies, the executor and
not Ray tries the job again, so that a job is tried as often as in every executor and its loss is an outcome.
Nodes may come and go while jobs run.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.executors.calls import ExecutorError, JobError, call, describe, portable
from nos_sym.search.executors.processes import Processes, count_cores
from nos_sym.search.executors.protocol import Done, Job, JobOutcome, Lost
from nos_sym.search.executors.retries import ATTEMPTS, RetryQueue
from nos_sym.search.executors.threads import limited_threads

_LOOK_AGAIN = 2.0
"""Seconds between two looks at the size of the cluster while jobs run."""

_PATIENCE = 5.0
"""Seconds that a cluster has to answer at its address."""

_LOCAL_MEMORY = 100 * 2**20
"""Bytes of the object store of a local cluster, which holds jobs and results; both are small."""

_QUIET = {
    # Messages of Ray's processes would stand among the output of a command.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",
    # What Ray will do by default; without it, every task on a processor warns of it.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}


class RayExecutor:
    """Runs jobs as Ray tasks; each has one GPU if the cluster has GPUs, else as many cores as threads.

    Attributes:
        threads: processor threads of each job.

    Args:
        workers: largest number of jobs that run at the same time; by default what the cluster has room for.
        threads: processor threads of each job.
        address: address of a cluster, ``host:port``, ``auto`` or ``ray://host:port``; without it the cluster
            that this process is connected to, or a local one that ends with the executor.
        attempts: how often a job is tried whose worker or node dies.
        limit: seconds that a unit of a job may take; a worker then runs its jobs in a child process, which is
            killed when the time is over. Without it a job that never ends is waited for.
        trainings_per_device: number of jobs that share a GPU of the cluster; one by default. NVIDIA's
            Multi-Process Service is used where the machines run it.

    Raises:
        ExecutorError: Ray is missing, no cluster answers, or none of its nodes has cores for a job.
    """

    name = "ray"

    def __init__(
        self,
        workers: int | None = None,
        threads: int = 1,
        address: str | None = None,
        attempts: int = ATTEMPTS,
        limit: float | None = None,
        trainings_per_device: int | None = None,
    ) -> None:
        self._ray = import_ray()
        self._most = workers
        self.threads = threads
        self._attempts = attempts
        self._limit = limit
        self._connected_before: bool = self._ray.is_initialized()
        if not self._connected_before:
            self._connect(address)
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        self._uses_gpus = any(node.get("GPU", 0) >= 1 for node in nodes)
        if not any(node.get("CPU", 0) >= threads for node in nodes):
            self.close()
            raise ExecutorError(
                f"no node of the Ray cluster has {threads} cores for a job; use fewer threads"
            )
        self._per_gpu = trainings_per_device or 1
        if self._per_gpu > 1 and not self._uses_gpus:
            self.close()
            raise ExecutorError(
                "the Ray cluster has no GPU that trainings could share; leave '--trainings-per-device' out"
            )
        self._task = self._ray.remote(answer).options(
            num_cpus=threads, num_gpus=1 / self._per_gpu if self._uses_gpus else 0, max_retries=0
        )

    @property
    def workers(self) -> int:
        """Number of jobs that run at the same time on the cluster as it is now."""
        resources = self._ray.cluster_resources()
        if self._uses_gpus:
            room = resources.get("GPU", 0) * self._per_gpu
        else:
            room = resources.get("CPU", 0) // self.threads
        # With no node left, a job waits for one to come.
        return max(1, min(int(room), self._most or int(room)))

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        """Yield outcomes as jobs finish; see :class:`nos_sym.search.executors.protocol.Executor`."""
        waiting = RetryQueue(jobs, self._attempts)
        running: dict[Any, Job] = {}
        try:
            while True:
                for _ in range(self.workers - len(running)):
                    job = waiting.take()
                    if job is None:
                        break
                    running[self._submit(job)] = job
                if not running:
                    return
                for ready in self._ray.wait(list(running), num_returns=1, timeout=_LOOK_AGAIN)[0]:
                    job = running.pop(ready)
                    outcome = self._outcome(ready, job, waiting)
                    if outcome is not None:
                        yield job.number, outcome
        finally:
            for unfinished in running:
                with contextlib.suppress(Exception):
                    self._ray.cancel(unfinished, force=True)

    def close(self) -> None:
        """Disconnect from the cluster; a local one that was started for this executor ends."""
        if not self._connected_before and self._ray.is_initialized():
            self._ray.shutdown()

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _connect(self, address: str | None) -> None:
        local: dict[str, Any] = {
            "num_cpus": (self._most or max(1, count_cores() // self.threads)) * self.threads,
            "include_dashboard": False,
            "object_store_memory": _LOCAL_MEMORY,
        }
        options = {"address": "local", **local} if address is None else {"address": address}
        if address is not None:
            check_address(address)
        try:
            self._ray.init(log_to_driver=False, logging_level="error", **options)
        except Exception as error:
            where = "a local Ray cluster" if address is None else f"the Ray cluster at '{address}'"
            raise ExecutorError(f"cannot use {where}: {describe(error)}") from error

    def _submit(self, job: Job) -> Any:
        try:
            return self._task.remote(job, self.threads, self._limit)
        except Exception as error:
            raise JobError(f"job {job.number} cannot be sent to a worker: {describe(error)}") from error

    def _outcome(self, finished: Any, job: Job, waiting: RetryQueue) -> JobOutcome | None:
        """Return the outcome of a task that has ended, ``None`` where its job waits again."""
        errors = self._ray.exceptions
        try:
            found = self._ray.get(finished)
        except (errors.RayTaskError, errors.RuntimeEnvSetupError) as error:
            cause = getattr(error, "cause", None) or error
            # Ray puts the traceback of its worker into the message.
            reason = describe(cause).split(" traceback: ")[0]
            raise JobError(
                f"job {job.number} cannot run on its worker: {reason}; every machine of the cluster needs "
                "the same version of nos-sym"
            ) from error
        except errors.RayError as error:
            reason = describe(error).split(". ")[0].removesuffix(".")
            return waiting.lose(job, f"its Ray worker is lost: {reason}")
        if isinstance(found, NosSymError):
            raise found
        if isinstance(found, Lost):
            return waiting.lose(job, found.reason)
        outcome: JobOutcome = found
        return outcome


def check_address(address: str) -> None:
    """Check that something answers at the address of a cluster; Ray itself would try for minutes.

    Raises:
        ExecutorError: the text is not an address, or nothing answers.
    """
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ExecutorError(
            f"'{address}' is no address of a Ray cluster; expected 'host:port', 'ray://host:port' or 'auto'"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
    except OSError as error:
        raise ExecutorError(
            f"nothing answers at '{address}': {describe(error)}; 'ray status' shows whether a cluster runs"
        ) from None


def answer(job: Job, threads: int, limit: float | None) -> JobOutcome | NosSymError:
    """Return the outcome of one attempt of a job, or its error; the task that workers run."""
    try:
        if limit is not None:
            ((_, outcome),) = _child(threads, limit).run([job])
            return outcome
        with limited_threads(threads):
            return Done(call(job))
    except NosSymError as error:
        return portable(error)


@lru_cache(maxsize=1)
def _child(threads: int, limit: float) -> Processes:
    """Return the child of this worker, which ends with it."""
    return Processes(1, threads, attempts=1, gpus=(), limit=limit)


def import_ray() -> Any:
    """Return the module ``ray``, told to be quiet where it is imported for the first time.

    Raises:
        ExecutorError: it is not installed.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise ExecutorError(
            "the executor 'ray' needs Ray; install it with: pip install 'nos-sym[ray]'"
        ) from None
    return ray
