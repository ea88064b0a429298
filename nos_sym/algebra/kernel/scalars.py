"""Bounds of decay functions over every step of every schedule, tightened by subdivision.

With ``p = t/T`` in [0, 1): ``r = mod(2p, 1)`` and ``remaining = 1 - p - 1/T``, which is any number of
[0, 1 - p]. A polynomial in these is bounded by interval arithmetic on subdomains; the hull of all is an
enclosure.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from hashlib import blake2b

from nos_sym.algebra.kernel.bounds import bounds, bounds_of_atom, opaque_bounds
from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.term import Atom, Exponent, Poly, workspace
from nos_sym.intervals import closed

SUBDOMAINS = 120
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
        a, b = bounds(p)
        if low >= -_CLEAR or high <= _CLEAR:
            c, d = _subdivided(p)
            a, b = max(a, c), min(b, d)
        memo[key] = a, b
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
            x, y = poly_on(p, box)
            low, high = min(low, y), max(high, x)
    return low, high


def _subdivided(p: Poly) -> Bounds:
    """Return the hull over at most :data:`SUBDOMAINS`; one on which the sign is open is halved."""
    names = leaves_of(p)
    if "correction" in names:
        return bounds(p)
    low, high = math.inf, -math.inf
    waiting = [Subdomain((i / 4, (i + 1) / 4), (0.0, 1.0)) for i in range(4)]
    if names == {"remaining"}:
        waiting = [Subdomain((0.0, 0.0), (0.0, 1.0))]
    count = 0
    while waiting:
        subdomain = waiting.pop()
        x, y = poly_on(p, subdomain.box())
        count += 1
        if x < 0 < y and count < SUBDOMAINS:
            waiting += subdomain.halves(names)
        else:
            low, high = min(low, x), max(high, y)
            if low < 0 < high:
                break
    return (low, high) if not waiting else bounds(p)


class Subdomain:
    """A cell of the steps: an interval of ``p``, and one of the share of [0, 1 - p] that remains."""

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

    def halves(self, names: set[str]) -> list[Subdomain]:
        """Return two halves, cut across the longer side of those that matter."""
        across = self.share[1] - self.share[0] if "remaining" in names else 0.0
        along = self.p[1] - self.p[0] if names - {"remaining"} else 0.0
        if across >= along:
            middle = sum(self.share) / 2
            return [Subdomain(self.p, (self.share[0], middle)), Subdomain(self.p, (middle, self.share[1]))]
        middle = sum(self.p) / 2
        return [Subdomain((self.p[0], middle), self.share), Subdomain((middle, self.p[1]), self.share)]


def leaves_of(p: Poly) -> set[str]:
    """Return the operations of the leaves of a polynomial, numbers left out."""
    found: set[str] = set()
    seen: set[Atom] = set()
    waiting = [p]
    while waiting:
        for m, _ in waiting.pop().terms:
            for a, _, _ in m.factors:
                if a in seen:
                    continue
                seen.add(a)
                waiting += a.args
                if not a.args:
                    found.add(a.op)
    return found - {"prime"}


def poly_on(p: Poly, box: dict[str, Bounds], done: dict[Atom, Bounds] | None = None) -> Bounds:
    """Return bounds of a polynomial whose leaves lie in a box.

    A box with gradients and weights stands for a step before which all of them were zero; its key
    ``first`` is the first step, ``later`` any other, and with ``held`` every state has left some number, by
    its digest and by that key. Bounds of atoms in the same box are taken from ``done`` and put there.
    """
    return _poly_on(p, box, {} if done is None else done)


def atom_on(a: Atom, box: dict[str, Bounds]) -> Bounds:
    """Return bounds of an atom whose leaves lie in a box."""
    return _atom_on(a, box, {})


def _poly_on(p: Poly, box: dict[str, Bounds], done: dict[Atom, Bounds]) -> Bounds:
    total = (0.0, 0.0)
    for m, c in p.terms:
        x = (1.0, 1.0)
        for a, q, s in m.factors:
            # An atom and its sign share what is below them: each atom is looked at once.
            if a not in done:
                done[a] = _atom_on(a, box, done)
            x = closed.multiply(x, _factor_on(done[a], q, s))
        total = closed.add(total, closed.multiply(x, closed.number(c)))
    return total


def _factor_on(value: Bounds, q: Exponent, s: int) -> Bounds:
    low, high = value
    sign = 1 if low >= 0 else -1 if high <= 0 else 0
    result = closed.ONE if q == 0 else closed.power(closed.absolute(low, high), q)
    if (s or q) and q <= 0 and low <= 0 <= high:
        # 1/0, sign(0) and the indicator of 0 are 0.
        result = 0.0, result[1]
    if s != 1:
        return result
    if sign:
        return result if sign > 0 else (-result[1], -result[0])
    return (-result[1], result[1])


def _atom_on(a: Atom, box: dict[str, Bounds], done: dict[Atom, Bounds]) -> Bounds:
    if a.op in box:
        return box[a.op]
    if a.op == "correction":
        beta: Fraction = a.param
        if "first" in box:
            return closed.number(1 - beta)
        return (closed.number(1 - beta**2)[0], 1.0) if "later" in box else bounds_of_atom(a)
    if a.kind.held and "held" in box:
        return _held(a, box)
    if not a.args or a.op in ("filter", "geometric"):
        return bounds_of_atom(a)
    inner = [_poly_on(x, box, done) for x in a.args]
    if a.kind.operation is not None:
        return opaque_bounds(a, inner) if a.kind.elementwise else (-math.inf, math.inf)
    if a.op in ("sum", "delta"):
        return inner[0]
    if a.op == "ema":
        return closed.multiply(inner[0], closed.number(1 - a.param))
    if a.op == "ln" and inner[0][0] <= 0 <= inner[0][1]:
        return -math.inf, math.inf
    if a.op in ("max", "min"):
        pick = max if a.op == "max" else min
        return pick(x[0] for x in inner), pick(x[1] for x in inner)
    return closed.image(a.op, *inner[0])


def _held(a: Atom, box: dict[str, Bounds]) -> Bounds:
    """Return one of the numbers that a state may have left: of either sign, within a hundredfold of 1."""
    if a.kind.zero_at_start and "first" in box:
        return 0.0, 0.0
    drawn = blake2b(a.digest, digest_size=3, salt=struct.pack("d", box["held"][0])).digest()
    value = 10 ** (int.from_bytes(drawn[:2]) / 2**14 - 2)
    value = -value if drawn[2] & 1 and bounds_of_atom(a)[0] < 0 else value
    return value, value
