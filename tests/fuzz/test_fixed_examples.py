"""What fuzzing found, as fixed examples: each was a traceback or more than a line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from support.fuzzed_commands import run
from support.fuzzed_readers import check_message, make_store

from nos_sym import plugins
from nos_sym.errors import NosSymError
from nos_sym.language.json_form import rule_from_json
from nos_sym.search.records import SettingsError, read_toml
from nos_sym.search.results import ResultError, result_from_json


def nested(depth: int) -> Any:
    data: Any = []
    for _ in range(depth):
        data = [data]
    return data


@pytest.mark.parametrize(
    "update",
    [
        ["\n"],
        ["\u202e"],
        ["\x1b[2J", ["g"]],
        ["x" * 10_000],
        ["tanh", ["\r"]],
        ["setting", "\n"],
        nested(5000),
    ],
    ids=range(7),
)
def test_a_rule_as_json(update: Any) -> None:
    data = {"version": 1, "momentum": "none", "ascent": False, "update": update}
    with pytest.raises(NosSymError) as caught:
        rule_from_json(data)
    check_message(str(caught.value))


@pytest.mark.parametrize(
    "data",
    [
        {"outcome": ["evaluated"]},
        {"outcome": nested(5000)},
        {"outcome": "evaluated", "fitness": 10**400},
        {"outcome": "evaluated", "fitness": True},
        {"outcome": "evaluated", "fitness": 0.5, "seconds": "1"},
        {"outcome": "evaluated", "fitness": 0.5, "details": []},
        {"outcome": "rejected", "reason": 3},
        {"outcome": "evaluated", "fitness": 0.5, "\n": 1},
        {"outcome": "duplicate", "key": 1, "evaluation": nested(5000), "original": {}},
    ],
    ids=range(9),
)
def test_a_result_as_json(data: Any) -> None:
    with pytest.raises(ResultError) as caught:
        result_from_json(data)
    check_message(str(caught.value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = " + "9" * 10_000, "a number has too many digits"),
        ("steps = " + "[" * 10_000, "nested too deeply"),
        ('"\n" = 1', "is not TOML"),
        ("a = '\u202e", "is not TOML"),
    ],
    ids=range(4),
)
def test_settings_as_toml(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        read_toml(text, "'a.toml'")
    check_message(str(caught.value))


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("runs", "settings", "3", "run 1 of the store is malformed: 'settings' is no JSON object"),
        ("runs", "settings", "{", "run 1 of the store is malformed: 'settings': "),
        ("runs", "versions", "[" * 5000, "run 1 of the store is malformed: 'versions': nested too deeply"),
        ("runs", "versions", "[]", "run 1 of the store is malformed: 'versions' is no JSON object"),
        ("runs", "name", b"\xff", "run 1 of the store is malformed: 'name' is bytes, expected str"),
        ("runs", "seed", 0.5, "run 1 of the store is malformed: 'seed' is float, expected int"),
        ("evaluations", "run", 7, "evaluation 1 is of run 7, which the store does not have"),
        ("evaluations", "result", "7", "evaluation 1 of the store is malformed: 'result' is no JSON object"),
        ("evaluations", "rule", b"\x00", "evaluation 1 of the store is malformed: 'rule' is bytes"),
        ("evaluations", "text", b"\xff", "evaluation 1 of the store is malformed: 'text' is bytes"),
        ("duplicates", "text", b"\xff", "a duplicate of run 1 is malformed: 'text' is bytes"),
        ("moves", "text", b"\xff", "a move of run 1 is malformed: 'text' is bytes"),
        ("moves", "fitness", "\n", "a move of run 1 is malformed: 'fitness' is str, expected float"),
    ],
)
def test_a_store_that_another_program_has_changed(
    table: str, column: str, value: Any, message: str, tmp_path: Path
) -> None:
    path = make_store(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        where = "WHERE id = 1" if table in ("runs", "evaluations") else ""
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute(f"UPDATE {table} SET {column} = ? {where}", (value,))
    outcome = run(["migrate", str(path)])
    assert outcome.code == 2
    assert outcome.stderr.startswith(f"error: {message}"), outcome.stderr
    check_message(outcome.stderr.removeprefix("error: ").removesuffix("\n"))
    for command in ("runs", "top"):
        assert run([command, str(path)]).code in (0, 2)
        assert "Traceback" not in run([command, str(path), "--json"]).stderr


def test_a_store_whose_text_is_not_utf_8(tmp_path: Path) -> None:
    path = make_store(tmp_path)
    content = path.read_bytes()
    assert b"CREATE TABLE evaluations" in content
    path.write_bytes(content.replace(b"CREATE TABLE evaluations", b"CREATE TABLE evaluation\xff"))
    for command in ("top", "runs", "migrate"):
        outcome = run([command, str(path)])
        assert outcome.code == 2
        check_message(outcome.stderr.removeprefix("error: ").removesuffix("\n"))


@pytest.mark.parametrize("value", ["no\nmodule", "no.such.module", "\u202e", "x" * 5000, "os.path:nothing"])
def test_a_plug_in_of_any_name(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("x\n\x1b[31m", value, plugins.BACKENDS)
    monkeypatch.setattr(plugins, "_points", lambda group: [point] if group == plugins.BACKENDS else [])
    for name in ("y", point.name):
        outcome = run(["render", "SGD", "-b", name])
        assert outcome.code == 2
        check_message(outcome.stderr.removeprefix("error: ").removesuffix("\n"))


def test_what_is_printed_as_json_is_json(tmp_path: Path) -> None:
    path = make_store(tmp_path)
    for command in ("top", "runs", "migrate"):
        json.loads(run([command, str(path), "--json"]).stdout)
