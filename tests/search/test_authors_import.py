"""Logs of the authors' search in a store: what is kept, what is reported; nothing is added by halves."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from support.store_fakes import LOG

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import NosSymError
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.parser import parse
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.results import Diverged, Evaluated, Rejected
from nos_sym.search.store.authors_import import INITIAL_TASK, SEARCH_TASK, import_log, read_log
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "run.log"
    path.write_text(LOG, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(tmp_path / "run.db") as found:
        yield found


def test_every_evaluation_is_stored(log: Path, store: Store) -> None:
    imported = import_log(read_log(log), store)
    rows = list(store.evaluations(imported.run))
    assert [(e.slot, e.stage, e.particle, e.time_step, e.child, e.fitness) for e in rows] == [
        ("line 000001", "initial", None, None, None, 0.61),
        ("line 000002", "initial", None, None, None, 0.95),
        ("line 000005", "particle", 0, None, None, 0.7),
        ("line 000007", "child", 0, 0, 0, 0.72),
        ("line 000008", "child", 0, 0, 1, 0.9),
        ("line 000009", "child", 0, 0, 2, None),
        ("line 000010", "child", 0, 0, 3, None),
        ("line 000012", "particle", 1, None, None, None),
        ("line 000014", "child", 1, 0, 0, 0.71),
    ]
    assert [e.task for e in rows] == [INITIAL_TASK] * 2 + [SEARCH_TASK] * 7
    kinds = Counter(type(e.result) for e in rows)
    assert kinds == {Evaluated: 6, Rejected: 2, Diverged: 1}
    assert rows[3].text == "none ~ tanh(tanh(g))" and rows[3].result.details["text"] == "None ~ tanh(tanh(g))"
    assert rows[3].read_rule() == parse("none ~ tanh(tanh(g))")
    # The maximum of a value with itself is the value.
    assert rows[8].key == rows[1].key == key_of(parse("momentum ~ sign(g)"))
    assert store.moves(imported.run) == [
        (0, 0, "none ~ tanh(g)", rows[2].key, 0.7, rows[2].id),
        (0, 1, "none ~ tanh(tanh(g))", rows[3].key, 0.72, rows[3].id),
        (1, 0, "momentum ~ sign(g)", rows[1].key, None, rows[7].id),
    ]
    run = store.run(imported.run)
    assert (run.kind, run.name) == ("import", "run.log") and run.finished is not None


def test_bad_lines_are_reported(log: Path, store: Store) -> None:
    imported = import_log(read_log(log), store)
    assert (imported.evaluations, imported.failed, imported.optimizers) == (9, 3, 5)
    assert imported.hours == pytest.approx((40.5 + 41.5 + 100 + 101 + 102 + 3 + 104) / 3600)
    assert imported.skipped == (3,)
    (bad,) = imported.unreadable
    assert (bad.line, bad.text) == (8, "None ~ frobnicate(g)") and "frobnicate" in bad.error
    unread = list(store.evaluations(imported.run))[4]
    assert (unread.rule, unread.key, unread.text) == (None, None, "None ~ frobnicate(g)")
    # Its fitness is the best, but there is no optimizer to show.
    best = hall_of_fame(store)
    assert (best.task, best.unreadable) == (SEARCH_TASK, 1)
    assert [(e.fitness, str(e.rule)) for e in best.entries] == [
        (0.72, "none ~ tanh(tanh(g))"),
        (0.71, "momentum ~ max(sign(g), sign(g))"),
        (0.7, "none ~ tanh(g)"),
    ]


def test_a_log_is_imported_once(log: Path, store: Store, tmp_path: Path) -> None:
    import_log(read_log(log), store)
    copy = tmp_path / "copy.log"
    copy.write_text(LOG, encoding="utf-8")
    for path in (log, copy):
        with pytest.raises(StoreError, match=r"is in '.*run.db' already, as run 1; nothing was imported"):
            import_log(read_log(path), store)
    copy.write_text(LOG.replace("0.72", "0.73"), encoding="utf-8")
    assert import_log(read_log(copy), store).run == 2
    assert len(list(store.evaluations())) == 18


def test_an_import_that_fails_adds_nothing_and_is_done_again(
    log: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_moves", full)
        with pytest.raises(sqlite3.OperationalError):
            import_log(read_log(log), store)
    assert list(store.evaluations()) == []
    assert [run.finished for run in store.runs()] == [None]
    assert import_log(read_log(log), store).run == 1
    assert len(list(store.evaluations())) == 9 and len(store.runs()) == 1


def test_files_without_evaluations_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(NosSymError, match="holds no evaluation"):
        read_log(empty)
    with pytest.raises(NosSymError, match="cannot read"):
        read_log(tmp_path / "missing.log")


def test_the_recording_is_imported_whole(shared_data: Path, store: Store) -> None:
    path = shared_data / "authors_run_first_half.log"
    if not path.exists():
        pytest.skip("the authors' log is not there: expected ../shared/data/authors_run_first_half.log")
    log = read_authors_log(path)
    done: list[int] = []
    imported = import_log(read_log(path, done.append), store)
    assert done == list(range(1, 1476))
    assert (imported.evaluations, imported.failed, imported.unreadable) == (1475, 494, ())
    assert imported.hours == pytest.approx(log.seconds / 3600)
    assert [(e.fitness, e.slot) for e in store.evaluations()] == [
        (e.accuracy, f"line {e.line:06}") for e in log.evaluations
    ]
    best = max(e.accuracy for e in log.evaluations if e.accuracy is not None and e.kind.value != "initial")
    assert hall_of_fame(store).entries[0].fitness == best
    # A particle is where the log says that it was, after each of its time-steps.
    moves = {(particle, step): fitness for particle, step, _, _, fitness, _ in store.moves(imported.run)}
    assert all(moves[c.particle - 1, c.time_step] == c.accuracy for c in log.choices)
    assert len(moves) == len(log.choices) + len({e.particle for e in log.evaluations} - {None})
