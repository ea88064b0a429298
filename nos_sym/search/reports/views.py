"""Where a running search is shown: a terminal, a notebook, or a stream of plain lines.

All of them are a :class:`View`; :func:`open_view` chooses.
"""

from __future__ import annotations

import os
import sys
import time
from typing import IO, Protocol

from nos_sym.errors import one_line
from nos_sym.search.reports.tally import Tally

PLAIN_SECONDS = 10.0
"""Between two lines where nothing can be updated in place."""

_DUMB = ("", "dumb", "unknown")


class View(Protocol):
    """Shows the counts of a search."""

    def begin(self, stage: str, slots: int) -> None:
        """Show that a part of the search begins."""

    def update(self) -> None:
        """Show the counts as they are now; called after each change."""

    def say(self, text: str) -> None:
        """Show a message, which stays."""

    def close(self) -> None:
        """Show the last counts, which stay, and give back what was taken."""


class PlainView:
    """Lines of text, one every few seconds: for files, pipes and terminals that cannot move the cursor."""

    def __init__(self, tally: Tally, stream: IO[str]) -> None:
        self._tally = tally
        self._stream = stream
        self._last = time.monotonic()

    def begin(self, stage: str, slots: int) -> None:
        """Write a line."""
        self.say(f"{stage}: {slots} {self._tally.unit}")

    def update(self) -> None:
        """Write the counts where the last line is some seconds old."""
        if time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            self.say(self._tally.line())

    def say(self, text: str) -> None:
        """Write a line."""
        self._stream.write(f"{one_line(text)}\n")
        self._stream.flush()

    def close(self) -> None:
        """Write nothing more."""


def open_view(tally: Tally, stream: IO[str] | None = None) -> View:
    """Return a view of a search.

    A stream that is a terminal, by default standard error, has two lines that are updated in place. Where it
    is none and IPython's kernel runs, a notebook has them below its cell. Elsewhere there are plain lines.

    Args:
        tally: the counts, which others change.
        stream: where to show them; standard error by default.
    """
    chosen = sys.stderr if stream is None else stream
    if chosen.isatty() and os.environ.get("TERM", "xterm") not in _DUMB:
        from nos_sym.search.reports.terminal import TerminalView

        return TerminalView(tally, chosen)
    if stream is None and _has_kernel():
        from nos_sym.search.reports.notebook import NotebookView

        return NotebookView(tally)
    return PlainView(tally, chosen)


def in_foreground(stream: IO[str]) -> bool:
    """Return whether a terminal is that of this process; in the background of a shell it is another's."""
    try:
        return os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        # It has no processes in the foreground, as where it is the terminal of another session.
        return True


def _has_kernel() -> bool:
    """Return whether this process is the kernel of a notebook; IPython in a terminal has none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None
