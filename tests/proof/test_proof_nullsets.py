"""What cuts the histories on which an expression is looked at: a wrong line makes a false assumption."""

from __future__ import annotations

import pytest

from nos_sym.proof.nullsets import null_zeros
from nos_sym.proof.reader import expression

CUTS = [
    "g",
    "w",
    "g + w",
    "g - w",
    "w - g + 1",
    "-g - w",
    "-g + w",
    "id(g) - w",
    "3 * g - w",
    "w - g * 3",
    "[2] g - w",
    "g / 4 - w",
    "wmean(g, w, 0.9)",
    "wmean(g, w, 0.1) + 1",
]
"""Affine functions."""

NO_LINES = [
    "g * w + 1",
    "w * g + 1",
    "g^2 + w",
    "g^2 - 1",
    "tanh(g) + w",
    "max(g, 2) - w",
    "g / (w + 1) + 1",
    "w / (g + 1) + 1",
    "w + g / 0",
    "g + [p] w",
    "wmean(g, w, p)",
    "4 + 2 / g",
    "exp(g) - 1",
]
"""Functions whose zeros are no line, or none that is found."""

HALF_PI = "2 * arctan(1)"


@pytest.mark.parametrize("sign", "+-")
@pytest.mark.parametrize("x", CUTS + NO_LINES)
def test_zero_on_one_side_of_a_cut_is_no_null_set(x: str, sign: str) -> None:
    """``arctan(1/x) + arctan(x)`` is pi/2 for positive x and -pi/2 for negative x."""
    assert not null_zeros(expression(f"arctan(1 / ({x})) + arctan({x}) {sign} {HALF_PI}"))


@pytest.mark.parametrize("x", CUTS)
def test_nonzero_on_both_sides_of_a_cut_is_seen(x: str) -> None:
    assert null_zeros(expression(f"arctan(1 / ({x})) + arctan({x}) - 1"))


@pytest.mark.parametrize(
    "text",
    [
        # Zero on a part that the other bends of a clip cut off.
        "clip(g, w) - g",
        "clip(g, w) - w",
        "clip(g, w) + w",
        # At the second step, of gradients that are all positive: each of them is cut.
        f"ema(arctan(1 / g), 0.9) + ema(arctan(g), 0.9) - [correction(0.9)] {HALF_PI}"
        " + [correction(0.9) - 0.19] g",
        "[a2] g",
        "g * (a1 - 0.5)",
        "[a2 - 0.5] g",
        "drop(g, 0.5)",
        "max(g, w) - g",
        "running_max(g)",
        "norm2(g) - 1",
        "0",
        "a2",
    ],
)
def test_what_is_zero_on_more_is_refused(text: str) -> None:
    assert not null_zeros(expression(text))


@pytest.mark.parametrize(
    "text",
    [
        "g",
        "w + abs([a2] g)",
        "w + recip(0)",
        "max(g, w) - 1",
        "clip(g, w) - 1",
        "ema(g, 0.9) - w",
        "1 / ema(g^2, 0.9) - w",
        "sqrt(ema(g^2, 0.9)) - w",
        "ema(g^2, 0.9)",
        "running_max(g^2)",
        "delta(g) + w",
        "[a1] g - w",
        "ema_hat(g, 0.9) + 2 * g",
        "g * w * (g - w)",
    ],
)
def test_what_is_zero_on_a_null_set_alone(text: str) -> None:
    assert null_zeros(expression(text))
