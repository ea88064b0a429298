"""Bounds of magnitudes, and suprema over the steps of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

STEPS = 20_000
"""Steps whose ratios are computed one by one; beyond, the limit of the sum bounds them."""

SLACK = 1 + 1e-9
"""What rounding may add to a ratio that is computed in binary64."""


@dataclass(frozen=True, slots=True)
class Most:
    """A bound of a magnitude.

    Attributes:
        value: the bound.
        by: the inequality, in words.
    """

    value: float
    by: str


def supremum(scale: float, ratio: float, exponent: float, corrections: Mapping[Fraction, Fraction]) -> float:
    """Return at least ``(scale (1 + ratio + ... + ratio^t))^exponent prod (1 - beta^(t + 1))^q`` for all t.

    Args:
        scale, ratio: not negative, the ratio below 1.
        exponent: above 0.
        corrections: the q of each beta.
    """
    largest, total, power = 0.0, 0.0, 1.0
    for t in range(STEPS):
        total += power
        power *= ratio
        largest = max(largest, math.pow(scale * total, exponent) * _factor(corrections, t))
    beyond = math.pow(scale / (1 - ratio), exponent)
    for beta, q in corrections.items():
        beyond *= max(1.0, (1 - float(beta) ** (STEPS + 1)) ** float(q))
    return max(largest, beyond)


def _factor(corrections: Mapping[Fraction, Fraction], t: int) -> float:
    found = 1.0
    for beta, q in corrections.items():
        found *= math.pow(1 - float(beta) ** (t + 1), float(q))
    return found
