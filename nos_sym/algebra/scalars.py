"""Bounds of decay functions over every step of every schedule, tightened by subdivision.

With ``p = t/T`` in [0, 1): ``r = mod(2p, 1)`` and ``remaining = 1 - p - 1/T``, which is any number of
[0, 1 - p]. A polynomial in these is bounded by interval arithmetic on pieces; the hull of all is an
enclosure.
"""

from __future__ import annotations

import math

from nos_sym.algebra.bounds import (
    _bounds_of_function,
    _number,
    _plus,
    _powered,
    _times,
    bounds,
    bounds_of_atom,
)
from nos_sym.algebra.term import Atom, Bounds, Poly, workspace

PIECES = 120
_CLEAR = 1e-9


def scalar_bounds(p: Poly) -> Bounds:
    """Return bounds of a polynomial in the step alone."""
    low, high = bounds(p)
    if low > 0 or high < 0 or p.constant:
        return low, high
    memo = workspace().memo
    key = ("scalar", p)
    if key not in memo:
        low, high = _sampled(p)
        # Both signs occur: no subdivision can decide, and most comparisons end here.
        memo[key] = bounds(p) if low < -_CLEAR and high > _CLEAR else _subdivided(p)
    return memo[key]  # type: ignore[return-value]


def _sampled(p: Poly) -> Bounds:
    """Return the least and largest value at a few steps of a few schedules: inner bounds."""
    low, high = math.inf, -math.inf
    for total in (1, 2, 5, 64):
        for step in range(total) if total < 64 else (1, 9, 17, 31, 40, 52, 61):
            box = {
                "p": (step / total,) * 2,
                "r": (2 * step % total / total,) * 2,
                "remaining": (1 - (step + 1) / total,) * 2,
            }
            x, y = _poly_on(p, box)
            low, high = min(low, y), max(high, x)
    return low, high


def _subdivided(p: Poly) -> Bounds:
    """Return the hull over pieces; one on which the sign is open is halved, up to :data:`PIECES` in all."""
    names = _leaves(p)
    if "correction" in names:
        return bounds(p)
    low, high = math.inf, -math.inf
    waiting = [_Piece((i / 4, (i + 1) / 4), (0.0, 1.0)) for i in range(4)]
    if names == {"remaining"}:
        waiting = [_Piece((0.0, 0.0), (0.0, 1.0))]
    count = 0
    while waiting:
        piece = waiting.pop()
        x, y = _poly_on(p, piece.box())
        count += 1
        if x < 0 < y and count < PIECES:
            waiting += piece.halves(names)
        else:
            low, high = min(low, x), max(high, y)
            if low < 0 < high:
                break
    return (low, high) if not waiting else bounds(p)


class _Piece:
    """A piece of the unit interval of ``p`` and of the fraction of [0, 1 - p] that remains."""

    __slots__ = ("p", "share")

    def __init__(self, p: Bounds, share: Bounds) -> None:
        self.p = p
        self.share = share

    def box(self) -> dict[str, Bounds]:
        """Return the bounds of the leaves."""
        start, end = self.p
        twice = (2 * start, 2 * end) if end <= 0.5 else (2 * start - 1, 2 * end - 1)
        rest = ((1 - end) * self.share[0], (1 - start) * self.share[1])
        return {"p": self.p, "r": twice, "remaining": rest}

    def halves(self, names: set[str]) -> list[_Piece]:
        """Return two halves, cut across the longer side of those that matter."""
        across = self.share[1] - self.share[0] if "remaining" in names else 0.0
        along = self.p[1] - self.p[0] if names - {"remaining"} else 0.0
        if across >= along:
            middle = sum(self.share) / 2
            return [_Piece(self.p, (self.share[0], middle)), _Piece(self.p, (middle, self.share[1]))]
        middle = sum(self.p) / 2
        return [_Piece((self.p[0], middle), self.share), _Piece((middle, self.p[1]), self.share)]


def _leaves(p: Poly) -> set[str]:
    found: set[str] = set()
    for m, _ in p.terms:
        for a, _, _ in m.factors:
            if a.args:
                for x in a.args:
                    found |= _leaves(x)
            else:
                found.add(a.op)
    return found - {"prime"}


def _poly_on(p: Poly, box: dict[str, Bounds]) -> Bounds:
    low = high = 0.0
    for m, c in p.terms:
        x = (1.0, 1.0)
        for a, q, s in m.factors:
            x = _times(x, _factor_on(a, float(q), s, box))
        x = _times(x, _number(c))
        low, high = _plus(low, x[0], -math.inf), _plus(high, x[1], math.inf)
    return low, high


def _factor_on(a: Atom, q: float, s: int, box: dict[str, Bounds]) -> Bounds:
    low, high = _atom_on(a, box)
    sign = 1 if low >= 0 else -1 if high <= 0 else 0
    magnitude = (low, high) if sign > 0 else (-high, -low) if sign < 0 else (0.0, max(-low, high))
    result = (1.0, 1.0) if q == 0 else _powered(magnitude, q)
    if s and q <= 0 and low <= 0 <= high:
        # sign(0) and the indicator of 0 are 0.
        result = 0.0, result[1]
    if s != 1:
        return result
    if sign:
        return result if sign > 0 else (-result[1], -result[0])
    return (-result[1], result[1])


def _atom_on(a: Atom, box: dict[str, Bounds]) -> Bounds:
    if a.op in box:
        return box[a.op]
    if a.op == "correction":
        return bounds_of_atom(a)
    if not a.args:
        value = float(str(a.param))
        return value, value
    inner = [_poly_on(x, box) for x in a.args]
    if a.op == "sum":
        return inner[0]
    if a.op in ("max", "min"):
        pick = max if a.op == "max" else min
        return pick(x[0] for x in inner), pick(x[1] for x in inner)
    if a.op == "i1e":
        low, high = inner[0]
        if high <= 1.5:
            from nos_sym.language.floats import FLOATS

            return max(0.0, FLOATS.i1e(low) - 1e-15), FLOATS.i1e(high) + 1e-15
    return _bounds_of_function(a.op, *inner[0])
