"""How large averages of x are against sums of squares of x: the inequalities of one step.

Where ``m^2 <= K s`` before a step, the inequality of Cauchy and Schwarz gives

    (a m + p x)^2 <= (a^2 K / c + p^2 / q) (c s + q x^2),

so that ``K' = a^2 K / c + p^2 / q`` bounds ``m' = a m + p x`` by ``s' >= c s + q x^2``.

Yogi's ``s' = s - q sign(s - x^2) x^2``, 0 < q < 1, is at least ``c s`` with ``c = 1 - q``. After an x with
``x^2 > s`` it is ``s + q x^2``; after another it is at least ``c s`` and at least ``c x^2``. There m is the
sum of two parts: one takes the large x, and the inequality above holds for it with these c and q; the other
takes the rest, and where it is at most ``H sqrt(s)`` before a step, it is at most
``(|a| H + |p|) / sqrt(c) sqrt(s')`` after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds an average m by a sum s: ``|m| <= (sqrt(large) + rest) sqrt(s)``.

    Attributes:
        large: the K of the part that takes all x, or the large ones.
        rest: the H of the part that takes the others.
    """

    large: float
    rest: float

    def after(self, a: float, p: float, c: float, q: float) -> Bounds | None:
        """Return what holds after a step; ``None`` where nothing does.

        Args:
            a, p: at least the magnitudes of what multiplies m and x.
            c, q: at most what multiplies s and ``x^2``.
        """
        kept, entered = _over(a * a * self.large, c), _over(p * p, q)
        if kept is None or entered is None:
            return None
        rest = _over(a * self.rest + p, math.sqrt(c)) if c > 0 else 0.0
        return None if rest is None else Bounds(kept + entered, rest)

    def hull(self, after: Bounds, a: float, p: float, c: float, q: float) -> Bounds | None:
        """Return what holds now and after every step whose numbers lie within these."""
        if not a * a < c or q <= 0:
            return None
        root = math.sqrt(c)
        large = p * p / q / (1 - a * a / c)
        rest = p / root / (1 - a / root)
        return Bounds(max(self.large, after.large, large), max(self.rest, after.rest, rest))

    def of_sum(self, m: float, x: float, s: float, square: float) -> float | None:
        """Return what is at least ``|m' m + x' x| / sqrt(s' s + square' x^2)``, these numbers primed.

        Args:
            m, x: at least the magnitudes of the numbers above.
            s, square: at most the numbers below.
        """
        kept, entered = _over(m * m * self.large, s), _over(x * x, square)
        return None if kept is None or entered is None else math.sqrt(kept + entered)

    def of_signed(self, m: float, x: float, s: float, least: float) -> float | None:
        """Return what is at least ``|m' m + x' x| / sqrt(s' s)`` after a step, where ``s >= least x^2``."""
        if s <= 0 or least <= 0:
            return None
        return (m * (math.sqrt(self.large) + self.rest) + x / math.sqrt(least)) / math.sqrt(s)


def _over(x: float, y: float) -> float | None:
    """Return ``x / y`` for an x that is not negative, 0 for 0; ``None`` where y does not bound it."""
    if y < 0:
        return None
    if x == 0:
        return 0.0
    return x / y if y > 0 else None
