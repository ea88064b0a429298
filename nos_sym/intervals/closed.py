"""Closed intervals as bare pairs of binary64 numbers: the arithmetic of the canonical form.

The algebra asks for bounds hundreds of times for one key, so it carries pairs where the other parts of the
project carry :class:`~nos_sym.intervals.interval.Interval`. Rounding and images are the same ones, of
:mod:`.rounding` and :mod:`.functions`, and a test holds each function here against its namesake there. Every
result holds all values of the exact operation over the arguments; an infinite end is a limit that no value
reaches.
"""

from __future__ import annotations

from fractions import Fraction

from nos_sym.intervals import functions
from nos_sym.intervals.rounding import INF, Pair, multiplied, of_number, summed

Bounds = Pair
Exponent = Fraction | int

ONE: Bounds = (1.0, 1.0)
REALS: Bounds = (-INF, INF)
image = functions.image
absolute = functions.absolute
number = of_number


def add(x: Bounds, y: Bounds) -> Bounds:
    """Return bounds of ``x + y``."""
    return summed(x[0], y[0])[0], summed(x[1], y[1])[1]


def negate(x: Bounds) -> Bounds:
    """Return bounds of ``-x``."""
    return -x[1], -x[0]


def multiply(x: Bounds, y: Bounds) -> Bounds:
    """Return bounds of ``x * y``; zero times an infinite end is 0."""
    if x == ONE:
        return y
    if y == ONE:
        return x
    (a, b), (c, d) = x, y
    # Where an argument has one sign the ends are known, and two products do instead of four.
    if a >= 0:
        return multiplied(b if c < 0 else a, c)[0], multiplied(a if d < 0 else b, d)[1]
    if b <= 0:
        return multiplied(a if d > 0 else b, d)[0], multiplied(b if c > 0 else a, c)[1]
    if c >= 0:
        return multiplied(a, d)[0], multiplied(b, d)[1]
    if d <= 0:
        return multiplied(b, c)[0], multiplied(a, c)[1]
    pairs = (multiplied(a, c), multiplied(a, d), multiplied(b, c), multiplied(b, d))
    return min(p[0] for p in pairs), max(p[1] for p in pairs)


def power(x: Bounds, q: Exponent) -> Bounds:
    """Return bounds of ``x^q`` for x that is never negative and an exact q other than 0."""
    low, high = functions.power(x[0], x[1], q)
    return low[0], high[1]
