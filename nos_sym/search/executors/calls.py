"""How a job is called, and how its errors travel: what all executors share."""

from __future__ import annotations

import copy
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.executors.protocol import Job

_LONGEST = 300


class ExecutorError(NosSymError):
    """Workers that cannot run: a package is missing, processes end while they start, no cluster answers."""


class JobError(NosSymError):
    """An exception of a job that is not one of nos-sym: its type and message, on one line."""


def call(job: Job) -> Any:
    """Call the function of a job and return its value.

    Raises:
        NosSymError: as the function raised it.
        JobError: the function raised another exception; type and message on one line.
    """
    try:
        return job.function(*job.arguments)
    except NosSymError:
        raise
    except Exception as error:
        raise JobError(f"job {job.number} ({job.function.__qualname__}): {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return type and message of an exception on one line, as in ``ValueError: no data``."""
    text = " ".join(str(error).split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def portable(error: NosSymError) -> NosSymError:
    """Return an error that can be sent to another process.

    That is the error itself where it can be rebuilt from its arguments, as unpickling does, and otherwise a
    plain :class:`~nos_sym.errors.NosSymError` with the same message.
    """
    try:
        copied = copy.copy(error)
    except Exception:
        return NosSymError(str(error))
    copied.__cause__ = copied.__context__ = None
    return copied
