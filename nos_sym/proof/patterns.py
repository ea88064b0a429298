"""Whether every pattern of signs that can occur has been met.

Each world flips coins: the signs of values that are independent of those before. Signs are
multiplicative, so that values that are never zero have patterns that are an affine space over the field
of two elements: of rank r there are 2^r, and drawing goes on until all of them have been seen. Where this
does not hold, as a value is zero or another one with some signs of others, the worlds are parted by the
first sign that varies, and each part is looked at by itself. No world is left out before its signs are
noted: what is left out could hide a pattern.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

Signs = tuple[int, ...]

LEAST = 24
"""Worlds of each part: a coin that falls on one side so often is none."""


class Patterns:
    """The signs of the values whose sign was asked, in world after world."""

    def __init__(self) -> None:
        self.count = 0
        self._seen: dict[Signs, int] = {}
        self._columns: dict[Hashable, int] = {}
        self._next = 0

    def add(self, asked: Mapping[Hashable, int]) -> None:
        """Add a world: the signs, each by where it was asked; one that was not asked counts as zero."""
        self.count += 1
        for place in asked:
            self._columns.setdefault(place, len(self._columns))
        signs = tuple(asked.get(place, 0) for place in self._columns)
        self._seen[signs] = self._seen.get(signs, 0) + 1

    @property
    def hopeless(self) -> bool:
        """Whether so few patterns have come twice that there are more than can be met."""
        return self.count in (200, 1000) and len(self._seen) > 0.9 * self.count

    def complete(self, least: int) -> bool:
        """Return whether ``least`` worlds and all patterns have been met."""
        if self.count < max(least, self._next):
            return False
        # Looking at all worlds takes longer than drawing one.
        self._next = self.count + self.count // 8 + 1
        length = len(self._columns)
        seen: Counter[Signs] = Counter()
        for signs, count in self._seen.items():
            # A place that came later was not asked before.
            seen[signs + (0,) * (length - len(signs))] += count
        return _complete(list(seen.items()))


def _complete(seen: Sequence[tuple[Signs, int]]) -> bool:
    patterns = [signs for signs, _ in seen]
    same_zeros = len({tuple(map(bool, signs)) for signs in patterns}) == 1
    if same_zeros and len(patterns) == 1 << _rank(patterns):
        return True
    column = next(i for i, s in enumerate(patterns[0]) if any(signs[i] != s for signs in patterns))
    parts: dict[int, list[tuple[Signs, int]]] = defaultdict(list)
    for signs, count in seen:
        parts[signs[column]].append((signs, count))
    return all(sum(count for _, count in part) >= LEAST and _complete(part) for part in parts.values())


def _rank(patterns: Sequence[Signs]) -> int:
    """Return the rank of the differences of patterns."""
    basis: list[int] = []
    numbers = [sum(1 << i for i, s in enumerate(signs) if s < 0) for signs in patterns]
    for n in numbers:
        rest = n ^ numbers[0]
        for b in basis:
            rest = min(rest, rest ^ b)
        if rest:
            basis.append(rest)
    return len(basis)
