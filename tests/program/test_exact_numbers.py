"""What jumps has the value that its numbers say, and ranges hold it beside the one that binary64 makes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import nos_sym
from nos_sym.intervals.interval import Interval
from nos_sym.language.rule import Rule
from nos_sym.operations.counts import _mod_range
from nos_sym.program.exact import exact_number
from nos_sym.program.ranges import range_of


def rule_of(update: str) -> Rule:
    rule = nos_sym.parse(f"none ~ {update}")
    assert isinstance(rule, Rule)
    return rule


def value_of(update: str) -> float:
    run = nos_sym.Interpreter(rule_of(update), (1,), total_steps=4)
    return -float(run.change(np.zeros(1), np.ones(1), 1.0)[0])


@pytest.mark.parametrize(
    ("update", "value"),
    [
        ("mod(0.3, 0.1)", 0),
        ("mod(0.7, 0.1)", 0),
        ("mod(-0.3, 0.1)", 0),
        ("mod(0.35, 0.1)", 0.05),
        ("mod(-7, 3)", 2),
        ("mod(7, -3)", -2),
        ("mod(0.2, 0)", 0.2),
        ("floor(0.3 / 0.1)", 3),
        ("floor(1 / 3 * 3)", 1),
        ("sign(0.3 - 3 * 0.1)", 0),
        ("1 / (0.3 - 3 * 0.1)", 0),
        ("1 / mod(0.3, 0.1)", 0),
        ("where(0.1 + 0.2 <= 0.3, 5, 7)", 5),
        ("where(0.1 + 0.2 == 0.3, 5, 7)", 5),
        ("where(0.1 + 0.2 > 0.3, 5, 7)", 7),
        ("abspow(0.3 - 3 * 0.1, -1)", 0),
    ],
)
def test_numbers_of_a_rule_are_what_they_say(update: str, value: float) -> None:
    assert value_of(update) == pytest.approx(value, abs=1e-15)
    assert value_of(update) in range_of(rule_of(update).update)


@pytest.mark.parametrize(
    ("update", "values"),
    [
        ("floor(sqrt(2) * sqrt(2))", (1, 2)),
        ("sign(sqrt(2) * sqrt(2) - 2)", (-1, 0, 1)),
        ("mod(sqrt(2) * sqrt(2), 2)", (0, 1.9999999)),
    ],
)
def test_where_rounding_decides_ranges_hold_both_sides(update: str, values: tuple[float, ...]) -> None:
    found = range_of(rule_of(update).update)
    assert all(value in found for value in values)
    assert value_of(update) in found


def test_two_constants_of_one_number_keep_their_ranges() -> None:
    """``floor(sqrt(2) sqrt(2))`` is 2 in binary64, and nobody knows that it is not 1."""
    found = range_of(rule_of("2 * abs(g) + 1 - floor(sqrt(2) * sqrt(2)) * abs(g)").update)
    assert found.high == float("inf")
    assert range_of(rule_of("floor(sqrt(2) * sqrt(2)) + 2").update) == Interval(3, 4)
    assert range_of(rule_of("2 + floor(sqrt(2) * sqrt(2))").update) == Interval(3, 4)


def test_remainders_of_intervals() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        low, width, y, wide = rng.random(4) * (3, 1, 1, 0.1)
        x, divisor = Interval(low, low + width), Interval(y + 0.05, y + 0.05 + wide)
        found = _mod_range(x, divisor)
        for _ in range(20):
            a, b = rng.uniform(x.low, x.high), rng.uniform(divisor.low, divisor.high)
            exact = Fraction(a) % Fraction(b)
            assert found.low <= exact <= found.high


def test_long_numbers_are_not_followed() -> None:
    rule = rule_of("floor(" + " * ".join(["1.0000000001"] * 140) + ")")
    assert exact_number(rule.update) is None
    assert 1 in range_of(rule.update)
