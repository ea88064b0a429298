"""``nos-sym schedules``: its outputs, files and refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.schedule_stores import OF_TABLE_10, ONE_CLASS, WITHOUT, made

from nos_sym.algebra.schedule_keys import schedule_key
from nos_sym.cli.choices import BACKENDS
from nos_sym.cli.main import cli
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Schedule


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["schedules", *map(str, arguments)])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    # A name that a run could have, with what LaTeX and terminals obey.
    return made(tmp_path / "a_%\x1b[31m:1", [*ONE_CLASS, *OF_TABLE_10, *WITHOUT])


def test_text_data_table_and_rules_say_the_same(store: Path) -> None:
    text = run(store)
    assert text.exit_code == 0 and "schedules   3, equal up to a constant factor counted once" in text.stdout
    records = json.loads(run(f"{store}:1", "--json").stdout)
    assert [(r["name"], r["catalog"], r["optimizers"]) for r in records] == [
        ("LR5", "LR5", 1), ("LR1", "LR1", 1), ("LRa", None, 4),
    ]  # fmt: skip
    rules = parse_file(run(store, "--nos").stdout)
    for rule, record in zip(rules, records, strict=True):
        assert isinstance(rule, Schedule) and rule.name == record["name"]
        assert schedule_key(rule) == record["key"]
    table = run(store, "--latex", "--notation", "rate=r")
    assert table.exit_code == 0 and "\x1b" not in table.stdout
    assert re.findall(r"^ *\{\}(LR\S+) & \$.*\$ & \$0\.[0-9]{4}\$ & ([0-9]+) ", table.stdout, re.M) == [
        ("LR5", "1"), ("LR1", "1"), (r"LR$_{\mathrm{a}}$", "4"),
    ]  # fmt: skip
    first = run(store, "-n", "1")
    assert "LR5" in first.stdout and "LR1" not in first.stdout and "and 2 more" in first.stdout


def test_each_is_rendered_and_all_are_drawn(store: Path, tmp_path: Path) -> None:
    for backend in BACKENDS:
        folder = tmp_path / backend
        result = run(
            store,
            "-n",
            "1" if backend in ("keras", "tensorflow", "latex") else "3",
            "--render",
            backend,
            "-o",
            folder,
            "--json",
        )
        assert result.exit_code == 0, result.output
        for record in json.loads(result.stdout):
            source = Path(record["file"]).read_text(encoding="utf-8")
            assert Path(record["file"]).parent == folder and record["name"] in source
    picture = tmp_path / "drawn.svg"
    assert run(store, "--plot", picture).exit_code == 0
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "missing argument 'RUN...'"),
        ("none.db", "there is no store 'none.db'; expected its file, or FILE:NUMBER"),
        ("empty.db", "has no search or imported log"),
        ("run.db:9", "has no run 9"),
        ("run.db --json --nos", "exclude each other"),
        ("run.db --render torch", "go together"),
        ("run.db --notation rate=r", "'--notation' is of '--latex'"),
        ("run.db --plot a.jpg", "expected a name that ends so"),
        ("run.db --task x", "task 'x' is in none of the runs"),
        ("bare.db --plot a.svg", "no schedule leaves an optimizer"),
        ("bare.db --latex", "there is no table"),
        ("bare.db:1:1", "there is no store"),
        ("run.db:" + "9" * 40, "there is no store"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path("run.db"), ONE_CLASS[:1])
    made(Path("bare.db"), WITHOUT)
    made(Path("empty.db"))
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run(*arguments.split())
    assert result.exit_code == 2 and result.stdout == "", result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and message in line
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_has_no_schedule_is_no_error(tmp_path: Path) -> None:
    store = made(tmp_path / "bare.db", WITHOUT)
    assert "optimizers  5 with a fitness, 5 without a schedule" in run(store).stdout
    assert json.loads(run(store, "--json").stdout) == []
    assert run(store, "--nos").stdout.strip() == ""
