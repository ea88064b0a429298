"""The number of processor threads of a job.

A sum over more threads is rounded differently, so every executor gives a job the same number of threads, one
by default: results depend neither on the executor nor on the number of workers.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
"""What numerical libraries read when they are first imported."""


def thread_environment(threads: int) -> dict[str, str]:
    """Return environment variables that limit the threads of numerical libraries in a new process."""
    return dict.fromkeys(_VARIABLES, str(threads))


@contextlib.contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Limit the threads of numerical libraries in this process, including those imported meanwhile."""
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
    """Set environment variables, and restore them afterwards."""
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
