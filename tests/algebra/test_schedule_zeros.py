"""At how many steps a function of the step is zero: a bound that holds, and one that is not too large."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flint import fmpq
from support.judges.every_history import values_on
from support.judges.histories import History

from nos_sym.algebra.canonical import polynomial
from nos_sym.algebra.schedule_zeros import zeros_of
from nos_sym.language.parser import parse

BOUNDED = [
    ("p", 1),
    ("r", 2),
    ("remaining", 1),
    ("1 - p", 0),
    ("p * r", 3),
    ("p - 0.3", 1),
    ("p - r", 4),
    ("p - remaining", 5),
    ("2 * p^2 - 2 * p + 0.4", 9),
    ("p^3 - p + 0.1", 3),
    ("cospi(p)", 2),
    ("cospi(3 * p)", 4),
    ("cospi(p) - 0.5", 1),
    ("2 * cospi(p) * r - 0.3", 2),
    ("tanh(p - 0.5)", 4),
    ("max(p - 0.5, 0.2 - p)", 3),
    ("min(p - 0.5, 0.2 - r)", 4),
    ("max(exp(p) - 2, cospi(p)) * p", 4),
    ("ln(p + 0.5) + 0.2", 1),
    ("ln(1 + p) - p", 5),
    ("exp(p) - 2", 1),
    ("exp(p) - p - 1", 5),
    ("arctan(2 * p) - 0.5", 1),
    ("erf(p) - 0.3", 1),
    ("arcsinh(p) - 0.4", 1),
    ("abs(p - 0.5)", 2),
    ("abs(p - 0.5) - 0.2", 2),
    ("sqrt(1 + p) - 1.2", 1),
    ("recip(1 + p) - 0.6", 1),
    ("recip(p - 2) + 0.6", 1),
    ("abspow(p - 2, 1.5) - 2", 1),
    ("p * exp(p) - 1", 1),
    ("1 - cospi(p)", 2),
    ("sign(p - 0.5)", 2),
    ("abs(cospi(p)) - 0.5", 2),
    ("tanh(p)^2 - 0.1", 1),
    ("exp(tanh(p)) - exp(0.3)", 1),
    ("max(p, r) - 0.5", 6),
    ("clip(p - 0.5, 0.1)", 4),
    ("exp(-p) - 0.7", 1),
    ("cospi(p + 0.06)^2 - 0.005", 2),
    ("recip(0.03 + p) + 400 * p - 28.5", 2),
    ("exp(max(p, r)) - 1.5", 1),
    ("arctan(1 + p) - 0.9", 1),
]
"""Functions of the step, and the bound that is found."""

UNBOUNDED = [
    "max(p - 0.5, 0)",
    "max(p, 0.5) - 0.5",
    "p - p",
    "min(r, 0.25) - 0.25",
    "clip(p - 0.5, 0.1) - 0.1",
]
"""Functions that are zero for a part of the training."""

OPEN = [
    "tanh(4 * p - 2) - 0.3",
    "ln(2 * p)",
    "sqrt(p) - 0.5",
    "sign(p - 0.5) + p",
    "(p - 0.3)^3 * (r - 0.5)",
    "p^9 - 0.1",
    "cospi(p)^9 + 0.1",
    "abs(p - 0.44) - 0.02",
    "tanh(p - 0.5) - p + 0.5 + 3 * (p - 0.5)^2",
    "arctan(p - 0.5) - p + 0.5 + 3 * (p - 0.5)^2",
    "erf(p - 0.5) - 2 * p + 1 + 3 * (p - 0.5)^2",
    "tanh(p) - p",
    "correction(0.9) - 0.5",
    "p - correction(0.9)",
    "i1e(p) - 0.1",
    "p / (p - 1) + 0.4",
]
"""Functions that are zero at a few steps, of which that is not shown; what is said must hold."""


def _bound(text: str) -> int | None:
    return zeros_of(polynomial(parse(f"none ~ [{text}] g").update.operands[0]))


def _met(text: str, total: int) -> int:
    """Return at how many steps a function is zero, or has another sign than at the step before."""
    ones = ((fmpq(1),),) * total
    rows, _ = values_on(parse(f"none ~ [{text}] g"), History(0, total, ones, ones), fmpq(0))
    values = [v for (v,) in rows if v is not None]
    assert len(values) > total - 3
    return sum(v == 0 for v in values) + sum(a * b < 0 for a, b in pairwise(values))


@pytest.mark.parametrize(("text", "most"), BOUNDED)
def test_a_function_is_zero_at_no_more_steps_than_it_says(text: str, most: int) -> None:
    found = _bound(text)
    assert found is not None
    assert max(_met(text, total) for total in (1, 2, 10, 97)) <= found <= most


@pytest.mark.parametrize("text", UNBOUNDED)
def test_a_function_that_is_zero_for_a_part_of_the_training_has_no_bound(text: str) -> None:
    assert _bound(text) is None
    assert _met(text, 97) > 10


@pytest.mark.parametrize("text", OPEN)
def test_what_is_said_of_a_difficult_function_holds(text: str) -> None:
    found = _bound(text)
    assert found is None or max(_met(text, total) for total in (1, 2, 10, 97)) <= found
