"""The display of a search: what it counts, on a terminal and elsewhere."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports import views
from nos_sym.search.reports.display import Display, duration, planned_slots
from nos_sym.search.reports.report import Report
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.settings import SearchSettings
from nos_sym.search.store.store import Store

register()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watch(path: Path, settings: SearchSettings, stream: io.StringIO) -> tuple[Display, Report]:
    with Store.open(path) as store, Display(settings, stream) as display:
        _, report = evolve(settings, store, executor=InProcess(), resume=True, listener=display)
    return display, report


@pytest.mark.parametrize("algorithm", ["particles", "random", "regularized"])
def test_the_counts_are_those_of_the_report(tmp_path: Path, algorithm: str) -> None:
    changes = {"evaluations": 20, "population": 8, "sample": 4, "time_steps": 2}
    settings = fake_settings(3, algorithm=algorithm, **changes)
    display, report = watch(tmp_path / "run.db", settings, io.StringIO())
    tally = display.tally
    assert tally.slots == planned_slots(settings) == tally.done
    assert tally.trained == sum(report.trained.values()) and tally.replayed == 0
    assert tally.answered == report.answered.count and tally.redrawn == report.redrawn.count
    resumed, _ = watch(tmp_path / "run.db", settings, io.StringIO())
    assert (resumed.tally.trained, resumed.tally.replayed) == (0, tally.trained)
    assert resumed.tally.done == tally.done and resumed.tally.best == tally.best


def test_at_the_end_all_slots_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where one genome alone has a fitness, the search has one particle of four, and fewer slots than planned.
    results = iter([Evaluated(0.5)])
    monkeypatch.setattr(FakeTrainer, "train", lambda *arguments: next(results, Rejected("never")))
    display, _ = watch(tmp_path / "run.db", fake_settings(3, failures=1), io.StringIO())
    assert display.tally.done == display.tally.slots and display.tally.seconds_left() == 0


def test_an_interrupted_search_has_slots_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeTrainer, "train", stop)
    display = Display(fake_settings(3), io.StringIO())
    with Store.open(tmp_path / "run.db") as store, pytest.raises(KeyboardInterrupt), display:
        evolve(fake_settings(3), store, executor=InProcess(), listener=display)
    assert display.tally.done < display.tally.slots


def test_without_a_terminal_there_are_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PLAIN_SECONDS", 0.0)
    stream = io.StringIO()
    watch(tmp_path / "run.db", fake_settings(3, initial=["Adam"], time_steps=2), stream)
    text = stream.getvalue()
    assert "\x1b" not in text and "\r" not in text
    lines = text.splitlines()
    assert lines[0] == "time-step 1/2: 16 slots"
    assert "time-step 2/2: 16 slots" in lines
    assert "found Adam of the catalog: none ~" in text
    last = [line for line in lines if "time left" in line][-1]
    assert last.startswith("time-step 2/2: 36 of 36 slots, ")
    assert " evaluations, " in last and " duplicates saved, best 0." in last and "time left 0 s" in last


def test_on_a_terminal_there_is_a_live_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    watch(tmp_path / "run.db", fake_settings(3, time_steps=1), stream)
    text = stream.getvalue()
    assert "\x1b[" in text
    for part in ("time-step 1/1", "36/36", "trained", "stopped early", "duplicates", "best 0.", "left"):
        assert part in text
    # The fake trainer stops early and diverges, and nothing is said of failures.
    assert "failed" not in text and "id(" not in text


def test_an_unknown_time_left_is_said() -> None:
    display = Display(fake_settings(3), io.StringIO())
    assert display.tally.seconds_left() is None
    assert "time left unknown" in display.tally.line()


def test_durations_are_short() -> None:
    assert [duration(s) for s in (0, 42.4, 210, 44640)] == ["0 s", "42 s", "3.5 min", "12.4 h"]
