"""The functions of the language over exact numbers and balls, each total.

A value is a rational number as long as it can be, else a ball of Arb: a midpoint and a radius that holds the
error of all that was computed. What a tight ball cannot tell from zero counts as zero, so that a sum that
cancels does; what the precision cannot hold raises :class:`Beyond`. A zero is always the rational 0. ``1/0``
is 0, 0 to a negative power is 0, ``x^0`` is 1, ``sign(0)`` is 0 and ``ln 0`` is the constant of the run.
Nothing here is taken from the algebra.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from flint import arb, fmpq

Number = Any
"""An ``fmpq`` or an ``arb``."""

BITS = 380
"""Precision of the balls, 114 digits."""

ZERO, ONE, HALF = fmpq(0), fmpq(1), fmpq(1, 2)

_CANCELED = fmpq(1, 10**90)
"""A sum that is less than this part of its summands, and may be zero, is zero."""
_ABSORBED = fmpq(1, 10**60)
"""A summand that is less than this part of the other is beyond the precision: what cancels later loses it."""
_MOST_BITS = 2000


class Beyond(Exception):
    """A value is too large, too small or too near to another for the precision in force."""


def held(a: Number) -> Number:
    """Return a value in the form in which it is held."""
    if type(a) is fmpq:
        return a if a.height_bits() < _MOST_BITS else arb(a)
    if not a.is_finite() or a.contains(0):
        raise Beyond
    return a


def add(a: Number, b: Number) -> Number:
    """Return a sum; one that cancels to less than its digits is zero."""
    if type(a) is fmpq and type(b) is fmpq:
        return held(a + b)
    if type(a) is fmpq and a == 0:
        return b
    if type(b) is fmpq and b == 0:
        return a
    x, y = abs(a), abs(b)
    if not (x > y * _ABSORBED and y > x * _ABSORBED):
        raise Beyond
    total = a + b
    if not total.contains(0):
        return total
    if abs(total) < (x + y) * _CANCELED:
        return ZERO
    raise Beyond


def multiply(a: Number, b: Number) -> Number:
    """Return a product."""
    if a == 0 or b == 0:
        return ZERO
    return held(a * b)


def reciprocal(a: Number) -> Number:
    """Return ``1/a``, 0 for 0."""
    return ZERO if a == 0 else held(1 / a)


def divide(a: Number, b: Number) -> Number:
    """Return ``a/b``, 0 where b is 0."""
    return multiply(a, reciprocal(b))


def largest(a: Number, b: Number) -> Number:
    """Return a maximum."""
    difference = add(a, -b)
    if difference == 0:
        return a if type(a) is fmpq else b
    return a if difference > 0 else b


def smallest(a: Number, b: Number) -> Number:
    """Return a minimum."""
    return -largest(-a, -b)


def sign(a: Number) -> Number:
    """Return -1, 0 or 1."""
    return fmpq(int(a > 0) - int(a < 0))


def exponential(a: Number) -> Number:
    """Return ``exp(a)``."""
    if a == 0:
        return ONE
    if not abs(a) < 10**5:
        raise Beyond
    return held(arb(a).exp())


def power(a: Number, b: Number) -> Number:
    """Return ``|a|^b``: 1 for b = 0, else 0 for a = 0."""
    a = abs(a)
    if b == 0:
        return ONE
    if a == 0 or a == 1:
        return a
    if type(a) is fmpq and type(b) is fmpq:
        root = _rational_root(a, int(b.q))
        if root is not None and abs(b.p) < 100:
            return held(root ** int(b.p))
    return exponential(multiply(b, arb(a).log()))


def _rational_root(a: fmpq, degree: int) -> fmpq | None:
    """Return the root of a positive rational number where it is one."""
    if degree > 64:
        return None
    found = fmpq(_integer_root(int(a.p), degree), _integer_root(int(a.q), degree))
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
    return ZERO if abs(a) == 1 else held(arb(abs(a)).log())


def cospi(a: Number) -> Number:
    """Return ``cos(pi a)``, exact where it is rational."""
    if type(a) is fmpq and a.q in (1, 2, 3):
        sixths = int(6 * a.p // a.q) % 12
        return {0: ONE, 2: HALF, 3: ZERO, 4: -HALF, 6: -ONE}[min(sixths, 12 - sixths)]
    return held(arb(a).cos_pi())


def sigmoid(a: Number) -> Number:
    """Return ``1/(1 + exp(-a))``."""
    return reciprocal(add(ONE, exponential(-a)))


def softplus(a: Number) -> Number:
    """Return ``ln(1 + exp(a))``."""
    return held(arb(add(ONE, exponential(a))).log())


def _smooth(function: Callable[[arb], arb], far: int, at_zero: fmpq = ZERO) -> Callable[..., Number]:
    """Return a function with its exact value at zero, and with none where it is all but constant."""

    def value(a: Number) -> Number:
        if a == 0:
            return at_zero
        if not abs(a) < far:
            raise Beyond
        return held(function(arb(a)))

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
    "rdiv": lambda a, b: divide(a, power(add(ONE, multiply(b, b)), HALF)),
    "wmean": lambda a, b, weight: add(multiply(weight, a), multiply(add(ONE, -weight), b)),
    "pow": lambda a, n: held(a ** int(n.p)) if a != 0 else a,
    "abspow": power,
    "max": largest,
    "min": smallest,
    "clip": lambda a, b: smallest(largest(a, -abs(b)), abs(b)),
    "abs": abs,
    "sign": sign,
    "sqrt": lambda a: power(a, HALF),
    "exp": exponential,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "softsign": lambda a: divide(a, add(ONE, abs(a))),
    "dsoft": lambda a: reciprocal(add(ONE, abs(a))),
    "dsig": lambda a: multiply(sigmoid(a), sigmoid(-a)),
    "tanh": _smooth(arb.tanh, 60),
    "dtanh": _smooth(lambda a: 1 / a.cosh() ** 2, 60, ONE),
    "erf": _smooth(arb.erf, 10),
    "erfc": _smooth(arb.erfc, 10, ONE),
    "arctan": _smooth(arb.atan, 10**40),
    "arcsinh": _smooth(arb.asinh, 10**300),
    "i1e": _smooth(lambda a: (-abs(a)).exp() * a.bessel_i(1), 10**3),
    "cospi": cospi,
}
"""Name of an operation on single numbers to its function; parameters follow the operands."""
