"""The option ``--set`` of commands that take a rule, and ``parse --pretty``."""

from __future__ import annotations

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
        (["gain=0.5"], "it has beta"),
        (["beta"], "expected NAME=VALUE"),
        (["beta=0.5", "beta=0.6"], "gives 'beta' twice"),
    ],
)
def test_what_sets_nothing_is_said_in_one_line(given: list[str], message: str) -> None:
    outcome = run(["parse", BLOCK, *(part for text in given for part in ("--set", text))])
    assert outcome.code == 2
    assert message in outcome.stderr


def test_a_block_is_printed_line_by_line() -> None:
    outcome = run(["parse", BLOCK, "--pretty"])
    lines = ["Heavy(beta=0.9) = {", "    state m", "    m <- beta * m + g", "    w <- w - lr * m", "}"]
    assert outcome.stdout.splitlines() == lines
    assert run(["parse", BLOCK, "--pretty", "--to", "json"]).code == 2


def test_the_check_says_why_it_takes_no_block() -> None:
    outcome = run(["check", BLOCK])
    assert outcome.code == 2
    assert "with both signs" in outcome.stderr
