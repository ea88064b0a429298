"""What the checker takes for shown without a citation: signs, zeros, bounds, and on how many steps."""

from __future__ import annotations

import pytest

from nos_sym.proof.errors import Refused
from nos_sym.proof.reader import expression
from nos_sym.proof.shown import at_least_zero, at_most_one, never_zero
from nos_sym.proof.steps import vanishing_steps
from nos_sym.proof.zeros import exact, roots

NEVER_ZERO = [
    "2",
    "exp(g)",
    "exp(g) + exp(w)",
    "exp(g) + w^2",
    "1 + g * g",
    "tanh(exp(g))",
    "sign(exp(g))",
    "exp(g) * exp(w)",
    "exp(g) / (1 + w^2)",
    "abspow(exp(g), w)",
    "abspow(1 + g^2, -0.5)",
    "rdiv(2, w)",
    "max(exp(g), w^2 + 1)",
    "min(exp(g), 1 + abs(w))",
    "a1",
    "a14",
    "a1 + a2",
    "a1 * a9",
    "tanh(g) - 2",
    "-exp(g)",
    "a2 - 1.5",
    "2 - cospi(p)",
    "max(-exp(g), -1 - w^2)",
    "min(exp(g), -1)",
    "1.2 - a2 - a2 * a1",
    "a2 + a2 * a1 - 1.2",
]
MAYBE_ZERO = [
    "0",
    "g",
    "g^2",
    "exp(g) + w",
    "g^2 + w^2",
    "tanh(g)",
    "exp(g) * w",
    "g / exp(w)",
    "exp(w) / g",
    "abspow(g, w)",
    "abspow(g, 2)",
    "rdiv(g, 2)",
    "max(exp(g), w)",
    "min(exp(g), abs(w))",
    "drop(exp(g), 0.5)",
    "1 - exp(-(g^2))",
    "a2",
    "a13",
    "a5",
    "a6",
    "a10",
    "a12",
    "a2 - 0.5",
    "cospi(p)",
    "remaining",
    "a2 - a10",
    "1 - tanh(g) * w",
    "ln(exp(g))",
    "exp(g) - exp(w)",
    "1 + cospi(g)",
    "erfc(g) - 1",
    "delta(exp(g))",
    "sign(g) + 1",
]


@pytest.mark.parametrize("text", NEVER_ZERO)
def test_what_is_never_zero(text: str) -> None:
    assert never_zero(expression(text))
    assert roots(expression(text)) == ()


@pytest.mark.parametrize("text", MAYBE_ZERO)
def test_what_may_be_zero(text: str) -> None:
    assert not never_zero(expression(text))


NEVER_NEGATIVE = [
    "g * g",
    "g^2",
    "abs(g)",
    "exp(g)",
    "a1 * a2",
    "max(g, 0)",
    "running_max(g)",
    "ema(g^2, 0.9)",
    "ema_hat(g^2, 0.9)",
    "drop(g^2, 0.5)",
    "sqrt(g)",
    "abspow(g, w)",
    "recip(abs(g))",
    "g^2 / (1 + w^2)",
    "1 - tanh(g)",
    "2 - erfc(g)",
    "ln(1 + g^2)",
    "sigmoid(g)",
    "1 + cospi(g)",
    "cospi(p / 2)",
    "0.25 - dsig(g)",
    "wmean(g^2, abs(w), 0.9)",
    "tanh(g^2)",
    "clip(abs(g), w)",
    "i1e(abs(g))",
    "1 - p",
    "1 - r - 0.0",
    "clip_norm(g^2)",
    "softsign(g^2)",
    "min(g^2, 1)",
]
MAYBE_NEGATIVE = [
    "g",
    "-1",
    "g * w",
    "g^3",
    "g * abs(w)",
    "ema(g, 0.9)",
    "ema_hat(g, 0.9)",
    "delta(g^2)",
    "a2 - 0.5",
    "cospi(p)",
    "cospi(g)",
    "recip(g)",
    "g^2 / w",
    "max(g, -1)",
    "min(g, 1)",
    "ln(g)",
    "ln(g^2)",
    "ln(0.5 + g^2)",
    "tanh(g) + 0.5",
    "drop(g, 0.5)",
    "wmean(g^2, w, 0.9)",
    "clip(g, w)",
    "i1e(g)",
    "sign(g)",
    "1 - erfc(g)",
    "0.2 - i1e(g)",
    "1 - i1e(g) * 5",
    "0.24 - dsig(g)",
    "0.5 - r",
    "remaining - 0.5",
    "clip_norm(g)",
    "rdiv(g, w)",
    "exp(g) - 1",
    "running_max(g) - 1",
]


