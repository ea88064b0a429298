"""Migrating a store: its keys are those that its rules have, whatever they were."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.search_fakes import fake_settings, register, snapshot
from support.store_fakes import LOG

from nos_sym.algebra.canonical import key_of
from nos_sym.cli.main import cli
from nos_sym.language.parser import parse
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.store.authors_import import import_log, read_log
from nos_sym.search.store.migrate import migrate
from nos_sym.search.store.schema import APPLICATION_ID, VERSION
from nos_sym.search.store.store import Store

register()


def searched(path: Path, dedup: str = "exact") -> None:
    """Make a store with a finished search that has duplicates, moves and a report with classes."""
    settings = fake_settings(3, dedup=dedup, initial=["Adam"], particles=3, time_steps=2)
    with Store.open(path) as store:
        _, report = evolve(settings, store, executor=InProcess())
    assert report.classes


def content(path: Path) -> tuple[dict[str, Any], Any]:
    with Store.read(path) as store:
        return snapshot(store, 1), store.run(1).report


def age(path: Path) -> None:
    """Give every key of a store the value of another version."""
    with Store.open(path) as store, store.transaction():
        db = store._connection
        db.execute("UPDATE evaluations SET key = 'old:' || key WHERE key IS NOT NULL")
        db.execute("UPDATE duplicates SET key = 'old:' || key")
        db.execute("UPDATE moves SET key = 'old:' || key")
        (text,) = db.execute("SELECT report FROM runs WHERE id = 1").fetchone()
        report = json.loads(text)
        for found in report.get("classes", []):
            found["key"] = f"old:{found['key']}"
        db.execute("UPDATE runs SET report = ? WHERE id = 1", (json.dumps(report),))


@pytest.mark.parametrize("dedup", ["exact", "scale", pytest.param("float32", marks=pytest.mark.heavy), "off"])
def test_keys_of_another_version_are_computed_anew(tmp_path: Path, dedup: str) -> None:
    path = tmp_path / "run.db"
    searched(path, dedup)
    expected = content(path)
    age(path)
    assert content(path) != expected
    with Store.open(path) as store:
        done = migrate(store)
    assert content(path) == expected
    assert (done.evaluations_changed, done.moves_changed) == (done.evaluations, done.moves)
    assert (done.duplicates_changed, done.reports_changed) == (done.duplicates, 1)
    assert min(done.evaluations, done.moves, done.duplicates) > 0 and not done.unreadable


def test_a_second_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    searched(path)
    with Store.open(path) as store:
        done = migrate(store)
    changed = (done.evaluations_changed, done.duplicates_changed, done.moves_changed, done.reports_changed)
    assert changed == (0, 0, 0, 0)


def test_a_migrated_run_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    searched(path)
    expected = content(path)
    age(path)
    settings = fake_settings(3, initial=["Adam"], particles=3, time_steps=2)
    with Store.open(path) as store:
        migrate(store)
        evolve(settings, store, executor=InProcess(), resume=True)
    assert content(path) == expected


def test_all_keys_are_replaced_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.db"
    searched(path)
    age(path)
    before = content(path)

    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Store, "replace_report", full)
    with Store.open(path) as store, pytest.raises(sqlite3.OperationalError):
        migrate(store)
    assert content(path) == before


def test_a_rule_that_cannot_be_read_keeps_its_text(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    searched(path)
    with Store.open(path) as store:
        (key,) = store._rows("SELECT key FROM evaluations WHERE id = 2")[0]
        (text,) = store._rows("SELECT text FROM evaluations WHERE id = 2")[0]
        store._connection.execute("UPDATE evaluations SET text = 'none ~ frobnicate(g)' WHERE id = 2")
        (bad,) = migrate(store).unreadable
        assert (bad.evaluation, bad.text) == (2, "none ~ frobnicate(g)") and "frobnicate" in bad.error
        kept = list(store.evaluations())[1]
        assert (kept.text, kept.rule, kept.key) == ("none ~ frobnicate(g)", None, None)
        # A version that can read it gives it its key again.
        store._connection.execute("UPDATE evaluations SET text = ? WHERE id = 2", (text,))
        assert migrate(store).evaluations_changed == 1
        assert list(store.evaluations())[1].key == key


def test_what_an_import_could_not_read_is_tried_again(tmp_path: Path) -> None:
    log = tmp_path / "authors.log"
    log.write_text(LOG, encoding="utf-8")
    with Store.open(tmp_path / "run.db") as store:
        import_log(read_log(log), store)
        expected = [(e.text, e.key) for e in store.evaluations()]
        assert [bad.text for bad in migrate(store).unreadable] == ["None ~ frobnicate(g)"]
        assert [(e.text, e.key) for e in store.evaluations()] == expected
        store._connection.execute(
            "UPDATE evaluations SET rule = NULL, key = NULL, text = 'None ~ tanh(g)' WHERE id = 1"
        )
        assert migrate(store).evaluations_changed == 1
        assert next(store.evaluations()).key == key_of(parse("none ~ tanh(g)"))


def command(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["migrate", *map(str, arguments)])


def test_the_command_says_how_many_changed(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    searched(path)
    count = len(content(path)[0]["evaluations"])
    age(path)
    result = command(path)
    assert result.exit_code == 0 and f"evaluations  {count} of {count} keys changed" in result.stdout
    found = json.loads(command(path, "--json").stdout)
    assert (found["evaluations"], found["evaluations_changed"], found["unreadable"]) == (count, 0, [])


def test_the_command_refuses_what_is_no_store_of_this_version(tmp_path: Path) -> None:
    def database(name: str, application: int, version: int) -> Path:
        path = tmp_path / name
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE t (x)")
        db.execute(f"PRAGMA application_id = {application}")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
        db.close()
        return path

    text = tmp_path / "text.db"
    text.write_text("no database")
    empty = tmp_path / "empty.db"
    empty.touch()
    for path, message in (
        (tmp_path / "missing.db", "there is no store"),
        (text, "is no store of nos-sym"),
        (empty, "is an empty store"),
        (database("foreign.db", 7, 1), "is a database of another program"),
        (database("newer.db", APPLICATION_ID, VERSION + 1), f"this nos-sym knows up to {VERSION}"),
    ):
        before = path.read_bytes() if path.exists() else None
        result = command(path)
        assert result.exit_code == 2 and message in result.stderr and result.stdout == ""
        assert (path.read_bytes() if path.exists() else None) == before


def test_the_command_waits_for_nobody(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    searched(path)
    with Store.open(path):
        assert "is in use by another process" in command(path).stderr
