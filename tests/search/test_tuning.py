"""Tuning: trainings that go by a budget, are stored with where they come from, and depend on nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.bowl_trainer import register as register_bowl
from support.fake_trainer import FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import NosSymError
from nos_sym.language.parser import parse_rule
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.listener import Listener, Listeners
from nos_sym.search.records import SettingsError
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.settings import SearchSettings, settings_from_table
from nos_sym.search.store.migrate import migrate
from nos_sym.search.store.store import Store
from nos_sym.search.tuning.constants import Kind
from nos_sym.search.tuning.outcome import Tuning
from nos_sym.search.tuning.settings import Origin, TuningSettings, given_origins, tuning_from_json
from nos_sym.search.tuning.texts import tuning_lines
from nos_sym.search.tuning.tune import best_of, interrupted_tuning, tune

register()
register_bowl()
RULES = ("none ~ ema(g, 0.9) / (sqrt(ema(g^2, 0.99)) + 0.01)", "momentum ascent ~ 0.001 * w - 0.5 * v_hat")


def settings_of(*rules: str, trainings: int = 12, **changes: Any) -> TuningSettings:
    search = settings_from_table({"trainer": "fake", "training": {"name": "evolution"}, **changes})
    return TuningSettings(search, given_origins(map(parse_rule, rules or RULES)), trainings)


def run_in(path: Path, settings: TuningSettings, **given: Any) -> tuple[Any, Tuning, Any]:
    given = {"executor": InProcess(), **given}
    with Store.open(path) as store:
        run, tuned = tune(settings, store, **given)
        return run, tuned, snapshot(store, run.id)


@pytest.mark.timeout(120)
def test_an_ill_conditioned_quadratic_is_solved_better(tmp_path: Path) -> None:
    search = settings_from_table({"trainer": "bowl", "confirm": [1, 2]})
    settings = TuningSettings(search, given_origins([parse_rule(RULES[0])]), 14)
    with Store.open(tmp_path / "run.db") as store:
        run, tuned = tune(settings, store, executor=InProcess())
        [row] = tuned.rows
        assert row.untuned is not None and row.fitness is not None and row.fitness > row.untuned + 0.05
        assert row.is_better and row.trained == 14 and row.key == key_of(parse_rule(row.rule))
        assert row.compared is not None and row.compared.difference is not None
        # Without noise, new seeds on the test part give the same.
        assert row.compared.difference.mean == pytest.approx(row.fitness - row.untuned)
        assert "2 seeds cannot show" in tuned.note and not row.compared.holds
        best = hall_of_fame(store, limit=1)
        [record] = describe(best.entries)
        assert (record["fitness"], record["confirmed"]) == pytest.approx((row.fitness, row.fitness))
        assert record["tuned_from"] == RULES[0] and record["tuned_from_fitness"] is None
        assert "tuned     from none ~ ema(g, 0.9)" in str(best)
        lines = "\n".join(tuning_lines(tuned))
        assert row.rule in lines and "not shown to be better" in lines
        assert json.loads(json.dumps(tuned.to_json())) == store.run(run.id).report


@pytest.mark.timeout(120)
def test_the_result_depends_on_neither_executor_nor_interruptions(tmp_path: Path) -> None:
    settings = settings_of(trainings=9, training={"name": "evolution", "noise": 0.05})
    _, expected, rows = run_in(tmp_path / "whole.db", settings)
    _, shuffled, others = run_in(tmp_path / "shuffled.db", settings, executor=Shuffled(5, seed=3))
    assert (shuffled, others) == (expected, rows)
    path, trained = tmp_path / "stopped.db", [0]

    class Stopping(FakeTrainer):
        def train(self, *arguments: Any) -> Any:
            trained[0] += 1
            if trained[0] % 5 == 0:
                raise KeyboardInterrupt
            return super().train(*arguments)

    for _ in range(40):
        try:
            run, resumed, found = run_in(path, settings, trainer=Stopping(), resume=True)
            break
        except KeyboardInterrupt:
            pass
        with Store.open(path) as store, pytest.raises(SearchError, match="'--resume'"):
            tune(settings, store, executor=InProcess())
        with Store.read(path) as store:
            assert interrupted_tuning(store) == settings
    assert (resumed, found) == (expected, rows)
    assert trained[0] > sum(row.trained for row in expected.rows)
    assert run.kind == "tuning" and run.finished


def test_no_optimizer_is_trained_twice(tmp_path: Path) -> None:
    path, settings = tmp_path / "run.db", settings_of(RULES[0], RULES[0], trainings=10)
    _, tuned, _ = run_in(path, settings)
    one, other = tuned.rows
    # The same optimizer as it is is trained once; its second strategy has other random numbers.
    assert (one.trained, other.trained, other.answered) == (10, 10, 1) and one.untuned == other.untuned
    _, again, _ = run_in(path, dataclasses.replace(settings, trainings=11))
    assert again.rows[0].answered >= 10
    with Store.read(path) as store:
        keys = [score.key for score in store.scores()]
        assert len(keys) == len(set(keys))
    # Answers cost nothing, so that the same trainings as before lead on to new ones.
    assert again.rows[0].trained == 11
    assert (again.rows[0].fitness or 0) >= (one.fitness or 0)


def test_what_cannot_be_tuned_says_why(tmp_path: Path) -> None:
    _, tuned, _ = run_in(tmp_path / "run.db", settings_of("none ~ sign(g)", RULES[0], trainings=2))
    assert tuned.rows[0].why_not == "it has no constant that counts" and tuned.rows[0].trained == 0
    assert tuned.rows[1].trained == 2
    with Store.open(tmp_path / "other.db") as store:
        with pytest.raises(SearchError, match="nothing can be tuned: it has no constant"):
            tune(settings_of("none ~ g"), store, executor=InProcess())
        assert not list(store.runs())
    many = " + ".join(f"ema(g, 0.{n:03})" for n in range(1, 120))
    with Store.open(tmp_path / "other.db") as store, pytest.raises(SearchError, match="119 constants"):
        tune(settings_of(f"none ~ {many}"), store, executor=InProcess())


def test_a_template_keeps_its_fixed_part(tmp_path: Path) -> None:
    settings = settings_of("none ~ v_hat / (0.1 + ema(g, 0.8))", template="none ~ v_hat / (0.1 + ?)")
    with Store.open(tmp_path / "run.db") as store:
        run, tuned = tune(settings, store, executor=InProcess())
        texts = [e.text for e in store.evaluations(run.id)]
    assert [c.before for c in tuned.rows[0].constants] == ["0.8"] and len(texts) == 12
    assert all(text.startswith("none ~ v_hat / (0.1 + ema(g, 0.") for text in texts)
    with Store.open(tmp_path / "run.db") as store, pytest.raises(SearchError, match="not written as"):
        tune(settings_of("none ~ qhm(0.7)", template="none ~ v_hat / ?"), store, executor=InProcess())


@pytest.mark.timeout(120)
def test_a_search_tunes_its_best_afterwards(tmp_path: Path) -> None:
    plain = fake_settings(3, time_steps=1)
    settings = dataclasses.replace(plain, tune=(2, 6))
    with Store.open(tmp_path / "plain.db") as store:
        run, report = evolve(plain, store, executor=InProcess())
        searched, best = snapshot(store, run.id), best_of(store, run.id, 2)
        assert report.tuning is None and report.to_json()["tuning"] is None
        # What is trained afterwards is no other search.
        run, report = evolve(settings, store, executor=InProcess(), resume=True)
        assert snapshot(store, run.id) == searched
        assert report.tuning is not None
    with Store.open(tmp_path / "tuned.db") as store:
        run, again = evolve(settings, store, executor=InProcess())
        assert snapshot(store, run.id) == searched and again.tuning == report.tuning
        [tuning] = [r for r in store.runs() if r.kind == "tuning"]
        assert tuning_from_json(tuning.settings).origins == best
        assert tuning.name == f"2 optimizers of run {run.id}"
    rows = again.tuning.rows if again.tuning else ()
    assert [row.slot for row in rows] == [o.slot for o in best]
    # The optimizers as they are were trained by the search.
    assert all(row.why_not or (row.answered >= 1 and row.untuned == row.first) for row in rows)


def test_a_search_of_which_nothing_can_be_tuned_ends_all_the_same(tmp_path: Path) -> None:
    notes: list[str] = []

    class Notes(Listener):
        def note(self, text: str) -> None:
            notes.append(text)

    settings = fake_settings(3, initial=["none ~ g"], particles=1, time_steps=0, tune=[1, 3])
    with Store.open(tmp_path / "run.db") as store:
        run, report = evolve(settings, store, executor=InProcess(), listener=Listeners(Notes()))
        assert report.tuning is None and run.finished
    assert notes[-1] == "nothing can be tuned: it has no constant that counts"


def test_several_listeners_pass_everything_on() -> None:
    told = [name for name in vars(Listener) if not name.startswith("_")]
    assert all(name in vars(Listeners) for name in told)


def test_a_store_with_a_tuning_is_migrated_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    # The same rule twice, so that there is an answer, and a level of keys that is not that of the report.
    settings = settings_of(RULES[0], RULES[0], trainings=4, dedup="scale")
    run, _, before = run_in(path, settings)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE evaluations SET key = 'old:' || key")
        db.execute("UPDATE duplicates SET key = 'old:' || key")
        aged = json.loads(json.dumps(run.report))
        for row in aged["tuned"]:
            row["key"] = "old"
        db.execute("UPDATE runs SET report = ? WHERE id = 1", (json.dumps(aged),))
    with Store.open(path) as store:
        migrate(store)
        assert snapshot(store, 1) == before and store.run(1).report == run.report
        assert before["duplicates"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trainings": 0}, "'trainings' is 0"),
        ({"spread": float("nan")}, "'spread' is nan"),
        ({"population": 1}, "'population' is 1"),
        ({"also": (Kind.PLAIN,)}, "'also'"),
        ({"also": (Kind.INTEGERS, Kind.INTEGERS)}, "'also'"),
        ({"origins": ()}, "there are 0 optimizers"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        dataclasses.replace(settings_of(), **changes)


def test_settings_are_read_back_and_damaged_ones_refused() -> None:
    settings = dataclasses.replace(settings_of(), also=(Kind.INTEGERS,), population=6)
    origin = Origin(settings.origins[0].rule, 3, "child 0.0.0.0", 0.25)
    settings = dataclasses.replace(settings, origins=(origin,))
    assert tuning_from_json(settings.to_json()) == settings
    table = json.loads(settings.to_json())
    for own in (None, {}, {**table["tuning"], "origins": [1]}, {**table["tuning"], "also": ["x"]}):
        with pytest.raises(NosSymError, match="malformed"):
            tuning_from_json(json.dumps(table | {"tuning": own}))
    with pytest.raises(SettingsError, match="'tune' is"):
        SearchSettings(tune=(3, 0))


def test_without_the_package_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cma", None)
    with Store.open(tmp_path / "run.db") as store:
        with pytest.raises(SearchError, match=r"pip install 'nos-sym\[tune\]'"):
            tune(settings_of(), store, executor=InProcess())
        # A search that would need it afterwards does not begin.
        with pytest.raises(SearchError, match="needs the package cma"):
            evolve(fake_settings(3, tune=[1, 3]), store, executor=InProcess())
        assert not list(store.runs())


def test_random_numbers_of_others_and_files_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # A file of this name changes the options of the package where that is not turned off.
    (tmp_path / "cma_signals.in").write_text("{'maxiter': 0, 'timeout': 0}", encoding="utf-8")
    before = np.random.get_state()
    _, one, _ = run_in(tmp_path / "a.db", settings_of())
    for old, new in zip(before, np.random.get_state(), strict=True):
        np.testing.assert_array_equal(old, new)
    np.random.standard_normal(3)
    (tmp_path / "cma_signals.in").unlink()
    _, other, _ = run_in(tmp_path / "b.db", settings_of())
    assert one == other
    assert sorted(p.suffix for p in tmp_path.iterdir() if p.is_file()) == [".db", ".db", ".lock", ".lock"]
