"""Bounds of updates: none is passed, those by one inequality are nearly reached; what has none says none."""

from __future__ import annotations

import pytest
from support.sheet_extremes import GROWING, STEPS, bound_of, histories, largest, powers, rule_of
from support.sheet_judge import Array


@pytest.mark.parametrize(
    ("name", "gradients", "least"),
    [
        ("AMSGradOptax", powers(GROWING, STEPS), 0.96),
        ("Grams", powers(GROWING, STEPS), 0.96),
        ("AdamaxTorch", powers(0.999, 200), 0.99),
        ("AdamaxKeras", powers(0.999, 200), 0.99),
        ("AdamaxOptax", powers(0.999, 200), 0.99),
        ("AdaMaxPO", powers(0.999, 200), 0.99),
        # Friction is nearly 1 where a gradient is far from the one before.
        ("DiffGrad", powers(GROWING, STEPS), 0.96),
    ],
)
def test_a_bound_by_one_inequality_is_nearly_reached(name: str, gradients: Array, least: float) -> None:
    rule = rule_of(name, beta2="0.99") if "ada" not in name.lower() else rule_of(name)
    most = bound_of(rule)
    assert most is not None
    assert least * most <= largest(rule, [gradients]) <= most


NEW = (
    "AMSGradUncorrectedMeanOptax",
    "NadamOptax",
    "NAdamTorch",
    "NadamKeras",
    "DiffGrad",
    "AdaMaxW",
    "Grams",
)


@pytest.mark.parametrize("name", NEW)
def test_no_history_passes_the_bound(name: str) -> None:
    rule = rule_of(name)
    most = bound_of(rule)
    assert most is not None
    assert largest(rule, histories()) <= most * (1 + 1e-9)


@pytest.mark.parametrize(
    "name", ["AdaBelief", "AdaBeliefOptax", "RMSPropCenteredTorch", "AdEMAMixOptax", "AdadeltaTorch", "PAdam"]
)
def test_what_is_not_bounded_has_no_line(name: str) -> None:
    assert bound_of(rule_of(name)) is None


@pytest.mark.parametrize(
    ("text", "most"),
    [
        # The maximum forgets sooner than the average: gradients that shrink pass every bound.
        ("{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.8*u, abs(g)); w <- w - lr*m/u }", None),
        ("{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.9*u, abs(g)); w <- w - lr*m/u }", None),
        ("{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.99*u, abs(w)); w <- w - lr*m/u }", None),
        ("{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.99*u, abs(g) - 1); w <- w - lr*m/u }", None),
        ("{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.99*u, abs(g)); w <- w - lr*m/(u - 1) }", None),
        ("{ state m = g, u; m <- 0.9*m + 0.1*g; u <- max(0.99*u, abs(g)); w <- w - lr*(m + w)/u }", None),
        ("{ state m, u; m <- 0.5*m + 0.5*g; u <- max(u, abs(g) + 1); w <- w - lr*m/(u + 1) }", 1.0),
        ("{ state m, u; m <- 0.5*m + 0.5*g; u <- max(0.75*u, abs(g)); w <- w - lr*3*m/u }", 4.5),
    ],
)
def test_averages_over_maxima(text: str, most: float | None) -> None:
    found = bound_of(rule_of(text))
    assert found == (most if most is None else pytest.approx(most, rel=1e-6))
    if found is not None:
        assert largest(rule_of(text), histories()) <= found


@pytest.mark.parametrize(
    ("text", "bounded"),
    [
        ("none ~ tanh(w) * v_hat / (sqrt(s_hat) + 1e-8)", True),
        ("none ~ (g + w) / (abs(g) + 1)", False),
        ("none ~ (v_hat + g) / (sqrt(s_hat) + 1e-8)", True),
        ("none ~ (v_hat + w) / (sqrt(s_hat) + 1e-8)", False),
        ("none ~ g * v_hat / (sqrt(s_hat) + 1e-8)", False),
    ],
)
def test_parts_of_a_quotient(text: str, bounded: bool) -> None:
    most = bound_of(rule_of(text))
    assert (most is not None) == bounded
    if most is not None:
        assert largest(rule_of(text), histories()) <= most
