"""Histories of gradients that make steps large, and the largest step that they make."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import nos_sym
from nos_sym import catalog
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.sheet.bound import bound
from nos_sym.report.sheet.subject import Subject
from support.sheet_judge import RATE, Array, changes

STEPS = 400
"""Of a beta2 of 0.99, which has 300 steps to forget what came before; 0.999 would need 3,000."""

GROWING = 0.99 / 0.9
"""Cauchy and Schwarz: gradients in proportion to a_i / b_i, those of the steps that count more for m."""


def rule_of(text: str, **settings: str) -> Rule | Block:
    """Return an entry of the catalog with some settings, or the rule of a text."""
    if not text.isidentifier():
        rule = nos_sym.parse(text)
    else:
        rule = catalog.entry(text)
        if settings and not isinstance(rule, Schedule):
            rule = rule.with_settings(**settings)
    assert not isinstance(rule, Schedule)
    return rule


def bound_of(rule: Rule | Block) -> float | None:
    """Return the bound that the sheet of a rule has."""
    with fresh_workspace():
        lines = bound(Subject(rule))
    return max(-lines[0].data["low"], lines[0].data["high"]) if lines else None


def largest(rule: Rule | Block, histories: Iterable[Array]) -> float:
    """Return the largest step over the rate, of a weight that is 0 and has one of the histories."""
    gradients = np.stack(list(histories), axis=-1)[:, None, :]
    with np.errstate(all="ignore"):
        moved = np.abs(changes(rule, gradients, np.zeros_like(gradients)))
    return float(np.nanmax(moved)) / RATE


def powers(base: float, steps: int) -> Array:
    """Return gradients that grow or shrink from step to step, the largest of them 1e4."""
    t = np.arange(steps) - (steps - 1 if base > 1 else 0)
    return 1e4 * base ** t.astype(float)


def histories(steps: int = 80) -> list[Array]:
    """Return gradients that grow, shrink, alternate, stop, jump and are drawn at random."""
    rng = np.random.default_rng(7)
    t, ones = np.arange(steps), np.ones(steps)
    found = [powers(base, steps) for base in (GROWING, 0.999 / 0.9, 1.3, 3.0, 0.999, 0.9, 0.5)]
    found += [ones, np.where(t % 2, 1.0, -1.0), np.where(t % 11, 0.0, 1.0), 1e-12 * ones]
    found += [np.where(t == k, 1e6, 1e-6) for k in (0, 1, steps // 2, steps - 1)]
    found += [np.where(t < steps // 2, 1.0, -1.0) * powers(GROWING, steps)]
    found += [1e3 * np.exp(3 * rng.normal(size=steps)) * rng.choice([-1, 1], size=steps)]
    return found
