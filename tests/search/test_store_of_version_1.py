"""A store that the version before blocks wrote: it opens, is resumed, answers, and gets the keys of today.

``tests/data/store_of_version_1.sql`` is the dump of such a store, as SQLite writes it: a finished search, the
log of another one, and a search that was interrupted after seven evaluations.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.search_fakes import fake_settings, register

from nos_sym.algebra.canonical import VERSION, key_of
from nos_sym.cli.main import cli
from nos_sym.genome.decode import decode
from nos_sym.genome.json_form import genome_from_json
from nos_sym.language.parser import parse
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.store.migrate import migrate
from nos_sym.search.store.schema import APPLICATION_ID
from nos_sym.search.store.store import Store

register()
DUMP = Path(__file__).parent.parent / "data" / "store_of_version_1.sql"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the store, made from its dump."""
    file = tmp_path / "run.db"
    db = sqlite3.connect(file)
    db.executescript(DUMP.read_text(encoding="utf-8"))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    return file


def recorded(store: Store) -> list[tuple[Any, ...]]:
    """Return all of the evaluations but their keys."""
    return [
        (e.id, e.run, e.slot, e.task, e.seed, e.text, e.rule, e.genome, e.result) for e in store.evaluations()
    ]


def test_it_opens_and_its_rules_are_those_of_their_texts(path: Path) -> None:
    with Store.read(path) as store:
        assert [run.kind for run in store.runs()] == ["search", "import", "search"]
        rows = [e for e in store.evaluations() if e.rule is not None]
        assert len(rows) >= 30
        for e in rows:
            assert e.rule is not None and e.rule["version"] == 1
            assert e.read_rule() == parse(e.text)
            assert e.read_rule().to_json() == e.rule
            if e.genome is not None:
                assert str(decode(genome_from_json(e.genome))) == e.text


def test_it_is_resumed_and_keeps_its_answers(path: Path) -> None:
    with Store.open(path) as store:
        before, moves = recorded(store), store.moves(3)
        settings = interrupted_settings(store)
        run, report = evolve(settings, store, executor=InProcess(), resume=True)
        assert run.id == 3 and run.finished is not None
        after = recorded(store)
        assert after[: len(before)] == before
        assert sum(row[1] == 3 for row in after) > 7
        assert [row[2] for row in after if row[1] == 3].count(before[-1][2]) == 1
        assert store.moves(3)[0][2] == moves[0][2]
        # The interrupted search knew what the finished one had evaluated, and so does one that begins now.
        _, other = evolve(fake_settings(5, **json_of(settings)), store, executor=InProcess())
        assert report.answered_earlier.count + other.answered_earlier.count > 0


def json_of(settings: Any) -> dict[str, Any]:
    table = json.loads(settings.to_json())
    return {name: table[name] for name in ("initial", "particles", "time_steps", "mutations")}


def test_a_search_that_is_resumed_ends_alike_before_the_migration_and_after_it(
    path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(path.read_bytes())
    with Store.open(path) as first, Store.open(other) as second:
        migrate(second)
        for store in (first, second):
            evolve(interrupted_settings(store), store, executor=InProcess(), resume=True)
        migrate(first)
        texts = [
            [(e.slot, e.text, e.key, e.fitness) for e in store.evaluations()] for store in (first, second)
        ]
        assert texts[0] == texts[1]
        assert [row[:5] for row in first.duplicates(3)] == [row[:5] for row in second.duplicates(3)]
        assert first.moves(3) == second.moves(3)


def test_its_keys_are_those_of_an_earlier_version_until_it_is_migrated(path: Path) -> None:
    with Store.open(path) as store:
        assert {e.key.partition(":")[0] for e in store.evaluations() if e.key is not None} == {"1"}
        before = recorded(store)
        done = migrate(store)
        assert recorded(store) == before
        assert done.evaluations_changed == sum(row[6] is not None for row in before)
        for e in store.evaluations():
            assert e.key == (None if e.rule is None else key_of(parse(e.text)))
        again = migrate(store)
        assert (again.evaluations_changed, again.moves_changed, again.duplicates_changed) == (0, 0, 0)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def test_commands_say_that_its_keys_are_of_an_earlier_version(path: Path) -> None:
    told = command("top", path, "--run", 1)
    assert told.exit_code == 0
    assert told.stderr.count("\n") == 1
    assert (
        f"have keys of another version than {VERSION}; 'nos-sym migrate {path}' computes them anew"
        in told.stderr
    )
    assert command("migrate", path).exit_code == 0
    after = command("top", path, "--run", 1)
    assert (after.exit_code, after.stderr) == (0, "")
    assert len(after.stdout.splitlines()) == len(told.stdout.splitlines())