@pytest.mark.parametrize("text", NEVER_NEGATIVE)
def test_what_is_never_negative(text: str) -> None:
    assert at_least_zero(expression(text))


@pytest.mark.parametrize("text", MAYBE_NEGATIVE)
def test_what_may_be_negative(text: str) -> None:
    assert not at_least_zero(expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "tanh(g)",
        "sign(g)",
        "exp(-(g^2))",
        "i1e(g)",
        "clip(g, 1)",
        "cospi(g)",
        "a3",
        "-softsign(g)",
        "clip(g, p)",
    ],
)
def test_what_is_at_most_one(text: str) -> None:
    assert at_most_one(expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "g",
        "2 * tanh(g)",
        "2 * a2",
        "exp(g)",
        "clip(g, 2)",
        "clip(g, w)",
        "erfc(g)",
        "tanh(g) - 1",
        "1 + a2",
        "-exp(g)",
        "-2",
    ],
)
def test_what_may_be_larger_than_one(text: str) -> None:
    assert not at_most_one(expression(text))


ROOTS = [
    ("g * w", ["g", "w"]),
    ("g / w", ["g", "w"]),
    ("exp(g) * w", ["w"]),
    ("g^2 + g * w", ["g", "g + w"]),
    ("g - 2 * g", ["g"]),
    ("g^3 * w + g^2 * w^2", ["g", "w", "g + w"]),
    ("g / w - g / w^2", ["g", "w", "1 - recip(w)"]),
    ("-tanh(g)", ["g"]),
    ("sqrt(g^2 + w)", ["g^2 + w"]),
    ("clip(g, w)", ["g", "w"]),
    ("abspow(g, 0.5)", ["g"]),
    ("abspow(g, -2 + 1)", ["g"]),
    ("abspow(g, 2 - 2)", []),
    ("-(g * w) + g^2", ["g", "-w + g"]),
    ("g^2 * w * tanh(g) + g * w", ["g", "w", "g * tanh(g) + 1"]),
    ("abspow(g, w)", ["abspow(g, w)"]),
    ("ema_hat(g, 0.9)", ["ema(g, 0.9)"]),
    ("ema(g, 0.9)", ["ema(g, 0.9)"]),
    ("clip_norm(g * w)", ["g", "w"]),
    ("rdiv(g, w)", ["g"]),
    ("drop(g, 0.5)", ["g"]),
    ("g + w", ["g + w"]),
    ("max(g, w)", ["max(g, w)"]),
    ("running_max(g)", ["running_max(g)"]),
    ("delta(g)", ["delta(g)"]),
]


@pytest.mark.parametrize(("text", "expected"), ROOTS)
def test_where_an_expression_is_zero(text: str, expected: list[str]) -> None:
    found = roots(expression(text))
    assert set(found) == {expression(t) for t in expected}


STEPS = [
    ("a1", 0),
    ("a2", 1),
    ("a2 * a10", 3),
    ("a2^2 * a2", 1),
    ("recip(a2)", 1),
    ("a2 / (1 + a2)", 1),
    ("a2 + a10", 1),
    ("min(a2, a10)", 3),
    ("max(a2, a10)", 1),
    ("1 - cospi(p)", 1),
    ("max(a2 - 0.5, 0) + a10", 2),
    ("2 * a2", 1),
    ("a5", 1),
    ("a13", 1),
    ("-a8", 2),
    ("3", 0),
    ("max(a10, max(a2 - 0.5, 0))", 2),
    ("a1 - 1", 1),
]


@pytest.mark.parametrize(("text", "most"), STEPS)
def test_on_how_many_steps_a_factor_vanishes(text: str, most: int) -> None:
    assert vanishing_steps(expression(text)) == most


@pytest.mark.parametrize(
    "text",
    [
        "max(a2 - 0.5, 0)",
        "a2 - 0.5",
        "min(a2, max(a2 - 0.5, 0))",
        "max(a2 - 0.5, a10 - 1)",
        "cospi(p)",
        "g",
        "0",
        "min(a2 - 0.5, a10)",
        "a2 + (a10 - 0.5)",
        "max(a2 - 0.5, 0) * a10",
        "a2 - a10",
        "a2 - a2",
        "max(max(a2 - 0.5, 0), max(a10 - 0.5, 0))",
        # Never zero, and no function of the step.
        "exp(g)",
        "1 + w^2",
    ],
)
def test_a_factor_that_may_vanish_on_many_steps_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        vanishing_steps(expression(text))


def test_numbers_are_exact() -> None:
    assert exact(expression("1 / 4 - 0.25")) == 0
    assert exact(expression("exp(0)")) is None
    assert exact(expression("exp(0) + 1")) is None
