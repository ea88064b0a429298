"""``nos-sym tune``: the best of a store or given rules, as text and JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.search_fakes import register

from nos_sym.cli.main import cli
from nos_sym.search.store.store import Store

register()
FAKE = """
trainer = "fake"
particles = 2
initial_factor = 3
time_steps = 1
mutations = 2
[training]
name = "evolution"
"""
RULE = "none ~ 0.001 * w + qhm(0.7)"


@pytest.fixture
def fake(tmp_path: Path) -> str:
    file = tmp_path / "fake.toml"
    file.write_text(FAKE, encoding="utf-8")
    return str(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--limit", "0"] if arguments[0] != "top" else list(arguments))


def refuse(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    return line


def test_given_rules_are_tuned_and_shown(fake: str, tmp_path: Path) -> None:
    store = str(tmp_path / "run.db")
    given = ["tune", RULE, "--settings", fake, "--store", store, "--trainings", "8", "--confirm", "1,2"]
    result = run(*given, "--json")
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    [row] = data["tuned"]
    assert (data["run"], row["source"], row["trained"], row["run"]) == (1, RULE, 8, None)
    assert [c["before"] for c in row["constants"]] == ["0.001", "0.9", "0.7"]
    shown = run("tune", "--store", store, "--resume")
    assert shown.exit_code == 0 and row["rule"] in shown.stdout and "next         nos-sym top" in shown.stdout
    best = json.loads(run("top", store, "--json", "-n", "1").stdout)[0]
    assert (best["rule"], best["fitness"]) == (row["rule"], row["fitness"])
    assert best["tuned_from"] == (RULE if row["rule"] != RULE else None)
    assert row["compared"]["before"]["repeats"] == row["compared"]["after"]["repeats"] == 2
    assert "with fresh seeds" in shown.stdout


def test_the_best_of_a_search_are_tuned_on_its_task(fake: str, tmp_path: Path) -> None:
    store = str(tmp_path / "run.db")
    assert run("evolve", "--settings", fake, "--store", store, "--tune", "1,3").exit_code == 0
    assert run("tune", "--store", store, "--resume", "--json").exit_code == 0
    result = run(
        "tune", "--store", store, "--best", "2", "--trainings", "3", "--set", "confirm=[0, 0]", "--json"
    )
    assert result.exit_code == 0, result.stderr
    data = json.loads(result.stdout)
    tops = json.loads(run("top", store, "--run", "1", "-n", "2", "--json").stdout)
    assert [row["source"] for row in data["tuned"]] == [f"{t['rule']}" for t in tops]
    assert [row["first"] for row in data["tuned"]] == [t["fitness"] for t in tops]
    assert data["source"] == 1 and data["task"] == tops[0]["task"]


def test_what_is_wrong_is_said_in_one_line(fake: str, tmp_path: Path) -> None:
    store = str(tmp_path / "run.db")
    assert "there is no store" in refuse("tune", "--store", store)
    assert "has no search; give '--preset demo'" in refuse("tune", RULE, "--store", store)
    both = refuse("tune", RULE, "--settings", fake, "--store", store, "--best", "2")
    assert "leave them out beside a RULE" in both
    assert "a schedule" in refuse("tune", "LR1", "--settings", fake, "--store", store)
    assert "nothing can be tuned" in refuse("tune", "none ~ g", "--settings", fake, "--store", store)
    pair = run("tune", RULE, "--settings", fake, "--store", store, "--confirm", "x")
    assert pair.exit_code == 2 and "'x' is no K,REPEATS" in pair.stderr
    # What cannot begin leaves no store behind, and a log that was imported has no task to train on.
    assert not Path(store).exists()
    with Store.open(Path(store)) as opened:
        opened.begin_run("import", "a log", "{}", None)
    assert "has no tuning to resume" in refuse("tune", "--store", store, "--resume")
    assert "is no search, so that its task is unknown" in refuse("tune", "--store", store)
    assert "has no optimizer with a fitness" in refuse("tune", "--settings", fake, "--store", store)
    assert "has no run 9" in refuse("tune", "--store", store, "--run", "9")
