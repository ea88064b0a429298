"""The option ``--set`` of commands that take a rule, and ``parse --pretty``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.fuzzed_commands import run

BLOCK = "Heavy(beta=0.9) = { state m; m <- beta * m + g; w <- w - lr * m }"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["parse", BLOCK, "--set", "beta=0.5"], BLOCK.replace("0.9", "0.5")),
        (["render", BLOCK, "--set", "beta=0.5"], "Heavy(beta=0.5)"),
        (["latex", BLOCK, "--set", "beta=0.5"], "Heavy(beta=0.5)"),
        (["factor", "AdamW", "--set", "weight_decay=0"], "core"),
        (["check", "AdamW", "--set", "weight_decay=0"], "passes"),
        (["check", BLOCK, "--set", "beta=0.5"], "passes"),
        (["show", "AdamW", "--set", "weight_decay=0"], "weight_decay = 0 in [0, inf)"),
        (["equal", "AdamW", "Adam", "--set", "weight_decay=0"], "equal"),
    ],
)
def test_every_command_takes_other_values(arguments: list[str], shown: str) -> None:
    outcome = run(arguments)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert shown in outcome.stdout


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["beta=1"], "'beta' is '1'; expected a number in [0, 1)"),
        (["gain=0.5"], "expected one of beta"),
        (["beta"], "expected NAME=VALUE"),
        (["beta=0.5", "beta=0.6"], "gives 'beta' twice"),
    ],
)
def test_what_sets_nothing_is_said_in_one_line(given: list[str], message: str) -> None:
    outcome = run(["parse", BLOCK, *(part for text in given for part in ("--set", text))])
    assert outcome.code == 2
    assert message in outcome.stderr


TWO = f"{BLOCK}\nLight(beta=0.9, eps=0.1) = {{ state m; m <- beta * m + g; w <- w - lr * m / eps }}\n"


def test_of_several_rules_those_that_have_a_setting_get_it(tmp_path: Path) -> None:
    file = tmp_path / "two.nos"
    file.write_text(TWO + "Plain = none ~ g\n", encoding="utf-8")
    printed = run(["parse", str(file), "--set", "beta=0", "--set", "eps=1"]).stdout.splitlines()
    assert printed[0] == BLOCK.replace("0.9", "0")
    assert printed[1].startswith("Light(beta=0, eps=1) = ")
    assert printed[2] == "Plain = none ~ g"
    classes = json.loads(run(["dedup", str(file), "--json", "--set", "beta=0", "--set", "eps=1"]).stdout)
    assert classes["class_of"] == [0, 0, 0]
    assert classes["rules"] == printed
    assert json.loads(run(["dedup", str(file), "--json"]).stdout)["class_of"] == [0, 1, 2]
    for command in ("parse", "dedup"):
        outcome = run([command, str(file), "--set", "gamma=0"])
        message = "'--set': none of the rules has a setting 'gamma'; expected one of beta, eps"
        assert (outcome.code, outcome.stdout) == (2, "")
        assert message in outcome.stderr
        assert (
            "'beta' is '2'; expected a number in [0, 1)"
            in run([command, str(file), "--set", "beta=2"]).stderr
        )


def test_a_setting_of_both_or_of_one_of_two() -> None:
    other = BLOCK.replace("Heavy(beta=0.9)", "Other(beta=0.8, gain=1)").replace("+ g", "+ gain * g")
    pair = ["equal", BLOCK, other]
    assert run(pair).code == 1
    for given in (
        ["beta=0.3"],
        ["A.beta=0.8"],
        ["B.beta=0.9"],
        ["A.beta=0.3", "B.beta=0.3"],
        ["beta=0", "gain=1"],
    ):
        assert run([*pair, *(part for text in given for part in ("--set", text))]).code == 0, given
    assert run([*pair, "--set", "B.beta=0.9", "--set", "gain=2"]).code == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["gamma=1"], "neither A nor B has a setting 'gamma'; expected one of beta, eps"),
        (["A.eps=1"], "A has no setting 'eps'; expected one of beta"),
        (["C.eps=1"], "neither A nor B has a setting 'C.eps'"),
        (["beta=0.1", "B.beta=0.2"], "'--set' gives 'B.beta' twice"),
        (["A.beta=2"], "'beta' is '2'; expected a number in [0, 1)"),
        (["A.=2"], "neither A nor B has a setting 'A.'"),
        (["beta=0", "--for-all"], "--for-all asks for all; leave one out"),
    ],
)
def test_what_sets_nothing_in_two_rules_is_said_in_one_line(given: list[str], message: str) -> None:
    options = [part for text in given for part in (("--set", text) if "=" in text else (text,))]
    outcome = run(["equal", BLOCK, TWO.splitlines()[1], *options])
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_schedules_are_compared_at_other_values() -> None:
    pair = ["equal", "S(rate=0.5) = schedule ~ rate * a1", "schedule ~ 0.25 * a1", "--set"]
    assert run([*pair, "rate=0.25"]).code == 0
    assert run([*pair, "rate=0.5"]).code == 1


def test_a_block_is_printed_line_by_line() -> None:
    outcome = run(["parse", BLOCK, "--pretty"])
    lines = ["Heavy(beta=0.9) = {", "    state m", "    m <- beta * m + g", "    w <- w - lr * m", "}"]
    assert outcome.stdout.splitlines() == lines
    assert run(["parse", BLOCK, "--pretty", "--to", "json"]).code == 2
