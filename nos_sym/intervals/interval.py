"""Intervals of the extended real line with open or closed ends: the one record of a range.

An interval over-approximates the values that an expression takes, so "does not contain zero" is a proof
and "contains zero" is only a possibility. Every function below returns an interval that holds the exact
result for all arguments in its arguments, taken independently.

Rounding: ends are binary64. A sum, product, quotient or square root that binary64 does not hold is moved
outward to the next number, the value of any other function by 8 to 16 units in the last place (see
:mod:`.rounding`). An end that was moved is closed, an exact one is open where an argument's end is: underflow
to zero does not make zero impossible.

Infinities: an infinite end is a limit and always open. A finite result beyond the largest number lies
between that and infinity; infinity minus infinity is everything; a closed zero times infinity is zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from nos_sym.intervals import functions
from nos_sym.intervals.rounding import INF, Pair, divided, multiplied, of_number, summed


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

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite."""
        return not (math.isinf(self.low) or math.isinf(self.high))

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


REALS = Interval(-INF, INF)
NONNEGATIVE = Interval(0.0, INF)
UNIT = Interval(0.0, 1.0)


def point(value: float) -> Interval:
    """Return the interval of one binary64 number."""
    return Interval(value, value)


def number(exact: Fraction | int) -> Interval:
    """Return the interval of an exact number: a point, or one unit in the last place."""
    return Interval(*of_number(exact))


def negate(x: Interval) -> Interval:
    """Return the range of ``-x``, exactly."""
    return Interval(-x.high, -x.low, x.high_open, x.low_open)


def _between(low: Pair, low_open: bool, high: Pair, high_open: bool) -> Interval:
    """Return the interval between two rounded ends; one that was moved is closed."""
    return Interval(low[0], high[1], low[0] == low[1] and low_open, high[0] == high[1] and high_open)


