"""``nos-sym evaluate`` and ``nos_sym.evaluate``: what is trained, stored, resumed and refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.harness import backends

import nos_sym
from nos_sym.cli.main import cli
from nos_sym.search.evidence.evaluating import Evaluations
from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.store.store import Store

BUDGET = {"steps": 20, "warmup": 4, "first_steps": 0, "second_after": 20, "learning_rates": [0.01]}
SHORT = ["--preset", "demo", "--task", "quadratic"]
for name, value in BUDGET.items():
    SHORT += ["--set", f"training.{name}={value}"]

needs_torch = pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["evaluate", "--limit", "0", *arguments])


@needs_torch
def test_given_optimizers_are_trained_and_shown(tmp_path: Path) -> None:
    rules = ["Adam", "none ~ 0.5 * sign(g)"]
    done = run(*rules, *SHORT, "--repeats", "2", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["run"] is None and told["failures"] is None and told["split"] == "validation"
    assert told["task"].startswith("torch quadratic-steps20-")
    adam, sign = told["optimizers"]
    assert (adam["name"], sign["name"]) == ("Adam", "") and sign["rule"] == rules[1]
    for row in (adam, sign):
        assert len(row["scores"]) == 2 and row["mean"] == pytest.approx(sum(row["scores"]) / 2)
        assert row["low"] <= row["mean"] <= row["high"]
    assert adam["scores"] != sign["scores"]
    # The same in Python, in a table, and as text.
    settings = nos_sym.preset("demo", training={"task": "quadratic", **BUDGET})
    found = nos_sym.evaluate(rules, settings, repeats=2)
    assert {"run": None, **found.to_json()} == told
    [alone] = nos_sym.evaluate(nos_sym.parse(rules[1]), settings, repeats=2).rows
    assert list(alone.scores) == sign["scores"]
    table = list(csv.DictReader(io.StringIO(run(*rules, *SHORT, "--repeats", "2", "--csv").stdout)))
    assert [[float(s) for s in row["scores"].split()] for row in table] == [adam["scores"], sign["scores"]]
    assert run(*rules, *SHORT, "--repeats", "2").stdout.rstrip("\n") == str(found)


def test_columns_stand_under_each_other_with_names_and_without() -> None:
    named = Repeated("none ~ g", (0.5, 0.7), 0.1, "SGD")
    unnamed = Repeated("none ~ sign(g)", (0.5, None), 0.1)
    both = str(Evaluations("t", "test", (named, unnamed))).splitlines()[2:]
    assert both[0].index("none ~") == both[1].index("none ~") and both[1].index("0.3") == both[0].index("0.6")
    assert str(Evaluations("t", "test", (unnamed,))).splitlines()[2].startswith("0.3000")


@needs_torch
def test_killed_and_resumed_it_comes_to_the_same_and_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nos_sym.surrogate.trainer import TorchTrainer

    store = str(tmp_path / "run.db")
    command = ["Adam", "SGD", *SHORT, "--repeats", "2", "--split", "test", "--seed", "3", "--store", store]
    whole = json.loads(run(*command[:-1], str(tmp_path / "whole.db"), "--json").stdout)
    train, left = TorchTrainer.train, [3]

    def stopped(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(TorchTrainer, "train", stopped)
    cut = run(*command)
    assert cut.exit_code == 130 and "--resume" in cut.stderr
    refused = run(*command)
    assert refused.exit_code == 2 and len(refused.stderr.splitlines()) == 1
    assert "is such an evaluation and is interrupted; continue with '--resume'" in refused.stderr
    monkeypatch.undo()
    resumed = run(*command, "--resume", "--json")
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads(resumed.stdout) == whole
    with Store.read(store) as kept, Store.read(tmp_path / "whole.db") as other:
        rows, expected = (
            [(e.slot, e.task, e.seed, e.text, e.key, e.fitness) for e in s.evaluations()]
            for s in (kept, other)
        )
        assert sorted(rows) == sorted(expected) and len(rows) == 4
        assert [r.kind for r in kept.runs()] == ["evaluation"] and kept.run(1).finished is not None
    # Commands that read stores know them like any evaluation.
    best = json.loads(CliRunner().invoke(cli, ["top", store, "--json"]).stdout)
    assert {row["key"] for row in best} == {nos_sym.key_of("Adam"), nos_sym.key_of("SGD")}
    means = sorted((row["mean"] for row in whole["optimizers"]), reverse=True)
    assert [row["fitness"] for row in best] == pytest.approx(means)
    assert "evaluation" in CliRunner().invoke(cli, ["runs", store]).stdout


def test_two_at_once_do_not_share_a_store(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db"):
        done = run("Adam", *SHORT, "--store", str(tmp_path / "run.db"))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1 and "run.db" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none ~ tahn(g)", "--preset", "demo"], "tanh"),
        (["LR1", "--preset", "demo"], "is a schedule; expected optimizers"),
        (["Adam", "--preset", "demi"], "'demi' is not one of 'demo'"),
        (["Adam"], "the task is that of a search: give '--preset demo'"),
        (["Adam", "--preset", "demo", "--repeats", "0"], "0 is not in the range 1<=x<=1000"),
        (["Adam", "--preset", "demo", "--repeats", "two"], "'two' is not a valid integer"),
        (["Adam", "--preset", "demo", "--resume"], "'--resume' continues what a store has"),
        (["Adam", "--preset", "demo", "--json", "--csv"], "exclude each other"),
        (["Adam", "--preset", "demo", "--task", "tabula"], "'tabula' is not one of"),
        (["Adam", "--preset", "demo", "--set", "training.data=digits", "--split", "test"], "-with-test"),
        (["-", "-", "--preset", "demo"], "standard input can be read once"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    store = [] if "--resume" in arguments else ["--store", str(tmp_path / "run.db")]
    done = run(*arguments, *store)
    assert done.exit_code == 2
    # A rule has two more lines, with its text and a caret.
    first, *place = done.stderr.splitlines()
    assert message in first and len(place) == 2 * ("column" in first)
    assert not list(tmp_path.iterdir())
