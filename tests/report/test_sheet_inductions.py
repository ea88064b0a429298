"""Bounds by induction over the steps: averages against sums of squares, and averages of what is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from support.sheet_extremes import GROWING, STEPS, bound_of, histories, largest, powers, rule_of
from support.sheet_judge import Array


def last(gradients: Array, times: float) -> Array:
    """Return gradients the last of which is larger."""
    return np.where(np.arange(len(gradients)) == len(gradients) - 1, times, 1.0) * gradients


LATE = np.where(np.arange(1500) < 1250, 1e-300, 1e-10 * 1.5 ** (np.arange(1500.0) - 1250))
"""Nothing, and then gradients each far above those before: all of LaProp's quotients are at their largest."""


@pytest.mark.parametrize(
    ("name", "settings", "gradients", "least"),
    [
        # The gradient of now counts 0.19 and the one before 0.081, against 0.01 and 0.0099.
        ("NadamOptax", {"beta2": "0.99"}, last(powers(GROWING, STEPS), 0.19 / 0.09), 0.98),
        ("NadamKeras", {"beta2": "0.99"}, last(powers(GROWING, STEPS), 0.19 / 0.09), 0.98),
        ("QHAdam", {"beta2": "0.99"}, powers(GROWING, STEPS), 0.98),
        ("QHAdamW", {"beta2": "0.99", "nu1": "0.7", "nu2": "0.9"}, last(powers(GROWING, STEPS), 0.52), 0.98),
        # Large gradients alone: what the small ones can add is beyond them.
        ("YogiOptax", {}, powers(1 / 0.9, 150), 0.3),
        ("YogiPO", {"beta2": "0.99"}, powers(1 / 0.9, 400), 0.66),
        ("LaProp", {"beta2": "0.99"}, LATE, 0.7),
        ("LaPropAMS", {"beta2": "0.99"}, LATE, 0.7),
    ],
)
def test_bounds_by_induction_are_nearly_reached(
    name: str, settings: dict[str, str], gradients: Array, least: float
) -> None:
    rule = rule_of(name, **settings)
    most = bound_of(rule)
    assert most is not None
    reached = largest(rule, [gradients])
    assert least * most <= reached <= most, (reached, most)
    assert largest(rule, histories()) <= most


@pytest.mark.parametrize(
    ("body", "move", "most"),
    [
        # sqrt((0.7 * 0.9)^2 K / (0.9 * 0.99) + 0.37^2 / 0.109), K = (0.1^2 / 0.01) / (1 - 0.9^2 / 0.99).
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*g^2", "(0.7*m + 0.3*g) / sqrt(0.9*s + 0.1*g^2)", 1.92509),
        # Adagrad's sum never forgets: c = q = 1 and K = 0.1^2 / (1 - 0.9^2).
        ("m <- 0.9*m + 0.1*g; s <- s + g^2", "m / sqrt(s)", 0.22942),
        ("m <- 0.9*m + 0.1*g; s <- s + g*g + w^2", "m / (2 * sqrt(s) + 1)", 0.11471),
        # The squares are forgotten sooner than what they bound, or as soon.
        ("m <- 0.99*m + 0.01*g; s <- 0.9*s + 0.1*g^2", "(m + g) / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.81*s + 0.19*g^2", "(m + g) / sqrt(s)", None),
        # The sum is not at least what it is of the squares, or begins below 0, or the average above it.
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*g^2 - w^2", "(m + g) / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*g^2", "(m + g) / sqrt(s - 1)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*(g - m)^2", "(m + g) / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*w^2", "(m + g) / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*g^2", "(m + w) / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + 0.01*g^2", "(m + g + 1) / sqrt(s)", None),
        ("m <- 0.9*m + (t + 1)*g; s <- 0.99*s + 0.01*g^2", "m / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- 0.99*s + g^2/(t + 1)", "(m + g) / sqrt(s)", None),
        # Yogi's sum, and what is not it: more than all of s, the other sign, the sign of something else.
        ("m <- 0.5*m + 0.5*g; s <- s - 0.25*sign(s - g^2)*g^2", "m / sqrt(s)", 2.59077),
        ("m <- 0.5*m + 0.5*g; s <- s + g^2*0.25*sign(g^2 - s)", "m / sqrt(s)", 2.59077),
        ("m <- 0.9*m + 0.1*g; s <- s - 1.5*sign(s - g^2)*g^2", "m / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- s + 0.1*sign(s - g^2)*g^2", "m / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- s - 0.1*sign(s - w^2)*g^2", "m / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- s - 0.1*sign(s - g^2)*w^2", "m / sqrt(s)", None),
        ("m <- 0.9*m + 0.1*g; s <- s - 0.5*sign(s - g^2)*g^2", "m / sqrt(s)", None),
        # Numbers whose quotients binary64 does not hold.
        ("m <- 0.9*m + 1e300*g; s <- 0.99*s + 1e-300*g^2", "(m + g) / sqrt(s)", None),
        # Averages of what is bounded; of what is not, and with weights that do not end.
        ("m <- 0.5*m + 3*tanh(g); s <- 0.5*s", "m", 6.0),
        ("m <- 0.5*m + g/sqrt(g^2 + s); s <- 0.99*s + w^2", "m", 2.0),
        ("m <- 0.5*m + g/abs(w); s <- 0.5*s", "m", None),
        ("m <- m + tanh(g); s <- 0.5*s", "m", None),
    ],
)
def test_inequalities_hold_where_they_are_used(body: str, move: str, most: float | None) -> None:
    rule = rule_of(f"{{ state m, s; {body}; w <- w - lr*({move}) }}")
    found = bound_of(rule)
    assert found == (most if most is None else pytest.approx(most, rel=1e-4))
    if found is not None:
        assert largest(rule, histories()) <= found


@pytest.mark.parametrize(
    ("weights", "rate", "bounded"),
    [
        ("n <- 0.9*n + 0.1*lr", "where(lr == 0, 1, lr / n)", True),
        ("n <- 0.9*n + 0.1*lr", "lr / n", True),
        ("n <- 0.8*n + 0.1*lr", "lr / n", False),
        ("n <- 0.9*n + 0.1*momentum", "lr / n", False),
        ("n <- 0.9*n + 0.1*lr", "where(lr > 1, lr / n, 1)", False),
        ("n <- 0.9*n - 0.1*lr", "lr / n", False),
    ],
)
def test_averages_that_the_rates_weigh(weights: str, rate: str, bounded: bool) -> None:
    found = bound_of(
        rule_of(f"{{ state m, n: step; {weights}; m <- 0.9*m + 0.1*lr*(2*tanh(g)); w <- w - {rate} * m }}")
    )
    assert found == (pytest.approx(2.0, rel=1e-6) if bounded else None)
