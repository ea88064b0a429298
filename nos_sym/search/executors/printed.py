"""What a worker process prints, taken up line by line and printed by the process that started it.

What a process writes to the terminal itself runs through lines that are updated in place there, and into the
JSON of a command; what its parent prints stands above the lines, or goes where the parent's output goes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from multiprocessing import connection
from multiprocessing.context import BaseContext
from typing import Any

STREAMS = ("stdout", "stderr")
_LONGEST = 65536
"""Bytes of a line; of one that never ends, so much is printed at a time."""
_PATIENCE = 1.0
"""Seconds to wait for the last lines of a process that ended: children of it may keep the pipes open."""

Ends = tuple["connection.Connection[Any, Any]", ...]

_turn = threading.Lock()


class Printed:
    """The pipes from a process that is about to be started.

    Attributes:
        ends: the ends for the process, which :func:`print_to` gets there; none where the system has no
            descriptors for them.

    Args:
        context: makes the pipes.
    """

    def __init__(self, context: BaseContext) -> None:
        pipes = [context.Pipe(duplex=False) for _ in STREAMS] if os.name == "posix" else []
        self.ends: Ends = tuple(there for _, there in pipes)
        self._threads = [
            threading.Thread(target=_print_lines, args=(here, name), daemon=True)
            for (here, _), name in zip(pipes, STREAMS, strict=False)
        ]

    def follow(self) -> None:
        """Print what comes from now on; the process has been started."""
        for there in self.ends:
            there.close()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Print what is left of a process that has ended."""
        for thread in self._threads:
            thread.join(_PATIENCE)


def print_to(ends: Ends) -> None:
    """Let all that this process prints go to the process that started it, libraries of C included."""
    for number, (there, name) in enumerate(zip(ends, STREAMS, strict=False), start=1):
        stream: Any = getattr(sys, name)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
        os.dup2(there.fileno(), number)
        there.close()
        # A line is of use when it is printed, and what a process that is killed has not written is lost.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")


def _print_lines(here: connection.Connection[Any, Any], name: str) -> None:
    with here:
        for line in _lines(here.fileno()):
            stream: Any = getattr(sys, name)
            # Whoever cannot be printed to, as a stream that is closed, does not end a search.
            with _turn, contextlib.suppress(OSError, ValueError, AttributeError):
                stream.write(f"{line}\n")
                stream.flush()


def _lines(descriptor: int) -> Iterator[str]:
    rest = b""
    while True:
        try:
            found = os.read(descriptor, _LONGEST)
        except OSError:
            found = b""
        if not found:
            break
        *lines, rest = (rest + found).split(b"\n")
        if len(rest) >= _LONGEST:
            lines, rest = [*lines, rest], b""
        yield from map(_shown, lines)
    if rest:
        yield _shown(rest)


def _shown(line: bytes) -> str:
    """Return a line as it would stand on a terminal: a progress bar writes over itself."""
    return line.removesuffix(b"\r").rpartition(b"\r")[2].decode("utf-8", "replace")
