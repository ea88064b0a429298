"""Intervals of the extended real line with open or closed ends: the ranges of operands.

An interval over-approximates the values that an expression takes, so "does not contain zero" is a proof
and "contains zero" is only a possibility. Ends are binary64; an end that had to be rounded is moved
outward, by one unit in the last place after a sum or product and by eight after any other function, whose
error is below that, so the enclosure survives rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

_INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """The set of reals between ``low`` and ``high``; an infinite end is always open."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        if math.isinf(self.low):
            object.__setattr__(self, "low_open", True)
        if math.isinf(self.high):
            object.__setattr__(self, "high_open", True)

    def __contains__(self, value: float) -> bool:
        above = self.low < value or (self.low == value and not self.low_open)
        below = value < self.high or (self.high == value and not self.high_open)
        return above and below

    def __str__(self) -> str:
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"

    @property
    def nonnegative(self) -> bool:
        """Whether no value is below zero."""
        return self.low >= 0

    @property
    def can_be_negative(self) -> bool:
        """Whether some value may be below zero."""
        return self.low < 0

    def within(self, other: Interval) -> bool:
        """Whether every value lies in ``other``."""
        low = self.low > other.low or (self.low == other.low and (self.low_open or not other.low_open))
        high = self.high < other.high or (self.high == other.high and (self.high_open or not other.high_open))
        return low and high

    def hull(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        low, low_open = min((self.low, self.low_open), (other.low, other.low_open))
        high, not_open = max((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not not_open)

    def absolute(self) -> Interval:
        """Return the range of ``|x|``."""
        if self.low >= 0:
            return self
        if self.high <= 0:
            return negate(self)
        high, not_open = max((-self.low, not self.low_open), (self.high, not self.high_open))
        return Interval(0.0, high, False, not not_open)


REALS = Interval(-_INF, _INF)
NONNEGATIVE = Interval(0.0, _INF)
UNIT = Interval(0.0, 1.0)


def point(value: float) -> Interval:
    """Return the interval of one value, widened where ``value`` is not an exact decimal of binary64."""
    return Interval(value, value)


def negate(x: Interval) -> Interval:
    """Return the range of ``-x``."""
    return Interval(-x.high, -x.low, x.high_open, x.low_open)


def _down(value: float, exact: bool) -> float:
    return value if exact else math.nextafter(value, -_INF)


def _up(value: float, exact: bool) -> float:
    return value if exact else math.nextafter(value, _INF)


def _exact_sum(a: float, b: float, result: float) -> bool:
    if math.isinf(result):
        return True
    return Fraction(a) + Fraction(b) == Fraction(result)


def add(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x + y`` for independent x and y."""
    low, high = x.low + y.low, x.high + y.high
    exact_low, exact_high = _exact_sum(x.low, y.low, low), _exact_sum(x.high, y.high, high)
    return Interval(
        _down(low, exact_low),
        _up(high, exact_high),
        exact_low and (x.low_open or y.low_open),
        exact_high and (x.high_open or y.high_open),
    )


def _product(a: tuple[float, bool], b: tuple[float, bool]) -> tuple[float, bool]:
    """One corner of a product with whether it is open; a closed zero absorbs an infinite end."""
    (p, p_open), (q, q_open) = a, b
    if p == 0 or q == 0:
        closed_zero = (p == 0 and not p_open) or (q == 0 and not q_open)
        return 0.0, not closed_zero
    return p * q, p_open or q_open


def multiply(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x * y`` for independent x and y."""
    ends_x = ((x.low, x.low_open), (x.high, x.high_open))
    ends_y = ((y.low, y.low_open), (y.high, y.high_open))
    corners = [(_product(a, b), a[0], b[0]) for a in ends_x for b in ends_y]
    (low, low_open), *low_from = min(corners, key=lambda c: (c[0][0], c[0][1]))
    (high, high_open), *high_from = max(corners, key=lambda c: (c[0][0], not c[0][1]))
    exact_low = _exact_product(low_from[0], low_from[1], low)
    exact_high = _exact_product(high_from[0], high_from[1], high)
    # An underflow to zero is not a zero: the end stays open only where the product is exact.
    return Interval(
        _down(low, exact_low),
        _up(high, exact_high),
        exact_low and low_open,
        exact_high and high_open,
    )


def _exact_product(a: float, b: float, result: float) -> bool:
    if a == 0 or b == 0 or math.isinf(a) or math.isinf(b) or math.isinf(result):
        return True
    return Fraction(a) * Fraction(b) == Fraction(result)


def reciprocal(x: Interval) -> Interval:
    """Return the range of ``1 / x`` away from ``x = 0``."""
    if x.low < 0 < x.high or x.low == 0 == x.high:
        return REALS
    if x.low >= 0:
        high = _INF if x.low == 0 else _up(1 / x.low, False)
        low = 0.0 if x.high == _INF else max(0.0, _down(1 / x.high, False))
        return Interval(low, high, low == 0.0, False)
    return negate(reciprocal(negate(x)))


def _outward(value: float, end: float) -> float:
    """Move a rounded value of a function towards an infinite end by eight units in the last place."""
    for _ in range(8):
        value = math.nextafter(value, end)
    return value


def increasing(f: Callable[[float], float], codomain: Interval = REALS) -> Callable[..., Interval]:
    """Return the range function of an increasing ``f`` whose values lie in ``codomain``.

    ``f`` over floats must be right to eight units in the last place, next to its zeros, too.
    """

    def image(x: Interval) -> Interval:
        low, high = f(x.low), f(x.high)
        exact_low = low == codomain.low or (x.low == 0 and low == 0)
        exact_high = high == codomain.high or (x.high == 0 and high == 0)
        low = low if exact_low else _outward(low, -_INF)
        high = high if exact_high else _outward(high, _INF)
        # f is strictly increasing: a finite argument never reaches the supremum, rounding only seems to.
        low_open = (exact_low and x.low_open) or (low <= codomain.low and codomain.low_open)
        high_open = (exact_high and x.high_open) or (high >= codomain.high and codomain.high_open)
        return Interval(max(low, codomain.low), min(high, codomain.high), low_open, high_open)

    return image


def decreasing(f: Callable[[float], float], codomain: Interval = REALS) -> Callable[..., Interval]:
    """Return the range function of a decreasing ``f`` whose values lie in ``codomain``."""
    mirrored = increasing(lambda x: f(-x), codomain)
    return lambda x: mirrored(negate(x))


def of_absolute(image: Callable[..., Interval]) -> Callable[..., Interval]:
    """Return the range function of an even function, given that of its right half."""
    return lambda x: image(x.absolute())


def maximum(x: Interval, y: Interval) -> Interval:
    """Return the range of ``max(x, y)``."""
    low, low_open = max((x.low, x.low_open), (y.low, y.low_open))
    high, not_open = max((x.high, not x.high_open), (y.high, not y.high_open))
    return Interval(low, high, low_open, not not_open)


def minimum(x: Interval, y: Interval) -> Interval:
    """Return the range of ``min(x, y)``."""
    return negate(maximum(negate(x), negate(y)))
