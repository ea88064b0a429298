"""Verdicts print in Python what ``nos-sym equal`` prints of them, but for the proof that it searches."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import nos_sym
from nos_sym.cli.answers import answer_lines
from nos_sym.cli.equal import describe
from nos_sym.cli.main import cli

PAIRS = [
    ("none ~ -(-g)", "SGD", "exact", "<Equal at level exact: none ~ g>"),
    ("none ~ [a1] g", "none ~ [a2] g", "schedule", "<Equal at level schedule: "),
    ("none ~ 2 * g", "SGD", "exact", "<Different at level exact: at t = "),
    ("none ~ g / (1 + 1e-9)", "SGD", "float32", "<Indistinguishable: "),
    ("Lion", "Lion", "exact", "<Equal at level exact: "),
    ("SGDTorch", "SGDTorch", "exact", "<Equal at level exact: "),
]


@pytest.mark.parametrize(
    ("a", "b", "level", "shown"), PAIRS, ids=[f"{a}, {level}" for a, _, level, _ in PAIRS]
)
def test_it_is_what_the_command_prints(a: str, b: str, level: str, shown: str) -> None:
    verdict = nos_sym.compare(a, b, level)
    assert str(verdict).splitlines() == answer_lines(describe(verdict, level)[1])
    assert repr(verdict).startswith(shown)
    assert "\n" not in repr(verdict)
    assert len(repr(verdict)) <= 202


def test_assumptions_are_named() -> None:
    verdict = nos_sym.compare("none ~ w * (g / g)", "none ~ w", almost=True)
    assert repr(verdict) == "<Equal at level exact: none ~ w, where g is not zero>"
    assert str(verdict).splitlines() == answer_lines(describe(verdict, "exact")[1])
    assert "assumes  g is not zero" in str(verdict)


def test_unknown() -> None:
    from nos_sym.algebra.verdicts import Unknown

    verdict = Unknown(nos_sym.Level.SCALE)
    assert repr(verdict) == "<Unknown at level scale>"
    assert str(verdict).splitlines() == answer_lines(describe(verdict, "scale")[1])


def test_a_difference_is_printed_by_both() -> None:
    printed = CliRunner().invoke(cli, ["equal", "none ~ 2 * g", "SGD"]).output
    assert printed == f"{nos_sym.compare('none ~ 2 * g', 'SGD')}\n"
