"""Statistics of repeated trainings: intervals of means, a paired test, and its correction for many tests.

Everything here is arithmetic on fitness values; nothing knows of optimizers or stores.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.05
"""Probability with which a claim may be made that does not hold, of all the claims of a family together."""

MOST_EXACT = 16
"""Number of pairs up to which all assignments of signs are tried: 65,536 of them."""

_DRAWS = 100_000
_SEED = 20240907
_TIES = 1e-9
"""Relative; sums of the same differences in another order differ by rounding."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval.

    Attributes:
        mean: of the values.
        low: lower end; ``None`` of a single value.
        high: upper end; ``None`` of a single value.
    """

    mean: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the mean of values with Student's interval, ``mean -+ t(n - 1) s / sqrt(n)``.

    Repeats of a training are few, five to ten. A bootstrap of so few values is too narrow, by the factor
    ``sqrt((n - 1) / n)`` and by the tails that it cannot know; Student's interval has the stated coverage
    where the mean is about normal, and errs to the wide side for the short tails of accuracies.

    Source: Student 1908, *The probable error of a mean*.

    Args:
        values: one or more numbers.
        confidence: probability that the interval has the mean.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("a mean needs a value")
    mean = statistics.fmean(values)
    if len(values) == 1:
        return Interval(mean, None, None)
    from scipy.stats import t

    deviation = statistics.stdev(values) / math.sqrt(len(values))
    reach = float(t.ppf((1 + confidence) / 2, len(values) - 1)) * deviation
    return Interval(mean, mean - reach, mean + reach)


def sign_flip_test(differences: Sequence[float]) -> float:
    """Return the p-value of the hypothesis that paired differences are symmetric around zero or below it.

    It is the share of assignments of signs whose sum is at least the observed one: exact, whatever the
    distribution, where the signs are exchangeable, as they are of two optimizers that train equally well on
    the same seeds. One-sided, because the claim is: better. Up to :data:`MOST_EXACT` pairs all ``2^n``
    assignments are tried; of more, 100,000 random ones, the observed one added, which keeps the test valid.

    Source: Fisher 1935, *The design of experiments*, Section 21; random ones Phipson and Smyth 2010.

    Args:
        differences: of one pair each; positive where the claim is right.

    Raises:
        ValueError: there is no difference, or one that is not finite.
    """
    values = np.asarray(differences, dtype=np.float64)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("a test needs finite differences")
    observed = float(values.sum())
    least = observed - _TIES * float(np.abs(values).sum())
    if len(values) <= MOST_EXACT:
        sums = np.zeros(1)
        for value in values:
            sums = np.concatenate([sums + value, sums - value])
        return float((sums >= least).mean())
    rng, sums = np.random.default_rng(_SEED), np.zeros(_DRAWS)
    for value in values:
        sums += np.where(rng.random(_DRAWS) < 0.5, value, -value)
    return float((np.count_nonzero(sums >= least) + 1) / (_DRAWS + 1))


def smallest_p(pairs: int) -> float:
    """Return the smallest p-value that :func:`sign_flip_test` can have for a number of pairs."""
    return 0.5**pairs if pairs <= MOST_EXACT else 1 / (_DRAWS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of a family, corrected so that all its claims together err at most at the level.

    The i-th smallest of k is multiplied by ``k - i + 1``, and none is below one before it.

    Source: Holm 1979, *A simple sequentially rejective multiple test procedure*.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    factors = (p_values[index] * (len(p_values) - rank) for rank, index in enumerate(order))
    adjusted = [0.0] * len(p_values)
    for index, value in zip(order, itertools.accumulate(factors, max), strict=True):
        adjusted[index] = min(1.0, value)
    return adjusted


def enough_pairs(tests: int, level: float = LEVEL) -> int:
    """Return the number of pairs from which on one of several corrected tests can reach a level."""
    pairs = 1
    while tests * smallest_p(pairs) > level and pairs <= MOST_EXACT:
        pairs += 1
    return pairs
