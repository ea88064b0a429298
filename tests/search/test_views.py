"""Where a search is shown: in place on a terminal of any width and in a notebook, as lines elsewhere."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions

from nos_sym.search.reports import views
from nos_sym.search.reports.notebook import NotebookView
from nos_sym.search.reports.tally import Tally
from nos_sym.search.reports.terminal import TerminalView
from nos_sym.search.reports.views import PlainView, open_view


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Kernel:
    """What this process has of a notebook: a shell with a kernel, and what was displayed."""

    def __init__(self, kernel: object) -> None:
        self.shell = SimpleNamespace(kernel=kernel)
        self.shown: list[Any] = []

    def get_ipython(self) -> Any:
        return self.shell

    def display(self, shown: Any, *, display_id: bool) -> Any:
        assert display_id
        self.shown.append(shown)
        return SimpleNamespace(update=self.update)

    def update(self, shown: Any) -> None:
        self.shown[-1] = shown


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    found = Kernel(object())
    monkeypatch.setitem(sys.modules, "IPython", found)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "IPython.display", found)  # type: ignore[arg-type]
    return found


def test_a_stream_gets_the_view_that_it_can_show(monkeypatch: pytest.MonkeyPatch, kernel: Kernel) -> None:
    monkeypatch.setenv("TERM", "xterm")
    view = open_view(Tally(3), Terminal())
    view.close()
    assert isinstance(view, TerminalView)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(open_view(Tally(3)), NotebookView)
    # What is asked for is what is written to.
    assert isinstance(open_view(Tally(3), io.StringIO()), PlainView)
    kernel.shell.kernel = None
    assert isinstance(open_view(Tally(3)), PlainView)
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert isinstance(open_view(Tally(3)), PlainView)


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_move_the_cursor_gets_lines(
    monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(views, "PLAIN_SECONDS", 0.0)
    stream = Terminal()
    view = open_view(Tally(3, stage="cycles"), stream)
    view.begin("cycles", 3)
    view.update()
    view.say("found\x1b[2J Adam")
    view.close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "cycles: 3 slots" and lines[2] == "found\\x1b[2J Adam"
    assert lines[1].startswith("cycles: 0 of 3 slots, 0 evaluations")


def painted(monkeypatch: pytest.MonkeyPatch, widths: list[int], **environment: str) -> str:
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    monkeypatch.setenv("COLUMNS", "")
    tally = Tally(8, stage="initial population", done=4, best=(0.5, "none ~ tanh(g) * tanh(g) * tanh(g)"))
    size = [widths[0]]
    monkeypatch.setattr(Console, "width", property(lambda console: size[0]))
    monkeypatch.setattr(Console, "size", property(lambda console: ConsoleDimensions(size[0], 24)))
    view = TerminalView(tally, stream)
    for size[0] in widths[1:]:
        view.say("resized")
    view.close()
    return stream.getvalue()


def test_rows_that_a_narrower_terminal_wraps_to_are_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    up = "\x1b[2K\x1b[1A"
    assert up * 2 not in painted(monkeypatch, [80, 80])
    # 66 and 47 cells, which are three rows and three at a width of 20: four more than before.
    text = painted(monkeypatch, [80, 20])
    assert up * 4 in text and up * 6 not in text


def test_no_color_is_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    # Rich keeps the codes of a style for the colors of the first terminal that it was drawn on.
    assert re.search(r"\x1b\[(38;5;|9[0-7]m)", painted(monkeypatch, [80]))
    text = painted(monkeypatch, [80], NO_COLOR="1")
    assert "\x1b[38;5;" not in text and "\u2501" * 15 + " " * 15 in text


def test_a_notebook_is_updated_in_place(kernel: Kernel) -> None:
    tally = Tally(8, stage="time-step 1/2", done=2)
    view = NotebookView(tally)
    tally.done = 4
    tally.best = (0.5, "none ~ max(g, <b>)")
    view.say("found Adam <of> the catalog")
    view.begin("time-step 2/2", 4)
    view.close()
    (shown,) = kernel.shown
    html = shown._repr_html_()
    assert 'value="0.5000"' in html and "4/8" in html and "found Adam &lt;of&gt; the catalog" in html
    assert "best 0.5000  none ~ max(g, &lt;b&gt;)" in html and "<b>" not in html
    assert repr(shown).splitlines()[0] == "found Adam <of> the catalog"
    assert repr(shown).splitlines()[2] == "best 0.5000  none ~ max(g, <b>)"


def test_updates_of_a_notebook_are_few(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    view = NotebookView(Tally(8))
    kernel.shown[-1] = first = object()
    for _ in range(1000):
        view.update()
    assert kernel.shown == [first]
    view.close()
    assert kernel.shown != [first]


def test_in_the_background_there_are_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(views, "PLAIN_SECONDS", 0.0)
    groups = [os.getpgrp() + 1]
    monkeypatch.setattr(os, "tcgetpgrp", lambda descriptor: groups[0])
    stream = Terminal()
    monkeypatch.setattr(stream, "fileno", lambda: 2, raising=False)
    view = open_view(Tally(3, stage="cycles"), stream)
    view.begin("cycles", 3)
    view.update()
    view.say("found Adam")
    assert "\x1b" not in stream.getvalue()
    assert "cycles: 3 slots\n" in stream.getvalue() and "found Adam\n" in stream.getvalue()
    # 'fg' brings the two lines, and 'bg' ends them where they are drawn, whoever asks for it.
    groups[0] = os.getpgrp()
    view.update()
    assert "\x1b" in stream.getvalue() and "0/3" in stream.getvalue()
    groups[0] += 1
    before = len(stream.getvalue())
    time.sleep(0.6)
    assert stream.getvalue()[before:] == ""
    view.say("found SGD")
    said = stream.getvalue()[before:]
    assert "found SGD\n" in said and "0/3" not in said and "\x1b[1A" not in said
    groups[0] = os.getpgrp()
    view.update()
    view.close()
    assert "0/3" in stream.getvalue()[before:]
