"""Ends of images: the values of functions at ends of intervals, moved outward where they are rounded.

Every function returns ends of a closed interval that holds all values over ``[low, high]``; an infinite
end is the limit there, and an overflow lies between the largest number and infinity. An end comes with
whether it is exact, which decides whether an open end of the argument gives an open one. :mod:`.interval` and
:mod:`.closed` wrap the same functions, for intervals with open ends and for bare pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from nos_sym.intervals import bessel
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.rounding import (
    INF,
    LARGEST,
    Pair,
    above,
    below,
    divided,
    multiplied,
    of_number,
    rooted,
)

Function = Callable[[float], float]
End = tuple[float, bool]
"""An end of an image, and whether it is exact."""

HALF_PI = math.nextafter(math.pi / 2, INF)
"""The number next above pi/2, because ``math.pi / 2`` is below it."""


@dataclass(frozen=True, slots=True)
class Increasing:
    """A strictly increasing function.

    Attributes:
        f: its binary64 values, right to eight units in the last place, with limits at infinities.
        least: a lower bound of its values.
        most: an upper bound of its values.
        exact: arguments at which ``f`` is exact.
    """

    f: Function
    least: float = -INF
    most: float = INF
    exact: tuple[float, ...] = (0.0,)


INCREASING = {
    "tanh": Increasing(FLOATS.tanh, -1.0, 1.0),
    "arctan": Increasing(FLOATS.arctan, -HALF_PI, HALF_PI),
    "arcsinh": Increasing(FLOATS.arcsinh),
    "erf": Increasing(FLOATS.erf, -1.0, 1.0),
    "exp": Increasing(FLOATS.exp, 0.0),
    "log": Increasing(FLOATS.log, exact=(0.0, 1.0)),
    "sigmoid": Increasing(FLOATS.sigmoid, 0.0, 1.0, exact=(0.0,)),
    "softplus": Increasing(FLOATS.softplus, 0.0, exact=()),
}
"""The increasing functions whose exact values are known."""

_EXACT = {entry.f: entry.exact for entry in INCREASING.values()}


def low_end(f: Function, x: float, least: float = -INF) -> End:
    """Return a lower bound of an increasing function from ``x`` on."""
    value = f(x)
    if value == least or _is_exact(f, x, value):
        return max(value, least), True
    if math.isinf(value):
        return (LARGEST if value > 0 and not math.isinf(x) else value), False
    return (max(below(value), least) if value == value else least), False


def high_end(f: Function, x: float, most: float = INF) -> End:
    """Return an upper bound of an increasing function up to ``x``."""
    value = f(x)
    if value == most or _is_exact(f, x, value):
        return min(value, most), True
    if math.isinf(value):
        return (-LARGEST if value < 0 and not math.isinf(x) else value), False
    return (min(above(value), most) if value == value else most), False


def _is_exact(f: Function, x: float, value: float) -> bool:
    return (x == 0 and value == 0) or x in _EXACT.get(f, ())


def increasing(name: str, low: float, high: float) -> Pair:
    """Return the image of a function of :data:`INCREASING`."""
    entry = INCREASING[name]
    return low_end(entry.f, low, entry.least)[0], high_end(entry.f, high, entry.most)[0]


def power(low: float, high: float, q: Fraction | int) -> tuple[Pair, Pair]:
    """Return pairs around the least and the largest ``x^q`` for x in ``[low, high]``, never negative.

    The exponent is exact: where binary64 does not hold it, both of its neighbors count. Zero to a negative
    power, and infinity to a positive one, are infinite limits.
    """
    if q < 0:
        low, high = high, low
    return _power_at(low, q), _power_at(high, q)


def _power_at(x: float, q: Fraction | int) -> Pair:
    if q == 1:
        return x, x
    if x == 0 or x == 1 or x == INF:
        value = 1.0 if x == 1 or q == 0 else 0.0 if (x == 0) == (q > 0) else INF
        return value, value
    if q == 2:
        return multiplied(x, x)
    if q == -1:
        return divided(1.0, x)
    if q.denominator == 2 and q.numerator == 1:
        return rooted(x)
    return between_powers(x, of_number(q))


def between_powers(x: float, exponents: Pair) -> Pair:
    """Return bounds of ``x^q``, x positive and finite, for q between two numbers."""
    values = [FLOATS.power(x, q) for q in dict.fromkeys(exponents)]
    low, high = min(values), max(values)
    low = LARGEST if low == INF else max(below(low), 0.0)
    return low, above(high) if high < INF else INF


def i1e(low: float, high: float) -> Pair:
    """Return bounds of ``e^-|x| I_1(x)``, odd, with its maximum at 1.545."""
    if low < 0:
        if high <= 0:
            down, up = i1e(-high, -low)
            return -up, -down
        return -i1e(0.0, -low)[1], i1e(0.0, high)[1]
    if high == 0:
        return 0.0, 0.0
    ends = [bessel.i1e(x) for x in (low, high)]
    # Two series of two dozen terms: right to 8 units, so the margin is taken twice.
    least = max(0.0, below(below(min(ends))))
    if low <= bessel.PEAK[1] and high >= bessel.PEAK[0]:
        return least, bessel.MOST
    return least, min(above(above(max(ends))), bessel.MOST)


def cospi(low: float, high: float) -> Pair:
    """Return bounds of ``cos(pi x)``, exact at multiples of one half."""
    if not high - low < 2:
        return -1.0, 1.0
    ends = [_cospi_at(low), _cospi_at(high)]
    least, most = min(e[0] for e in ends), max(e[1] for e in ends)
    # The integers from the first one at or above low: an even one is a maximum, an odd one a minimum.
    first, last = math.ceil(low), math.floor(high)
    if first <= last:
        both = last > first
        least, most = (-1.0 if both or first % 2 else least), (1.0 if both or first % 2 == 0 else most)
    return least, most


def _cospi_at(x: float) -> Pair:
    x = abs(math.fmod(x, 2.0))  # exact
    x = min(x, 2 - x)  # exact: 2 - x is a multiple of the unit of x
    if 2 * x == math.floor(2 * x):
        value = 1.0 - 2 * x
        return value, value
    value = math.cos(math.pi * x) if x < 0.25 else math.sin(math.pi * (0.5 - x))
    return max(below(value), -1.0), min(above(value), 1.0)


def logarithm_of_absolute(low: float, high: float) -> Pair:
    """Return bounds of ``ln|x|``."""
    least, most = absolute(low, high)
    return increasing("log", least, most)


def absolute(low: float, high: float) -> Pair:
    """Return the ends of ``|x|``."""
    if low >= 0:
        return low, high
    return (-high, -low) if high <= 0 else (0.0, max(-low, high))


IMAGES: dict[str, Callable[[float, float], Pair]] = {
    "ln": logarithm_of_absolute,
    "i1e": i1e,
    "cospi": cospi,
}
"""Images of functions that are not increasing."""


def image(name: str, low: float, high: float) -> Pair:
    """Return bounds of a function of the language over ``[low, high]``, all reals for an unknown one."""
    if name in INCREASING:
        return increasing(name, low, high)
    if name in IMAGES:
        return IMAGES[name](low, high)
    return -INF, INF
