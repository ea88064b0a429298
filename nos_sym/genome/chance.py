"""Random choices from an explicit generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")


def choose(rng: np.random.Generator, items: Sequence[_T], excluded: Sequence[object] = ()) -> _T:
    """Return one of ``items`` at random, other than those ``excluded``; there must be one."""
    if excluded:
        items = [item for item in items if item not in excluded]
    return items[int(rng.integers(len(items)))]


def draw_index(rng: np.random.Generator, weights: Sequence[float]) -> int:
    """Return an index with probabilities proportional to ``weights``, whose sum is positive."""
    point = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    # Rounding of the sum may leave the point at its end.
    return max(index for index, weight in enumerate(weights) if weight > 0)
