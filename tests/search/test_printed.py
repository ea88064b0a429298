"""What runs, reports, halls of fame and their entries print in Python: what the commands print."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from support.search_fakes import fake_settings, register

from nos_sym.cli.main import cli
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports.hall_of_fame import COLUMNS, HallOfFame, HallOfFameError, describe, hall_of_fame
from nos_sym.search.reports.report import Report
from nos_sym.search.store.store import Run, Store


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, Report, HallOfFame]:
    register()
    path = tmp_path_factory.mktemp("store") / "run.db"
    with Store.open(path) as store:
        run, report = evolve(fake_settings(1, time_steps=1), store, executor=InProcess())
        return path, run, report, hall_of_fame(store, limit=12)


def test_a_run_is_a_line(searched: tuple[Path, Run, Report, HallOfFame]) -> None:
    _, run, _, _ = searched
    assert str(run) == (f"run 1: search, {run.name}, seed 1, started {run.started}, finished {run.finished}")
    assert repr(run) == f"<{run}>"


def test_a_report_is_what_evolve_prints(searched: tuple[Path, Run, Report, HallOfFame]) -> None:
    _, _, report, _ = searched
    lines = str(report).splitlines()
    assert lines[0] == f"drawn        {report.drawn} genomes, {report.degenerate} failed the integrity check"
    assert lines[2].startswith("saved ")
    assert "\n" not in repr(report)
    assert repr(report).startswith(f"<Report: {report.drawn} genomes drawn, ")
    assert len(repr(report)) < 120


def test_a_hall_of_fame_is_what_top_prints(searched: tuple[Path, Run, Report, HallOfFame]) -> None:
    path, _, _, best = searched
    shown = CliRunner().invoke(cli, ["top", str(path)], catch_exceptions=False).output.rstrip("\n")
    more = len(best.entries) - 10
    assert more > 0
    assert str(best) == f"{shown}\n\nand {more} more entries"
    assert str(best.entries[0]) in shown
    assert repr(best) == (
        f"<HallOfFame: {len(best.entries)} of {best.optimizers} optimizers on {best.task}, the best "
        f"{best.entries[0].fitness:.4f}>"
    )
    first = best.entries[0]
    assert repr(first) == f"<Entry 1: {first.fitness:.4f}  {first.evaluation.text}>"
    assert repr(HallOfFame("", ())) == "<HallOfFame: no optimizer has a fitness yet>"
    assert str(HallOfFame("", ())) == "no optimizer has a fitness yet"


def test_what_a_store_holds_is_escaped(searched: tuple[Path, Run, Report, HallOfFame]) -> None:
    from dataclasses import replace

    _, run, _, best = searched
    assert "\x1b" not in str(replace(run, name="\x1b[2J"))
    hostile = replace(best, task="\x1b[2J")
    assert "\x1b" not in str(hostile) + repr(hostile)


def test_to_pandas_gives_records_and_columns(
    searched: tuple[Path, Run, Report, HallOfFame], monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, best = searched
    given: dict[str, Any] = {}
    pandas = ModuleType("pandas")
    pandas.DataFrame = lambda records, columns: given.update(records=records, columns=columns)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    best.to_pandas()
    assert given == {"records": describe(best.entries), "columns": list(COLUMNS)}
    assert all(set(record) == set(COLUMNS) for record in given["records"])
    for name in COLUMNS:
        assert f"``{name}``" in str(HallOfFame.to_pandas.__doc__)


def test_without_pandas_it_is_one_line(
    searched: tuple[Path, Run, Report, HallOfFame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(HallOfFameError, match=r"needs pandas, which is not installed; pip install pandas\Z"):
        searched[3].to_pandas()
