"""The functions of the language over exact and long numbers, each total.

A value is a fraction as long as it is rational, else a number of mpmath in the precision in force; a zero is
always the fraction 0. What cannot be told from zero in that precision counts as zero, and what the precision
cannot hold raises :class:`Beyond`. ``1/0`` is 0, 0 to a negative power is 0, ``x^0`` is 1, ``sign(0)`` is 0
and ``ln 0`` is the constant of the run. Nothing here is taken from the algebra.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
from mpmath import mp, mpf

Number = Any
"""A fraction, or a number of mpmath."""

GUARD = 12
"""Digits that a chain of operations may lose before a difference counts as zero."""

_MARGIN = 3
_MOST_BITS = 2000
_ZERO, _ONE = Fraction(0), Fraction(1)


class Beyond(Exception):
    """A value is too large, too small or too near to another for the precision in force."""


def as_long(a: Number) -> mpf:
    """Return a value as a number of mpmath."""
    return mpf(a.numerator) / a.denominator if isinstance(a, Fraction) else a


def held(a: Number) -> Number:
    """Return a value in the form in which it is held."""
    if isinstance(a, Fraction):
        return a if a.numerator.bit_length() + a.denominator.bit_length() < _MOST_BITS else as_long(a)
    if not mpmath.isfinite(a):
        raise Beyond
    return a if a else _ZERO


@lru_cache
def _tenth(exponent: int) -> mpf:
    return mpf(10) ** -exponent


def add(a: Number, b: Number) -> Number:
    """Return a sum; one that cancels to less than its digits is zero."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return held(a + b)
    if a == 0 or b == 0:
        return a if b == 0 else b
    x, y = as_long(a), as_long(b)
    small, large = sorted((abs(x), abs(y)))
    if small < large * _tenth(mp.dps - GUARD - _MARGIN):
        raise Beyond  # a later cancellation would lose it
    total = x + y
    return _ZERO if abs(total) <= (small + large) * _tenth(mp.dps - GUARD) else total


def multiply(a: Number, b: Number) -> Number:
    """Return a product."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return held(a * b)
    return _ZERO if a == 0 or b == 0 else held(as_long(a) * as_long(b))


def reciprocal(a: Number) -> Number:
    """Return ``1/a``, 0 for 0."""
    if a == 0:
        return _ZERO
    return 1 / a


def divide(a: Number, b: Number) -> Number:
    """Return ``a/b``, 0 where b is 0."""
    return multiply(a, reciprocal(b))


def largest(a: Number, b: Number) -> Number:
    """Return a maximum."""
    difference = add(a, -b)
    if difference == 0:
        return a if isinstance(a, Fraction) else b
    return a if difference > 0 else b


def smallest(a: Number, b: Number) -> Number:
    """Return a minimum."""
    return -largest(-a, -b)


def sign(a: Number) -> Number:
    """Return -1, 0 or 1."""
    return Fraction((a > 0) - (a < 0))


def exponential(a: Number) -> Number:
    """Return ``exp(a)``."""
    if a == 0:
        return _ONE
    if abs(a) > 10**5:
        raise Beyond
    return mpmath.exp(as_long(a))


def power(a: Number, b: Number) -> Number:
    """Return ``|a|^b``: 1 for b = 0, else 0 for a = 0."""
    a = abs(a)
    if b == 0:
        return _ONE
    if a == 0 or a == 1:
        return a
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        root = _rational_root(a, b.denominator)
        if root is not None and abs(b.numerator) < 100:
            return held(root**b.numerator)
    return held(exponential(multiply(b, mpmath.ln(as_long(a)))))


def _rational_root(a: Fraction, degree: int) -> Fraction | None:
    """Return the root of a positive fraction where it is a fraction."""
    if degree > 64:
        return None
    parts = [_integer_root(n, degree) for n in (a.numerator, a.denominator)]
    found = Fraction(*parts)
    return found if found**degree == a else None


def _integer_root(n: int, degree: int) -> int:
    if degree <= 2:
        return n if degree == 1 else math.isqrt(n)
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle - 1)
    return low


def logarithm(a: Number, of_zero: Number) -> Number:
    """Return ``ln|a|``, and a constant for 0."""
    if a == 0:
        return of_zero
    return _ZERO if abs(a) == 1 else mpmath.ln(as_long(abs(a)))


def cospi(a: Number) -> Number:
    """Return ``cos(pi a)``, exact where it is rational."""
    if isinstance(a, Fraction) and a.denominator in (1, 2, 3):
        # The cosine of multiples of 60 and 90 degrees.
        return {0: _ONE, 2: Fraction(1, 2), 3: _ZERO, 4: Fraction(-1, 2), 6: Fraction(-1)}[
            min(int(6 * a % 12), 12 - int(6 * a % 12))
        ]
    return mpmath.cospi(as_long(a))


def sigmoid(a: Number) -> Number:
    """Return ``1/(1 + exp(-a))``."""
    return reciprocal(add(_ONE, exponential(-a))) if abs(a) < 60 else _beyond()


def softplus(a: Number) -> Number:
    """Return ``ln(1 + exp(a))``."""
    return mpmath.log1p(as_long(exponential(a))) if abs(a) < 60 else _beyond()


def tanh(a: Number) -> Number:
    """Return the hyperbolic tangent, where it is not 1 to a part of the digits."""
    return _smooth(mpmath.tanh, 30)(a)


def _beyond() -> Number:
    raise Beyond


def _smooth(function: Callable[[mpf], mpf], far: float, at_zero: Fraction = _ZERO) -> Callable[..., Number]:
    """Return a function with its exact value at zero, and with none where it is all but constant."""

    def value(a: Number) -> Number:
        if a == 0:
            return at_zero
        return held(function(as_long(a))) if abs(a) <= far else _beyond()

    return value


ELEMENTWISE: dict[str, Callable[..., Number]] = {
    "id": lambda a: a,
    "neg": lambda a: -a,
    "add": add,
    "sub": lambda a, b: add(a, -b),
    "mul": multiply,
    "scale": multiply,
    "div": divide,
    "recip": reciprocal,
    "rdiv": lambda a, b: divide(a, power(add(_ONE, multiply(b, b)), Fraction(1, 2))),
    "wmean": lambda a, b, weight: add(multiply(weight, a), multiply(add(_ONE, -weight), b)),
    "pow": lambda a, n: held(a ** int(n)),
    "abspow": power,
    "max": largest,
    "min": smallest,
    "clip": lambda a, b: smallest(largest(a, -abs(b)), abs(b)),
    "abs": abs,
    "sign": sign,
    "sqrt": lambda a: power(a, Fraction(1, 2)),
    "exp": exponential,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "softsign": lambda a: divide(a, add(_ONE, abs(a))),
    "dsoft": lambda a: reciprocal(add(_ONE, abs(a))),
    "dsig": lambda a: multiply(sigmoid(a), sigmoid(-a)),
    "tanh": tanh,
    "dtanh": lambda a: _ONE if a == 0 else 1 / mpmath.cosh(_smooth(lambda x: x, 30)(a)) ** 2,
    "erf": _smooth(mpmath.erf, 6),
    "erfc": _smooth(mpmath.erfc, 6, _ONE),
    "arctan": _smooth(mpmath.atan, 1e25),
    "arcsinh": _smooth(mpmath.asinh, 1e300),
    "i1e": _smooth(lambda a: mpmath.exp(-abs(a)) * mpmath.besseli(1, a), 1e3),
    "cospi": cospi,
}
"""Name of an operation on single numbers to its function; parameters follow the operands."""
