"""What was answered and not trained: every answer with the finest level that holds, and why."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.page_stores import HOSTILE, evaluation, page_store
from support.search_fakes import fake_settings, register

from nos_sym.cli.main import cli
from nos_sym.report.page.collect import collect
from nos_sym.report.page.html import page_of
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports.answers import Reason, answers_of, reason_of
from nos_sym.search.reports.report import make_report
from nos_sym.search.results import Evaluated
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store

register()


@pytest.mark.parametrize(
    ("text", "original", "level"),
    [
        ("none ~ tanh(g)", "none ~ tanh(g)", "text"),
        ("none ~ id(tanh(g)) * 1", "none ~ tanh(g)", "exact"),
        ("none ~ -(g)", "none ~ g", "sign"),
        ("none ~ 3 * g", "none ~ g", "scale"),
        ("none ~ [a4] g", "none ~ g", "schedule"),
        # Equal words of two momentum types, and rules that differ, are no answers.
        ("momentum ~ g", "none ~ g", "unknown"),
        ("none ~ ema(g, 0.9)", "none ~ ema(g, 0.99)", "unknown"),
        ("none ~ no_such_operation(g)", "none ~ g", "unknown"),
        (HOSTILE, "none ~ g", "unknown"),
        ("none ~ g", "", "unknown"),
    ],
)
def test_the_finest_level_is_found_from_the_texts(text: str, original: str, level: str) -> None:
    reason = reason_of(text, original)
    assert reason.level == level and reason.is_proved is (level != "unknown")


def test_a_measurement_is_called_one_and_made_where_the_run_asked_for_it() -> None:
    near, original = "none ~ g / sqrt(1 + (0.0001 * w)^2)", "none ~ g"
    assert reason_of(near, original) == Reason("unknown")
    measured = reason_of(near, original, measured=True)
    assert measured.level == "float32" and not measured.is_proved
    assert str(measured).startswith("measured and not proved; ") and "samples in float32" in str(measured)
    # What is proved is no measurement, also where a run measures.
    assert reason_of("none ~ id(g)", original, measured=True).level == "exact"


def test_a_null_set_is_told_apart_from_every_history() -> None:
    reason = reason_of("none ~ sign(g) * sign(g)", "none ~ 1")
    assert (reason.level, reason.almost) == ("exact", True)
    assert reason.assumes == ("g",) and str(reason).endswith("where g is not zero")


def test_every_answer_of_a_store_is_listed(tmp_path: Path) -> None:
    path = page_store(tmp_path / "run.db", hostile=False)
    with Store.open(path) as store:
        run = store.runs()[0].id
        store.add(run, evaluation(Slot(Stage.CHILD, 1, 3, 0), "none ~ [a4] g", Evaluated(0.5)))
        # Where a particle started untrained, and a text that nobody can read.
        store.add_move(run, 7, 0, "none ~ erf(g)", "x", None, None)
        slot = Slot(Stage.CHILD, 7, 0, 0)
        store.add_duplicate(run, slot, 0, "redrawn", "none ~ id(erf(g))", "x", None)
        store.add_duplicate(run, slot, 1, "answered", HOSTILE, "x", 1)
    with Store.read(path) as store:
        found = {(a.slot, a.draw): a for a in answers_of(store, store.runs()[0])}
    assert len(found) == 5
    start = found["child 7.0.0.0", 0]
    assert (start.original, start.of_slot, start.reason.level) == ("none ~ erf(g)", None, "exact")
    assert found["child 7.0.0.0", 1].reason.level == "unknown"
    assert [a.reason.level for a in found.values()].count("text") == 1
    result = CliRunner().invoke(cli, ["answers", str(path), "--json", "--prove"])
    assert result.exit_code == 0, result.stderr
    records = json.loads(result.stdout)
    assert [r["proved"] for r in records].count(False) == 1 and len(records) == 5
    assert all(r["proof"]["checked"] is r["proved"] for r in records)
    shown = CliRunner().invoke(cli, ["answers", str(path), "--run", "1"])
    assert "5 answers, 4 of them proved" in shown.stdout and "<script>" in shown.stdout
    assert "\u202e" not in shown.stdout
    text = page_of(collect(path, top=0))
    assert "Every answer: 5" in text and "<script>alert(1)" not in text


def test_answers_of_a_tuning_are_on_the_page(tmp_path: Path) -> None:
    """Its level is a proof, whatever the search has; words that are the same when shown stand once."""
    path = page_store(tmp_path / "run.db", hostile=False)
    with Store.open(path) as store:
        first = next(iter(store.evaluations(store.runs()[0].id)))
        run = store.begin_run("tuning", "1 optimizer of run 1", '{"dedup": "off"}', 0).id
        update = first.text.split(" ~ ")
        other = f"{update[0]} ~ id({update[1]})"
        store.add_duplicate(run, Slot(Stage.TUNING, 0), 0, "answered", other, "x", first.id)
    page = collect(path, top=0)
    shown = page.runs[-1]
    assert (shown.kind, shown.dedup, len(shown.answers)) == ("tuning", "exact", 1)
    assert [group.others for group in shown.groups] == [()]
    assert "Run 2: 1 optimizer of run 1, exact" in page_of(page)


def test_answers_of_a_search_are_what_it_counts_as_saved(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        run, report = evolve(fake_settings(4, initial=["none ~ g"]), store, executor=InProcess())
        found = list(answers_of(store, run))
        assert len(found) == report.saved.count > 0
        assert sum(a.reason.level == "text" for a in found) == report.same_text.count
        assert all(a.reason.level in ("text", "exact") for a in found)


def test_seconds_of_trainings_do_not_order_what_was_saved(tmp_path: Path) -> None:
    """Durations are those of a machine; which optimizers a report names first must not be theirs."""
    path, found = tmp_path / "run.db", []
    with Store.open(path) as store:
        run, _ = evolve(fake_settings(4, initial=["none ~ g"]), store, executor=InProcess())
    for seconds in ("id", "1000 - id"):
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE evaluations SET seconds = {seconds}")
        with Store.read(path) as store:
            report = make_report(store, run.id, Dedup.EXACT, 0, 0)
        found.append([replace(c, seconds=0.0) for c in report.classes])
        saved = [c.redrawn + c.answered for c in report.classes]
        assert saved == sorted(saved, reverse=True)
    assert found[0] == found[1] and len(found[0]) > 1


def test_a_store_without_answers_says_so(tmp_path: Path) -> None:
    Store.open(tmp_path / "run.db").close()
    with Store.open(tmp_path / "run.db") as store:
        store.begin_run("search", "random", "{}", 0)
    result = CliRunner().invoke(cli, ["answers", str(tmp_path / "run.db")])
    assert result.exit_code == 0 and result.stdout.startswith("nothing was answered")
    assert CliRunner().invoke(cli, ["answers", str(tmp_path / "run.db"), "--run", "9"]).exit_code == 2
