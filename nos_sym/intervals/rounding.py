"""Closed intervals in binary64 whose ends are moved outward where an operation rounds."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from nos_sym.intervals.floats import FLOATS

if TYPE_CHECKING:
    from nos_sym.algebra.kernel.kinds import Bounds
    from nos_sym.algebra.kernel.term import Exponent

INF = math.inf
_BIG = 2**50
_HUGE = math.nextafter(INF, 0)
_WIDE = 4
_ZERO = (0.0,)
_UNITS = (0.0, 1.0, -1.0, INF, -INF)
_COSINE = 1e-15  # error of cos(pi x)
_MONOTONE = {"tanh": FLOATS.tanh, "arctan": FLOATS.arctan, "arcsinh": FLOATS.arcsinh, "erf": FLOATS.erf}


def number_bounds(c: Fraction) -> Bounds:
    """Return the two binary64 numbers around an exact one, or it twice where it is one of them."""
    if c.denominator & (c.denominator - 1) == 0 and max(abs(c.numerator), c.denominator) < _BIG:
        return float(c), float(c)
    try:
        value = float(c)
    except OverflowError:
        return (_HUGE, INF) if c > 0 else (-INF, -_HUGE)
    return math.nextafter(value, -INF), math.nextafter(value, INF)


def as_float(q: Exponent) -> float:
    """Return an exponent as a float, one that is too large as infinity."""
    try:
        return float(q)
    except OverflowError:
        return math.copysign(INF, q)


def powered(x: Bounds, q: float) -> Bounds:
    """Return bounds of a power other than 0 of a value that is never negative."""
    low, high = x
    if q > 0:
        ends = _pow(low, q), _pow(high, q)
    else:
        ends = (0.0 if high == INF else _pow(high, q)), (INF if low == 0 else _pow(low, q))
    if q == 1:
        return ends
    if q < 0:
        low, high = high, low
    return max(outward(low, ends[0], -INF), 0.0), outward(high, ends[1], INF)


def _pow(x: float, q: float) -> float:
    return INF if x == INF else float(FLOATS.power(x, q))


def outward(argument: float, value: float, end: float, exact: tuple[float, ...] = (0.0, 1.0)) -> float:
    """Move a rounded power or function outward; it is exact at a few arguments and at infinity."""
    if argument in exact or math.isinf(argument):
        return value
    if math.isinf(value):
        return value if value == end else math.copysign(_HUGE, value)  # an overflow is not infinite
    for _ in range(_WIDE):
        value = math.nextafter(value, end)
    return value


def plus(a: float, b: float, outward: float) -> float:
    """Return a sum of two ends, moved toward ``outward`` unless it is exact; 0 and infinities are."""
    if a == 0 or b == 0 or math.isinf(a) or math.isinf(b):
        return a + b
    total = a + b
    if abs(total) < _BIG and a == int(a) and b == int(b):
        return total
    return math.nextafter(total, outward)


def times(x: Bounds, y: Bounds) -> Bounds:
    """Return bounds of a product; 0 times infinity is 0, because ends at infinity are not reached."""
    if x == (1.0, 1.0):
        return y
    if y == (1.0, 1.0):
        return x
    corners = [_product(a, b) for a in x for b in y]
    low, high = min(corners), max(corners)
    if all(v in _UNITS for v in x) or all(v in _UNITS for v in y):
        return low, high
    exact = all(a == 0 or b == 0 or a * b != 0 for a in x for b in y)
    lower = low if low == 0 and exact else math.nextafter(low, -INF)
    upper = high if high == 0 and exact else math.nextafter(high, INF)
    if x[0] >= 0 and y[0] >= 0:
        lower = max(lower, 0.0)
    return lower, upper


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def bounds_of_function(op: str, low: float, high: float) -> Bounds:
    """Return bounds of a function of a value that lies between two numbers."""
    if op in _MONOTONE:
        f = _MONOTONE[op]
        most = 1.0 if op in ("tanh", "erf") else INF
        return max(outward(low, f(low), -INF, _ZERO), -most), min(outward(high, f(high), INF, _ZERO), most)
    if op == "exp":
        least = max(0.0, outward(low, FLOATS.exp(low), -INF, _ZERO))
        return least, outward(high, FLOATS.exp(high), INF, _ZERO)
    if op == "ln":
        smallest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        largest = max(abs(low), abs(high))
        return outward(smallest, FLOATS.log(smallest), -INF), outward(largest, FLOATS.log(largest), INF)
    if op == "i1e":
        return 0.0, 0.2191
    if op == "cospi":
        if low >= 0 and high <= 1:
            ends = math.cos(math.pi * high), math.cos(math.pi * low)
            return max(-1.0, ends[0] - _COSINE), min(1.0, ends[1] + _COSINE)
        return -1.0, 1.0
    return -INF, INF
