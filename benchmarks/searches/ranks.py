"""How well one measure ranks optimizers as another does, with intervals of the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import kendalltau, spearmanr

SAMPLES = 2000
BEST = 10

Interval = tuple[float, float, float]
"""A value, and where 95 % of bootstrap samples lie."""


class Ranks(NamedTuple):
    """What a cheaper measure keeps.

    Attributes:
        spearman: rank correlation, mean ranks for ties.
        kendall: tau-b.
        best_kept: how many of the best by the first measure are among as many of the second.
        best: how many these are.
        mean_change: mean of the second measure less that of the first.
    """

    spearman: Interval
    kendall: Interval
    best_kept: int
    best: int
    mean_change: float


def compare(one: Sequence[float], other: Sequence[float]) -> Ranks:
    """Return how a measure of some optimizers ranks them as another measure does."""
    x, y = np.asarray(one), np.asarray(other)
    top = [set(np.argsort(-scores, kind="stable")[:BEST].tolist()) for scores in (x, y)]
    change = float(y.mean() - x.mean())
    return Ranks(_interval(spearmanr, x, y), _interval(kendalltau, x, y), len(top[0] & top[1]), BEST, change)


def _interval(measure: Callable[..., Any], x: Any, y: Any) -> Interval:
    """Return a measure and its interval, of samples of pairs with replacement."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(SAMPLES):
        chosen = rng.integers(0, len(x), len(x))
        # Samples in which all are the same have no correlation.
        if len(set(x[chosen])) > 1 and len(set(y[chosen])) > 1:
            found.append(float(measure(x[chosen], y[chosen]).statistic))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(measure(x, y).statistic), float(low), float(high)
