"""A running search on a terminal: two lines that are updated in place, below all that is printed."""

from __future__ import annotations

import sys
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from nos_sym.errors import one_line
from nos_sym.search.reports.layout import lay_out
from nos_sym.search.reports.tally import Tally

_UPDATES = 4.0
"""A second."""

_MARGIN = 3
"""Columns that stay free: the cursor rests there, terminals show ``^C`` there, and some begin a new row when
the last one is written."""


class TerminalView:
    """Two lines at the bottom of a terminal.

    They are laid out anew several times a second, so that they follow the clock and the width.

    Args:
        tally: the counts, which others change.
        stream: a terminal.
    """

    def __init__(self, tally: Tally, stream: IO[str]) -> None:
        self._console = Console(file=stream)
        self._lines = _TwoLines(tally)
        self._live = Live(
            get_renderable=self._current,
            console=self._console,
            refresh_per_second=_UPDATES,
            # What is printed meanwhile stands above; what goes to a file goes there.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
            redirect_stderr=stream is sys.stderr,
        )
        self._live.start(refresh=True)

    def begin(self, stage: str, slots: int) -> None:
        """Show the stage with the counts."""
        self.update()

    def update(self) -> None:
        """Do nothing: the lines are laid out several times a second."""

    def say(self, text: str) -> None:
        """Print a message above the lines."""
        self._live.refresh()
        self._console.print(Text(one_line(text)), soft_wrap=True)

    def close(self) -> None:
        """Leave the last lines there."""
        self._live.stop()

    def _current(self) -> _TwoLines:
        """Return what is shown, after the rows are cleared that a narrower terminal has wrapped lines to.

        Terminals wrap what they show where they become narrower, so that two lines are more rows.
        """
        width = max(1, self._console.width)
        more = sum(max(0, cells - 1) // width for cells in self._lines.painted)
        if more:
            row = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(*row * more))
            self._lines.painted = ()
        return self._lines


class _TwoLines:
    """The two lines, laid out when they are printed."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self.painted: tuple[int, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = lay_out(self._tally, max(1, options.max_width - _MARGIN))
        done = round(lines.bar * lines.share)
        full, rest = ("=", " ") if options.ascii_only else ("\u2501", "\u2501")
        if console.no_color or console.color_system is None:
            rest = " "
        first = Text.assemble(
            lines.before,
            (full * done, "bar.complete"),
            (rest * (lines.bar - done), "bar.back"),
            lines.after,
        )
        second = Text(lines.best)
        self.painted = (cell_len(first.plain.rstrip()), cell_len(second.plain))
        for line in (first, second):
            line.no_wrap, line.overflow = True, "crop"
            yield line
