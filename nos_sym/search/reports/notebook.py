"""A running search in a notebook: two lines below the cell that are updated in place."""

from __future__ import annotations

import html
import importlib
import time
from typing import Any

from nos_sym.errors import one_line
from nos_sym.search.reports.layout import Lines, lay_out
from nos_sym.search.reports.tally import Tally

_WIDTH = 100
_SECONDS = 0.5
"""Between two updates, each of which is a message to the notebook."""


class NotebookView:
    """Two lines in the output of a cell.

    Args:
        tally: the counts, which others change.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._notes: list[str] = []
        self._last = time.monotonic()
        self._handle = _display(self._shown())

    def begin(self, stage: str, slots: int) -> None:
        """Show the stage with the counts."""
        self._refresh()

    def update(self) -> None:
        """Show the counts where those that are shown are a moment old."""
        if time.monotonic() - self._last >= _SECONDS:
            self._refresh()

    def say(self, text: str) -> None:
        """Show a message above the lines."""
        self._notes.append(one_line(text))
        self._refresh()

    def close(self) -> None:
        """Leave the last counts there."""
        self._refresh()

    def _refresh(self) -> None:
        self._last = time.monotonic()
        self._handle.update(self._shown())

    def _shown(self) -> Shown:
        return Shown(tuple(self._notes), lay_out(self._tally, _WIDTH))


class Shown:
    """What a notebook shows, and as plain text what it saves for programs without HTML."""

    def __init__(self, notes: tuple[str, ...], lines: Lines) -> None:
        self._notes = notes
        self._lines = lines

    def __repr__(self) -> str:
        lines = self._lines
        done = round(lines.bar * lines.share)
        bar = "=" * done + " " * (lines.bar - done)
        return "\n".join([*self._notes, f"{lines.before}{bar}{lines.after}", lines.best])

    def _repr_html_(self) -> str:
        lines = self._lines
        before, after, best = (html.escape(text.strip()) for text in (lines.before, lines.after, lines.best))
        notes = "".join(f"<div>{html.escape(note)}</div>" for note in self._notes)
        return (
            f'<div style="font-family: monospace; white-space: pre-wrap">{notes}'
            f'<div>{before} <progress value="{lines.share:.4f}" max="1"></progress> {after}</div>'
            f"<div>{best}</div></div>"
        )


def _display(shown: Shown) -> Any:
    """Show an object, and return the handle by which another one takes its place."""
    # IPython is there where this is called, and no dependency of the package.
    return importlib.import_module("IPython.display").display(shown, display_id=True)
