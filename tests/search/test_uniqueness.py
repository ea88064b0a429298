"""What makes optimizers unlike, and which of a pool are proposed."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.catalog import entry
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.protocols.uniqueness import distance, propose, steps_of


def rule(text: str) -> Rule:
    found = parse(text)
    assert isinstance(found, Rule)
    return found


def between(one: str, other: str) -> float | None:
    return distance(steps_of(rule(one)), steps_of(rule(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("none ~ tanh(v_hat)", "none ~ tanh(v_hat)"),
        ("none ~ [a1] tanh(v_hat)", "none ~ [sqrt(a6)] tanh(v_hat)"),
        ("none ~ 5 * sign(g)", "none ascent ~ sign(g)"),
        ("momentum ~ drop(g, 0.5)", "momentum ~ -2 * drop(g, 0.5)"),
    ],
)
def test_schedule_factor_and_sign_are_no_distance(one: str, other: str) -> None:
    assert between(one, other) == pytest.approx(0, abs=1e-12)


def test_distance_grows_with_the_difference() -> None:
    near = between("none ~ tanh(v_hat)", "none ~ arctan(v_hat)")
    far = between("none ~ tanh(v_hat)", "none ~ sign(g)")
    momentum = between("momentum ~ g", "none ~ g")
    assert near is not None and far is not None and momentum is not None
    assert 0 < near < 0.05 < far <= 1 and momentum > 0.05


@pytest.mark.parametrize("text", ["none ~ 0 * g", "none ~ exp(exp(exp(exp(g^2))))"])
def test_what_does_not_move_or_overflows_is_not_measured(text: str) -> None:
    assert steps_of(rule(text)) is None
    assert between(text, "none ~ g") is None


def names(rules: list[str], count: int, apart: float = 0.05) -> tuple[list[int], list[str]]:
    rows = propose([rule(text) for text in rules], count, apart)
    return [i for i, row in enumerate(rows) if row.taken], [row.reason for row in rows]


def test_a_class_and_a_neighbor_are_passed_over() -> None:
    pool = [
        "none ~ tanh(v_hat)",
        "none ~ [a1] tanh(v_hat)",
        "none ~ arctan(v_hat)",
        "none ~ sign(g)",
        "momentum ~ g",
    ]
    taken, reasons = names(pool, 2)
    assert taken == [0, 3]
    assert reasons[0] == "the most accurate" and reasons[1] == "equal to {nearest} up to a schedule"
    assert reasons[2].endswith(" from {nearest}, less than 0.05") and reasons[4] == "enough before it"
    assert names(pool, 2, apart=0.0)[0] == [0, 2]


@pytest.mark.heavy
def test_families_of_the_paper_are_found() -> None:
    """Its Opt1 to Opt3 and Opt6 are the same but for weights of 1e-5 and 1e-4 and decays; so are others."""
    rules = [entry(f"Opt{number}") for number in range(1, 11)]
    rows = propose([r for r in rules if isinstance(r, Rule)], 6, 0.05)
    alone = [n for n, row in enumerate(rows, 1) if row.taken and not row.reason.startswith("added")]
    assert alone == [1, 4, 7, 10] and sum(row.taken for row in rows) == 6
    assert [rows[n - 1].nearest for n in (2, 3, 5, 6, 8)] == [0, 0, 3, 0, 6]


def test_where_too_few_are_apart_the_farthest_are_added_and_classes_come_last() -> None:
    pool = ["none ~ tanh(v_hat)", "none ~ [a1] tanh(v_hat)", "none ~ arctan(v_hat)", "none ~ arcsinh(v_hat)"]
    far = [between(pool[0], text) for text in pool]
    assert far[2] < far[3] < 0.2
    assert names(pool, 2, apart=1.0)[0] == [0, 3]
    assert names(pool, 3, apart=1.0)[0] == [0, 2, 3]
    taken, reasons = names(pool, 9, apart=1.0)
    assert taken == [0, 1, 2, 3] and all(text.startswith("added, since too few") for text in reasons[1:])


def test_histories_are_the_same_whatever_was_drawn_before() -> None:
    np.random.default_rng(1).normal()
    first = steps_of(rule("none ~ drop(g, 0.5) * v_hat"))
    assert first is not None and np.array_equal(first, steps_of(rule("none ~ drop(g, 0.5) * v_hat")))
