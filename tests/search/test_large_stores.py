"""What a store with many evaluations costs: operations are counted, because time depends on the machine."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.fake_trainer import FakeTrainer
from support.large_stores import make_large_store
from support.search_fakes import fake_settings, register, snapshot

from nos_sym.algebra.levels import Level
from nos_sym.language.parser import parse
from nos_sym.search import fingerprints, proposals
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.fingerprints import keys_at_levels
from nos_sym.search.reports import found as fame
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.reports.summary import summarize
from nos_sym.search.results import Trained
from nos_sym.search.store import tables
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store

register()


class Calls:
    """Counts the calls of a function that is put in its place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> None:
        self.count = 0
        function = getattr(place, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            return function(*arguments, **named)

        monkeypatch.setattr(place, name, counted)


def test_two_thousand_evaluations_are_shown_and_resumed_without_keys_or_draws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.db"
    settings = make_large_store(path, 2000, pool=100)
    read = Calls(monkeypatch, tables, "evaluation_of_row")
    levels = Calls(monkeypatch, fame, "level_key")
    with Store.read(path) as store:
        count = len(list(store.scores()))
        assert 1700 < count < 2000
        assert len(hall_of_fame(store, limit=10).entries) == 10
        assert hall_of_fame(store, limit=10, level=Level.SCHEDULE).entries
        assert summarize(store)[0].outcomes.total() == count
    # Rule, genome and result were read of what was shown, and no key was computed.
    assert (read.count, levels.count) == (21, 0)
    made: list[proposals.Proposals] = []
    recall = proposals.Proposals.recall

    def noted(self: proposals.Proposals, *arguments: Any) -> Any:
        made[:] = [self]
        return recall(self, *arguments)

    monkeypatch.setattr(proposals.Proposals, "recall", noted)
    canonical = Calls(monkeypatch, fingerprints.Fingerprints, "_make")
    fingerprints.catalog_index(fingerprints.Fingerprints(settings.dedup))
    catalog, canonical.count = canonical.count, 0
    with Store.open(path) as store:
        _, report = evolve(settings, store, executor=InProcess(), resume=True)
        assert len(list(store.scores())) == count + 5
        assert report.drawn > 3000
    # Five trainings were missing; a few others are compared, and the catalog has keys of its own.
    assert made[0].recalled >= 1700 and 5 <= made[0].compared < 15
    assert canonical.count == made[0].compared + 2 * catalog


class Counted(FakeTrainer):
    """Trains a number of times and then ends the search."""

    left: list[int] = [0]  # noqa: RUF012 - shared on purpose

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        return super().train(*arguments)


@pytest.mark.parametrize("dedup", ["exact", pytest.param("schedule", marks=pytest.mark.heavy)])
def test_a_search_that_recalls_ends_as_one_that_draws(tmp_path: Path, dedup: str) -> None:
    settings = fake_settings(3, dedup=dedup, particles=2, time_steps=2)
    with Store.open(tmp_path / "whole.db") as store:
        run, report = evolve(settings, store, executor=InProcess(), trainer=FakeTrainer())
        whole = snapshot(store, run.id)
    for recalls in (True, False):
        with Store.open(tmp_path / f"{recalls}.db") as store:
            for stop in (7, 6):
                Counted.left[0] = stop
                with pytest.raises(KeyboardInterrupt):
                    evolve(settings, store, executor=InProcess(), trainer=Counted(), resume=True)
            if not recalls:
                store._write("DELETE FROM proposals", ())
            again, told = evolve(settings, store, executor=InProcess(), trainer=FakeTrainer(), resume=True)
            assert snapshot(store, again.id) == whole
            assert (told.drawn, told.degenerate) == (report.drawn, report.degenerate)
            assert told.redrawn.count == report.redrawn.count


def test_a_proposal_that_was_not_trained_and_differs_is_refused(tmp_path: Path) -> None:
    settings = fake_settings(3, particles=2)
    with Store.open(tmp_path / "run.db") as store:
        Counted.left[0] = 3
        with pytest.raises(KeyboardInterrupt):
            evolve(settings, store, executor=InProcess(), trainer=Counted())
        other = parse("none ~ tanh(g)")
        exact = keys_at_levels(other)[0]
        changed = "UPDATE proposals SET text = ?, exact = ?, key = ? WHERE place = 'initial 7.0.0.0'"
        store._write(changed, (str(other), exact, exact))
        with pytest.raises(StoreError, match=r"another optimizer at 'initial 7\.0\.0\.0'"):
            evolve(settings, store, executor=InProcess(), resume=True)


def test_other_versions_and_old_keys_are_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = fake_settings(3, particles=2, time_steps=1)
    with Store.open(tmp_path / "run.db") as store:
        run, _ = evolve(settings, store, executor=InProcess())
        whole = snapshot(store, run.id)
        for change in (
            "UPDATE proposals SET exact = '1' || substr(exact, 2)",
            """UPDATE runs SET versions = '{"nos-sym": "0.0.1"}'""",
        ):
            store._write(change, ())
            drawn = Calls(monkeypatch, proposals.Proposals, "keep")
            evolve(settings, store, executor=InProcess(), resume=True)
            assert drawn.count > 0
            assert snapshot(store, run.id) == whole


def test_a_store_without_the_new_tables_is_read_as_it_is_and_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        evolve(fake_settings(3, particles=2, time_steps=0), store, executor=InProcess())
        best = [e.key for e in hall_of_fame(store, level=Level.SCALE).entries]
    with sqlite3.connect(path) as db:
        db.executescript("DROP TABLE proposals; DROP TABLE level_keys; PRAGMA user_version = 1")
    db.close()
    before = path.read_bytes()
    with Store.read(path) as store:
        assert store.proposals(1) == {} and store.level_keys("scale") == {}
        assert [e.key for e in hall_of_fame(store, level=Level.SCALE).entries] == best
    assert path.read_bytes() == before
    with Store.open(path) as store:
        assert store._has("proposals") and store._rows("PRAGMA user_version") == [(2,)]
        evolve(fake_settings(3, particles=2, time_steps=0), store, executor=InProcess(), resume=True)
        assert store.proposals(1)
