"""What workers print: lines of the process that started them, in the stream that they were printed to."""

from __future__ import annotations

import io
import os
import sys

import pytest
from support import executor_jobs
from support.search_fakes import fake_settings, register

from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.processes import Processes
from nos_sym.search.executors.protocol import Done, Job, Lost
from nos_sym.search.reports.display import Display

register()
pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers print themselves there")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_a_worker_prints_comes_in_lines(capfd: pytest.CaptureFixture[str]) -> None:
    out, err = io.StringIO(), io.StringIO()
    sys.stdout, sys.stderr = out, err
    try:
        with InProcess(limit=60) as executor:
            assert dict(executor.run([Job(1, executor_jobs.print_much)])) == {1: Done(None)}
    finally:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    assert out.getvalue().splitlines() == ["printed \N{GREEK SMALL LETTER BETA}", "of C", "no end of line"]
    assert err.getvalue().splitlines() == ["100 %", "an error"]
    # Nothing of it was written past this process.
    assert capfd.readouterr() == ("", "")


def test_what_a_worker_that_dies_has_printed_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with Processes(1, attempts=1, gpus=()) as executor:
        ((number, outcome),) = executor.run([Job(1, executor_jobs.print_and_die)])
    assert number == 1 and isinstance(outcome, Lost) and out.getvalue() == "last words\n"


def test_on_a_terminal_it_stands_above_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    with Display(fake_settings(3)), InProcess(limit=60) as executor:
        list(executor.run([Job(1, executor_jobs.print_much)]))
    shown = terminal.getvalue()
    # Before a line is printed the two are cleared, and after it they are drawn again.
    at = shown.index("printed \N{GREEK SMALL LETTER BETA}")
    assert shown[:at].endswith("\x1b[2K") and "beginning" in shown[at:]
