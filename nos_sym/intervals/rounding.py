"""Directed rounding: every exact result lies between the two binary64 numbers that a function here returns.

All interval arithmetic rests on this module. Sums, products, quotients and square roots come as the pair
``(down, up)`` of the numbers next to the exact result, the same number twice where binary64 holds it; so the
pair of a result that is no binary64 number is one unit in the last place wide, next to zero and next to the
largest number too. A finite result that is too large lies between the largest number and infinity.

Arguments are ends of intervals, so an infinite one is a limit that no value reaches. Zero times infinity is
therefore 0, because the other corners of a product cover the rest, and infinity minus infinity is anything.
"""

from __future__ import annotations

import math
from fractions import Fraction

INF = math.inf
LARGEST = math.nextafter(INF, 0)
"""The largest finite number."""

_PLAIN = 2**50
_MODERATE, _SPLITTER = (1e-70, 1e70), 2.0**27 + 1
_RELATIVE, _SUBNORMAL = 2.0**-49, 2.0**-1071

Pair = tuple[float, float]


def around(value: float, excess: float) -> Pair:
    """Return the pair of ``value + excess``, of which ``value`` is the nearest number."""
    if excess == 0:
        return value, value
    if excess < 0:
        return math.nextafter(value, -INF), value
    if excess > 0:
        return value, math.nextafter(value, INF)
    return math.nextafter(value, -INF), math.nextafter(value, INF)  # the excess overflowed


def too_large(sign: float) -> Pair:
    """Return the pair of a finite number beyond the largest one, of a sign."""
    return (LARGEST, INF) if sign > 0 else (-INF, -LARGEST)


def of_number(exact: Fraction | int) -> Pair:
    """Return the pair of an exact number."""
    numerator, denominator = exact.numerator, exact.denominator
    if denominator & (denominator - 1) == 0 and max(abs(numerator), denominator) < _PLAIN:
        value = numerator / denominator
        return value, value
    try:
        value = numerator / denominator
    except OverflowError:
        return too_large(numerator)
    top, bottom = value.as_integer_ratio()
    return around(value, _sign(numerator * bottom - top * denominator))


def summed(a: float, b: float) -> Pair:
    """Return the pair of ``a + b``; of infinities of both signs it is everything."""
    total = a + b
    if total - total != 0:  # infinite or NaN
        if total != total:
            return -INF, INF
        return (total, total) if math.isinf(a) or math.isinf(b) else too_large(total)
    # The error of a rounded sum is a binary64 number itself (Knuth's two-sum).
    other = total - a
    return around(total, (a - (total - other)) + (b - other))


def multiplied(a: float, b: float) -> Pair:
    """Return the pair of ``a * b``; zero times anything is 0."""
    if a == 0 or b == 0:
        return 0.0, 0.0
    result = a * b
    if math.isinf(result):
        return (result, result) if math.isinf(a) or math.isinf(b) else too_large(result)
    if _MODERATE[0] < abs(a) < _MODERATE[1] and _MODERATE[0] < abs(b) < _MODERATE[1]:
        # The error of a rounded product is a binary64 number here (Dekker's two-product).
        t, u = _SPLITTER * a, _SPLITTER * b
        t, u = t - (t - a), u - (u - b)
        v, w = a - t, b - u
        return around(result, ((t * u - result) + t * w + v * u) + v * w)
    (p, q), (r, s), (top, bottom) = a.as_integer_ratio(), b.as_integer_ratio(), result.as_integer_ratio()
    return around(result, _sign(p * r * bottom - top * q * s))


def divided(a: float, b: float) -> Pair:
    """Return the pair of ``a / b``; of infinity by infinity it is everything of the sign.

    Raises:
        ZeroDivisionError: the divisor is zero.
    """
    if math.isinf(b):
        if math.isinf(a):
            return (0.0, INF) if (a > 0) == (b > 0) else (-INF, 0.0)
        return 0.0, 0.0
    result = a / b
    if math.isinf(result):
        return (result, result) if math.isinf(a) else too_large(result)
    (p, q), (r, s), (top, bottom) = a.as_integer_ratio(), b.as_integer_ratio(), result.as_integer_ratio()
    return around(result, _sign(p * s * bottom - top * q * r) * _sign(r))


def rooted(x: float) -> Pair:
    """Return the pair of the square root of a number that is not negative."""
    result = math.sqrt(x)
    if x == 0 or math.isinf(x):
        return result, result
    (p, q), (top, bottom) = x.as_integer_ratio(), result.as_integer_ratio()
    return around(result, _sign(p * bottom * bottom - top * top * q))


def below(value: float) -> float:
    """Return a finite value of a function moved down by 8 to 16 units in the last place.

    The libraries' functions are right to two units or so, compositions of a few of them to eight; the tests
    hold each one against Arb.
    """
    return value - (abs(value) * _RELATIVE + _SUBNORMAL)


def above(value: float) -> float:
    """Return a finite value of a function moved up by 8 to 16 units in the last place."""
    return value + (abs(value) * _RELATIVE + _SUBNORMAL)


def _sign(x: int) -> int:
    return (x > 0) - (x < 0)
