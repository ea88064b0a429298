"""Exact numbers: as fractions of the standard library, and as the intervals of binary64 that hold them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.core.numbers import Rational

from nos_sym.intervals.interval import Interval, number


def fraction_of(value: Rational) -> Fraction:
    """Return an exact number as one of the standard library, whose arithmetic is faster."""
    return Fraction(int(value.p), int(value.q))


@lru_cache(maxsize=4096)
def number_range(value: Rational) -> Interval:
    """Return the interval of an exact number, one unit wide where binary64 cannot hold it."""
    return number(fraction_of(value))
