"""Bounds of updates: none is passed, those by one inequality are nearly reached; what has none says none."""

from __future__ import annotations

import numpy as np
import pytest
from support.sheet_judge import RATE, Array, changes

import nos_sym
from nos_sym import catalog
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.sheet.bound import bound
from nos_sym.report.sheet.subject import Subject

SHAPE = (1, 1)
GROWING = 0.999 / 0.9
"""Cauchy and Schwarz: gradients in proportion to a_i / b_i, those of the steps that count more for m."""


def rule_of(text: str) -> Rule | Block:
    rule = catalog.entry(text) if text.isidentifier() else nos_sym.parse(text)
    assert not isinstance(rule, Schedule)
    return rule


def bound_of(text: str) -> float | None:
    with fresh_workspace():
        lines = bound(Subject(rule_of(text)))
    return max(-lines[0].data["low"], lines[0].data["high"]) if lines else None


def largest(text: str, gradients: Array) -> float:
    """Return the largest step over the rate, of a weight that is 0."""
    with np.errstate(all="ignore"):
        return float(np.abs(changes(rule_of(text), gradients, np.zeros_like(gradients))).max()) / RATE


def powers(base: float, steps: int) -> Array:
    """Return gradients that grow or shrink from step to step, the largest of them 1."""
    t = np.arange(steps) - (steps - 1 if base > 1 else 0)
    return 1e4 * base ** t.reshape(-1, 1, 1) * np.ones((steps, *SHAPE))


@pytest.mark.parametrize(
    ("name", "gradients", "least"),
    [
        ("AMSGradOptax", powers(GROWING, 3000), 0.96),
        ("Grams", powers(GROWING, 3000), 0.96),
        ("AdamaxTorch", powers(0.999, 200), 0.99),
        ("AdamaxKeras", powers(0.999, 200), 0.99),
        ("AdamaxOptax", powers(0.999, 200), 0.99),
        ("AdaMaxPO", powers(0.999, 200), 0.99),
        # Friction is nearly 1 where a gradient is far from the one before.
        ("DiffGrad", powers(GROWING, 3000), 0.96),
    ],
)
def test_a_bound_by_one_inequality_is_nearly_reached(name: str, gradients: Array, least: float) -> None:
    most = bound_of(name)
    assert most is not None
    assert least * most <= largest(name, gradients) <= most


def histories(steps: int = 80) -> list[Array]:
    rng = np.random.default_rng(7)
    t = np.arange(steps).reshape(-1, 1, 1)
    ones = np.ones((steps, *SHAPE))
    found = [powers(base, steps) for base in (GROWING, 1.3, 3.0, 0.999, 0.9, 0.5)]
    found += [ones, np.where(t % 2, 1.0, -1.0) * ones, np.where(t % 11, 0.0, 1.0) * ones]
    found += [np.where(t == k, 1e6, 1e-6) * ones for k in (0, 1, steps // 2, steps - 1)]
    found += [np.where(t < steps // 2, 1.0, -1.0) * powers(GROWING, steps)]
    found += [1e3 * np.exp(3 * rng.normal(size=(steps, *SHAPE))) * rng.choice([-1, 1], size=(steps, *SHAPE))]
    return found


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
    most = bound_of(name)
    assert most is not None
    assert max(largest(name, gradients) for gradients in histories()) <= most * (1 + 1e-9)


@pytest.mark.parametrize(
    "name", ["AdaBelief", "AdaBeliefOptax", "RMSPropCenteredTorch", "AdEMAMixOptax", "AdadeltaTorch", "PAdam"]
)
def test_what_is_not_bounded_has_no_line(name: str) -> None:
    assert bound_of(name) is None


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
    found = bound_of(text)
    assert found == (most if most is None else pytest.approx(most, rel=1e-6))
    if found is not None:
        assert max(largest(text, gradients) for gradients in histories()) <= found


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
    most = bound_of(text)
    assert (most is not None) == bounded
    if most is not None:
        assert max(largest(text, gradients) for gradients in histories()) <= most
