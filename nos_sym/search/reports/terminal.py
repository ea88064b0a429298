"""A running search on a terminal: two lines that are updated in place, below all that is printed."""

from __future__ import annotations

import sys
from typing import IO, Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from nos_sym.errors import one_line
from nos_sym.search.reports.layout import lay_out
from nos_sym.search.reports.tally import Tally
from nos_sym.search.reports.views import PlainView, in_foreground

_UPDATES = 4.0
"""A second."""

_MARGIN = 3
"""Columns that stay free: the cursor rests there, terminals show ``^C`` there, and some begin a new row when
the last one is written."""


class TerminalView:
    """Two lines at the bottom of a terminal.

    They are laid out anew several times a second, so that they follow the clock and the width. While the
    process is in the background of a shell, there are plain lines.

    Args:
        tally: the counts, which others change.
        stream: a terminal.
    """

    def __init__(self, tally: Tally, stream: IO[str]) -> None:
        self._console = Console(file=stream)
        self._lines = _TwoLines(tally)
        self._stream = stream
        self._plain = PlainView(tally, stream)
        self._live: _Foreground | None = None
        self.update()

    def begin(self, stage: str, slots: int) -> None:
        """Show the stage with the counts."""
        self.update()
        if self._live is None:
            self._plain.begin(stage, slots)

    def update(self) -> None:
        """Begin or end the two lines; they are laid out several times a second, or now and then in plain."""
        if not in_foreground(self._stream):
            self._leave()
            self._plain.update()
        elif self._live is None or self._live.left:
            self._leave()
            self._begin()

    def say(self, text: str) -> None:
        """Print a message above the lines."""
        self.update()
        if self._live is None:
            self._plain.say(text)
            return
        self._live.refresh()
        self._console.print(Text(one_line(text)), soft_wrap=True)

    def close(self) -> None:
        """Leave the last lines there."""
        self._leave()

    def _begin(self) -> None:
        self._lines.painted = ()
        self._live = _Foreground(
            self._stream,
            get_renderable=self._current,
            console=self._console,
            refresh_per_second=_UPDATES,
            # What is printed meanwhile stands above; what goes to a file goes there.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
            redirect_stderr=self._stream is sys.stderr,
        )
        self._live.start(refresh=True)

    def _leave(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

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


class _Foreground(Live):
    """Lines that are updated in place while the terminal is that of this process.

    A shell writes its prompt over the lines of a process in the background, and what moves the cursor would
    run through what is typed there.

    Attributes:
        left: whether the process was in the background since; the lines are not where they were, then.
    """

    def __init__(self, stream: IO[str], **options: Any) -> None:
        super().__init__(**options)
        self._of = stream
        self.left = False

    def refresh(self) -> None:
        """Draw the lines."""
        if self._may_draw():
            super().refresh()

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return what is printed, with the lines below it."""
        return super().process_renderables(renderables) if self._may_draw() else renderables

    def _may_draw(self) -> bool:
        self.left = self.left or not in_foreground(self._of)
        return not self.left


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
