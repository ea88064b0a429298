"""Families of optimizers in a tree: near ones are joined first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CLOSEST, FARTHEST = 1e-9, 1.0
"""Distances between which the tree is drawn; what is nearer or farther stands at its ends."""

Distances = Mapping[str, Mapping[str, tuple[float, "int | None"]]]


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of families.

    Attributes:
        leaves: the names of each family.
        merges: in the order in which they happen, two numbers of what is joined and the distance: leaves are
            counted from 0, and the k-th merge makes the number ``len(leaves) + k``.
    """

    leaves: tuple[tuple[str, ...], ...] = ()
    merges: tuple[tuple[int, int, float], ...] = ()

    def order(self) -> list[int]:
        """Return the leaves from above to below, so that no lines cross."""
        shown: dict[int, list[int]] = {number: [number] for number in range(len(self.leaves))}
        for k, (a, b, _) in enumerate(self.merges):
            shown[len(self.leaves) + k] = [*shown.pop(a), *shown.pop(b)]
        return [leaf for group in shown.values() for leaf in group]


def tree_of(families: Sequence[Sequence[str]], distances: Distances) -> Tree:
    """Return the tree of families by average linkage over the logarithm of their distances.

    Args:
        families: classes of equal optimizers; of each the first that has a distance stands for all.
        distances: of names to others. A family without one is left out.
    """
    shown = [(tuple(family), name) for family in families for name in [_measured(family, distances)] if name]
    if len(shown) < 2:
        return Tree(tuple(family for family, _ in shown))
    from scipy.cluster.hierarchy import linkage

    rows = []
    for index, (_, name) in enumerate(shown):
        for _, other in shown[index + 1 :]:
            rows.append(_height(distances[name][other][0]))
    merges = linkage(np.array(rows), method="average")
    return Tree(
        tuple(family for family, _ in shown),
        tuple((int(a), int(b), float(f"{CLOSEST * 10**height:.3g}")) for a, b, height, _ in merges),
    )


def _measured(family: Sequence[str], distances: Distances) -> str:
    return next((name for name in family if name in distances), "")


def _height(distance: float) -> float:
    return math.log10(min(max(distance, CLOSEST), FARTHEST) / CLOSEST)
