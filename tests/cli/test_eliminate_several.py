"""``nos-sym eliminate`` with several runs: the table, the pick, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.schedule_stores import add_run
from support.store_fakes import RULES, SizedTrainer

from nos_sym.cli.main import cli
from nos_sym.search.store.store import Store

SETTINGS = """
candidates = 3
[[stages]]
base = 8
steps = 10
keep = 2
[pool]
pick = 2
[second]
time_steps = 1
mutations = 1
repeats = 1
keep = 1
[final]
report = 3
[[final.stages]]
base = 8
steps = 10
"""
OF_SEARCH = '{"trainer": "sized", "training": {}}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    SizedTrainer.stop_after.clear()
    monkeypatch.chdir(tmp_path)
    Path("pool.toml").write_text(SETTINGS, encoding="utf-8")
    for name, texts in (("run.db", RULES[:3]), ("other.db", RULES[2:5])):
        with Store.open(name) as store:
            add_run(store, [(t, 0.9 - 0.01 * n) for n, t in enumerate(texts)], "sized small", OF_SEARCH)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["eliminate", *arguments, "--store", "run.db", "--settings", "pool.toml"])


def test_the_pool_is_shown_and_goes_on_with_who_is_picked(folder: Path) -> None:
    first = run("1", "other.db:1")
    assert first.exit_code == 0, first.output
    lines = first.stdout.splitlines()
    assert lines[0] == "run      2, pool of run 1, run 1 of other.db, seed 0"
    head = next(line for line in lines if line.startswith("name"))
    assert head.split() == [
        *("name", "mean", "from", "class", "nearest", "apart", "proposed", "reason", "rule")
    ]
    assert any(line.startswith("Opt1") and "yes" in line and "the most accurate" in line for line in lines)
    assert lines[-1].startswith("next     nos-sym") and "--resume --pick proposed" in lines[-1]
    data = json.loads(run("1", "other.db:1", "--resume", "--json").stdout)
    assert (data["run"], data["picked"], data["by"], data["best"]) == (2, [], None, [])
    assert data["pool"][0]["name"] == "Opt1" and data["pool"][0]["reason"] == "the most accurate"
    done = run("1", "other.db:1", "--resume", "--pick", "Opt1,Opt2")
    assert done.exit_code == 0, done.output
    assert "picked   Opt1, Opt2, by hand" in done.stdout and "rank  mean" in done.stdout
    with Store.read("run.db") as store:
        report = store.run(2).report
    assert report is not None and len(report["second"]) == 2 and len(report["best"]) == 3
    shown = CliRunner().invoke(cli, ["runs", "run.db"])
    assert shown.exit_code == 0 and "pool" in shown.stdout and "final" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("1 --pick Opt1", "'--pick' is of the pool of several runs"),
        ("1 1", "run 1 is given twice"),
        ("1 run.db:1", "run 1 is given twice"),
        ("1 other.db:7", "has no run 7"),
        ("1 other.db", "has no number; expected a number, or FILE:NUMBER"),
        ("1 none.db:1", "there is no store"),
        ("x 1", "there is no store 'x'"),
        ("1 other.db:1 --set pool.pick=0", "'pool.pick' is 0"),
        ("1 other.db:1 --set pool.peck=2", "did you mean 'pick'"),
        ("1 other.db:1 --set pool.stages=[{base=8,steps=10,network='efficientnet'}]", "name the network"),
        ("1 --set pool.pick=2", "unknown setting 'pool'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder: Path, arguments: str, message: str) -> None:
    if arguments.startswith("1 --set"):
        Path("pool.toml").write_text("candidates = 3\n[[stages]]\nbase = 8\nsteps = 10\n", encoding="utf-8")
    result = run(*arguments.split())
    assert result.exit_code == 2 and result.stdout == "", result.output
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and message in errors[0]
