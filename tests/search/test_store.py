"""The store: what it keeps, one writer at a time, and files that it leaves as they are."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nos_sym.search.results import (
    Diverged,
    DuplicateOf,
    Evaluated,
    Rejected,
    ResultError,
    fitness_of,
    result_from_json,
    result_to_json,
)
from nos_sym.search.slots import Slot, Stage, slot_from_text
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import Evaluation, evaluation_at
from nos_sym.search.store.schema import VERSION
from nos_sym.search.store.store import Store

SLOT = Slot(Stage.CHILD, 1, 2, 3, 4)


def evaluation(slot: Slot = SLOT, fitness: float = 0.5) -> Evaluation:
    result = Evaluated(fitness, 0.1, 2.5, {"steps": 7})
    return evaluation_at(slot, task="t", text="none ~ g", key="1:a", genome={"a": [1]}, result=result)


def filled(path: Path) -> None:
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", "{}", 3)
        store.add(run.id, evaluation())


def test_a_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", '{"a": 1}', 3)
        number = store.add(run.id, evaluation())
        store.add(run.id, evaluation(SLOT.next(), 0.25))
        store.add_duplicate(run.id, SLOT, 5, "answered", "none ~ g", "1:a", number)
        store.add_duplicate(run.id, SLOT, 5, "answered", "none ~ g", "1:a", number)
        store.add_move(run.id, 0, 1, "none ~ g", "1:a", 0.5, number)
        store.finish_run(run.id, {"saved": 2})
    assert {p.name for p in tmp_path.iterdir()} <= {"run.db", "run.db.lock"}
    with Store.read(path) as store:
        (kept,) = store.runs()
        assert (kept.kind, kept.name, kept.seed, kept.settings) == ("search", "particles", 3, '{"a": 1}')
        assert kept.finished is not None and kept.report == {"saved": 2} and "nos-sym" in kept.versions
        first, second = store.evaluations(kept.id)
        assert (first.slot, first.particle, first.time_step, first.child) == ("child 1.2.3.4", 1, 2, 3)
        assert first.result == evaluation().result and first.genome == {"a": [1]}
        assert (first.fitness, second.fitness) == (0.5, 0.25)
        assert list(store.evaluations(up_to=first.id)) == [first]
        assert list(store.evaluations(not_run=kept.id)) == []
        assert list(store.evaluations(task="other")) == []
        assert len(store.duplicates(kept.id)) == 1
        assert store.moves(kept.id) == [(0, 1, "none ~ g", "1:a", 0.5, first.id)]


@pytest.mark.parametrize(
    "result",
    [
        Evaluated(0.5, 0.1, 3.0, {"a": [1.0]}),
        Diverged("not finite", 3, 1.0),
        Rejected("too slow", 2.0),
        DuplicateOf("1:a", 4, Evaluated(0.25)),
    ],
)
def test_results_survive_json(result: Evaluated | Diverged | Rejected | DuplicateOf) -> None:
    assert result_from_json(result_to_json(result)) == result
    assert (fitness_of(result) is None) == isinstance(result, Diverged | Rejected)


@pytest.mark.parametrize(
    "data", [3, {}, {"outcome": "won"}, {"outcome": "evaluated"}, {"outcome": "rejected", "x": 1}]
)
def test_what_is_no_result_is_refused(data: object) -> None:
    with pytest.raises(ResultError):
        result_from_json(data)


def test_a_fitness_is_a_number() -> None:
    with pytest.raises(ResultError, match="finite"):
        Evaluated(float("nan"))


def test_slots_are_read_back_and_their_numbers_are_independent() -> None:
    assert slot_from_text(str(SLOT)) == SLOT
    with pytest.raises(Exception, match="no slot"):
        slot_from_text("child 1.2")
    slots = [SLOT, SLOT.next(), Slot(Stage.CHILD, 1, 3, 2, 4), Slot(Stage.PARTICLE, 1, 2, 3, 4)]
    draws = {slot.generator(3, draw).random() for slot in slots for draw in range(5)}
    seeds = {slot.training_seed(seed, repeat) for slot in slots for seed in (3, 4) for repeat in (0, 1)}
    assert len(draws) == 20 and len(seeds) == 16
    assert SLOT.generator(3, 2).random() == SLOT.generator(3, 2).random()


def test_one_place_has_one_evaluation(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        run = store.begin_run("search", "particles", "{}")
        store.add(run.id, evaluation())
        with pytest.raises(StoreError, match="cannot write"):
            store.add(run.id, evaluation())
        assert len(list(store.evaluations())) == 1


def test_a_run_may_know_what_others_evaluated_before_it_began(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        first = store.begin_run("search", "particles", "{}")
        number = store.add(first.id, evaluation())
        second = store.begin_run("search", "particles", "{}")
        store.add(first.id, evaluation(SLOT.next()))
        assert (first.horizon, second.horizon) == (0, number)
        with pytest.raises(StoreError, match="no run 9"):
            store.run(9)


def refuse(path: Path) -> str:
    """Return the one line that refuses a store, for writing and for reading; the file is as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError) as writing:
        Store.open(path)
    with pytest.raises(StoreError) as reading:
        Store.read(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    for raised in (writing, reading):
        assert "\n" not in str(raised.value) and path.name in str(raised.value)
    return str(writing.value)


def test_foreign_files_are_left_as_they_are(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database, but a longer text than a header", encoding="utf-8")
    assert "no store" in refuse(text)
    short = tmp_path / "short.db"
    short.write_bytes(b"SQLite for")
    assert "no store" in refuse(short)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    assert "another program" in refuse(other)
    assert "folder" in refuse(tmp_path)


def test_a_store_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.commit()
    connection.close()
    assert f"version {VERSION + 1}" in refuse(path) and "update nos-sym" in refuse(path)


@pytest.mark.parametrize("share", [0.999, 0.6, 0.2, 0.01])
def test_a_truncated_store_is_refused_and_left_as_it_is(tmp_path: Path, share: float) -> None:
    path = tmp_path / "run.db"
    filled(path)
    with Store.open(path) as store:
        run = store.runs()[0]
        for child in range(40):
            store.add(run.id, evaluation(Slot(Stage.CHILD, child=child)))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    before = path.read_bytes()
    with pytest.raises(StoreError) as raised:
        Store.open(path)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """A process that is killed between making the file and its tables leaves one."""
    path = tmp_path / "run.db"
    path.touch()
    with pytest.raises(StoreError, match="empty store"):
        Store.read(path)
    filled(path)
    with Store.read(path) as store:
        assert len(store.runs()) == 1


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        Store.open(tmp_path / "missing" / "run.db")
    with pytest.raises(StoreError, match="there is no store"):
        Store.read(tmp_path / "run.db")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    folder = Path("/proc") if os.geteuid() == 0 else tmp_path
    if folder == tmp_path:
        tmp_path.chmod(0o555)
    elif not folder.is_dir():
        pytest.skip("the superuser may write every folder, and there is no /proc")
    with pytest.raises(StoreError) as raised:
        Store.open(folder / "run.db")
    assert str(raised.value).startswith(f"cannot write '{folder / 'run.db'}'")
    assert "\n" not in str(raised.value)


def test_a_store_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    filled(path)
    tmp_path.chmod(0o555)
    try:
        with Store.read(path) as store:
            assert len(list(store.evaluations())) == 1
    finally:
        tmp_path.chmod(0o755)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """SQLite has the error of a full disk when its file may not grow."""
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", "{}")
        store._connection.execute("PRAGMA max_page_count = 20")
        kept = 0
        with pytest.raises(StoreError) as raised:
            for child in range(1000):
                store.add(run.id, evaluation(Slot(Stage.CHILD, child=child)))
                kept += 1
    assert kept > 10 and "full" in str(raised.value) and "--resume" in str(raised.value)
    with Store.open(path) as store:
        assert len(list(store.evaluations())) == kept
        store.add(run.id, evaluation(Slot(Stage.CHILD, child=kept)))


def test_a_limit_of_file_size_loses_nothing(tmp_path: Path) -> None:
    """The operating system refuses to write, as it does on a full disk."""
    path = tmp_path / "run.db"
    program = """
        import resource, sys
        from nos_sym.search.slots import Slot, Stage
        from nos_sym.search.results import Evaluated
        from nos_sym.search.store.store import Store
        from nos_sym.search.store.connection import StoreError
        from nos_sym.search.store.rows import evaluation_at
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        kept = 0
        try:
            with Store.open(sys.argv[1]) as store:
                run = store.begin_run("search", "particles", "{}")
                for child in range(100_000):
                    slot = Slot(Stage.CHILD, child=child)
                    store.add(run.id, evaluation_at(slot, task="t", text="g", result=Evaluated(0.5)))
                    kept += 1
        except StoreError as error:
            print(kept, error)
    """
    assert resource.RLIMIT_FSIZE is not None
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    kept, message = done.stdout.strip().split(" ", 1)
    assert message.startswith(f"cannot write '{path}'") and "--resume" in message
    with Store.open(path) as store:
        assert len(list(store.evaluations())) == int(kept) > 10