def add(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x + y``, rounded to the next numbers; infinities of both signs give all reals."""
    return _between(
        summed(x.low, y.low), x.low_open or y.low_open, summed(x.high, y.high), x.high_open or y.high_open
    )


def subtract(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x - y``, rounded as that of a sum."""
    return add(x, negate(y))


def multiply(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x * y``, rounded to the next numbers; zero times an unbounded value is zero."""
    ends_x = ((x.low, x.low_open), (x.high, x.high_open))
    ends_y = ((y.low, y.low_open), (y.high, y.high_open))
    corners = [_corner(a, b) for a in ends_x for b in ends_y]
    # Of equal ends a closed one counts.
    low, low_open = min((down, is_open) for (down, _), is_open in corners)
    high, closed = max((up, not is_open) for (_, up), is_open in corners)
    return Interval(low, high, low_open, not closed)


def _corner(x: tuple[float, bool], y: tuple[float, bool]) -> tuple[Pair, bool]:
    """Return a product of two ends with whether it is open: exact and not taken; a closed zero absorbs."""
    (a, a_open), (b, b_open) = x, y
    product = multiplied(a, b)
    if a == 0 or b == 0:
        return product, (a != 0 or a_open) and (b != 0 or b_open)
    return product, product[0] == product[1] and (a_open or b_open)


def reciprocal(x: Interval) -> Interval:
    """Return the range of ``1 / x`` away from zero, rounded to the next numbers; all reals around zero."""
    if x.low < 0 < x.high or x.low == 0 == x.high:
        return REALS
    if x.low < 0:
        return negate(reciprocal(negate(x)))
    high = (INF, INF) if x.low == 0 else divided(1.0, x.low)
    return _between(divided(1.0, x.high), x.high_open, high, x.low_open)


def divide(x: Interval, y: Interval) -> Interval:
    """Return the range of ``x / y`` away from ``y = 0``, as a product with the reciprocal."""
    return multiply(x, reciprocal(y))


def maximum(x: Interval, y: Interval) -> Interval:
    """Return the range of ``max(x, y)``, exactly."""
    low, low_open = max((x.low, x.low_open), (y.low, y.low_open))
    high, not_open = max((x.high, not x.high_open), (y.high, not y.high_open))
    return Interval(low, high, low_open, not not_open)


def minimum(x: Interval, y: Interval) -> Interval:
    """Return the range of ``min(x, y)``, exactly."""
    return negate(maximum(negate(x), negate(y)))


def intersection(x: Interval, y: Interval) -> Interval:
    """Return the values that lie in both, for two enclosures of one value.

    Raises:
        ValueError: they have no common value, so one of them encloses nothing.
    """
    low, low_open = max((x.low, x.low_open), (y.low, y.low_open))
    high, not_open = min((x.high, not x.high_open), (y.high, not y.high_open))
    if low > high:
        raise ValueError(f"{x} and {y} have no common value")
    return Interval(low, high, low_open, not not_open)


def increasing(f: Callable[[float], float], codomain: Interval = REALS) -> Callable[..., Interval]:
    """Return the range function of a strictly increasing ``f`` whose values lie in ``codomain``.

    Args:
        f: its binary64 values, right to eight units in the last place, next to its zeros, too; its limits at
            infinities, and infinity for an overflow.
        codomain: its infimum and supremum, rounded outward, open where they are not taken.
    """

    def image(x: Interval) -> Interval:
        low, exact_low = functions.low_end(f, x.low, codomain.low)
        high, exact_high = functions.high_end(f, x.high, codomain.high)
        # f is strictly increasing: a finite argument never reaches the supremum, rounding only seems to.
        low_open = (exact_low and x.low_open) or (low <= codomain.low and codomain.low_open)
        high_open = (exact_high and x.high_open) or (high >= codomain.high and codomain.high_open)
        return Interval(low, high, low_open, high_open)

    return image


def decreasing(f: Callable[[float], float], codomain: Interval = REALS) -> Callable[..., Interval]:
    """Return the range function of a strictly decreasing ``f`` whose values lie in ``codomain``."""
    mirrored = increasing(lambda x: f(-x), codomain)
    return lambda x: mirrored(negate(x))


def of_absolute(image: Callable[..., Interval]) -> Callable[..., Interval]:
    """Return the range function of an even function, given that of its right half."""
    return lambda x: image(x.absolute())


def power(x: Interval, q: Fraction | int) -> Interval:
    """Return the range of ``|x|^q`` for an exact q; infinite at ``x = 0`` where q is negative.

    Squares, inverses and roots are rounded to the next numbers, other powers by 8 to 16 units.
    """
    base = x.absolute()
    if q == 0:
        return point(1.0)
    low, high = functions.power(base.low, base.high, q)
    opened = (base.low_open, base.high_open)
    return _between(low, opened[q < 0], high, opened[q > 0])


def integer_power(x: Interval, n: int) -> Interval:
    """Return the range of ``x^n`` for a positive integer n, as one of a square is never negative."""
    if n % 2 == 0 or x.nonnegative:
        return power(x, n)
    if x.high <= 0:
        return negate(power(x, n))
    left, right = Interval(x.low, 0.0, x.low_open), Interval(0.0, x.high, False, x.high_open)
    return negate(power(left, n)).hull(power(right, n))


def square(x: Interval) -> Interval:
    """Return the range of ``x^2``, which multiplication of independent factors does not give."""
    return power(x, 2)


def general_power(x: Interval, y: Interval) -> Interval:
    """Return the range of ``|x|^y`` for independent x and y, from 0 on where 0 may have a negative power."""
    base = x.absolute()
    if base.low <= 0 and y.can_be_negative:
        return NONNEGATIVE
    corners = [
        (1.0, 1.0) if e == 0 or b == 1 else _corner_power(b, e)
        for b in (base.low, base.high)
        for e in (y.low, y.high)
    ]
    low, high = min(c[0] for c in corners), max(c[1] for c in corners)
    return Interval(low, high, low == 0 and 0 not in base, False)


def _corner_power(b: float, e: float) -> Pair:
    if b in (0.0, INF) or math.isinf(e):
        value = math.pow(b, e)
        return value, value
    return functions.between_powers(b, (e, e))


def i1e(x: Interval) -> Interval:
    """Return the range of ``e^-|x| I_1(x)``, zero only where x may be."""
    low, high = functions.i1e(x.low, x.high)
    return _without_zero(Interval(low, high), x)


def _without_zero(image: Interval, x: Interval) -> Interval:
    """Return the range of an odd function with one zero, that zero left out where x is not zero."""
    if 0 in x:
        return image
    low_open, high_open = image.low == 0 and x.low >= 0, image.high == 0 and x.high <= 0
    return Interval(image.low, image.high, low_open, high_open)


def cospi(x: Interval) -> Interval:
    """Return the range of ``cos(pi x)``, exact at multiples of one half; its ends are closed."""
    return Interval(*functions.cospi(x.low, x.high))
