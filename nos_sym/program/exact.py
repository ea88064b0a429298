"""Exact values of expressions of numbers: what jumps is decided by them, and not by how binary64 rounds.

``mod(0.3, 0.1)`` is 0, and the remainder of the nearest floats is 0.09999999999999998: a number of a rule is
what it says, so the program has the former. The same holds for a divisor such as ``0.3 - 3 * 0.1``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals.exact import fraction_of
from nos_sym.language.node import Node

JUMPS = frozenset(
    (
        "floor",
        "mod",
        "sign",
        "less",
        "less_equal",
        "equal",
        "where",
        "logical_and",
        "logical_or",
        "logical_not",
    )
)
"""Operations that jump, or say where something does; the others are continuous."""

_BITS = 4096
"""Bits of a numerator or denominator above which a number is not followed."""


def _sign(x: Fraction) -> Fraction:
    return Fraction((x > 0) - (x < 0))


def _quotient(x: Fraction, y: Fraction) -> Fraction:
    return x / y if y else Fraction(0)


def _power(x: Fraction, exponent: Fraction) -> Fraction | None:
    bits = max(x.numerator.bit_length(), x.denominator.bit_length())
    return x ** int(exponent) if exponent >= 0 and bits * exponent <= _BITS else None


_OPERATIONS: dict[str, Callable[..., Fraction | None]] = {
    "id": lambda x: x,
    "neg": lambda x: -x,
    "abs": abs,
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "scale": lambda x, y: x * y,
    "div": _quotient,
    "recip": lambda x: _quotient(Fraction(1), x),
    "pow": _power,
    "max": max,
    "min": min,
    "sign": _sign,
    "floor": lambda x: Fraction(math.floor(x)),
    "mod": lambda x, y: x % y if y else x,
    "less": lambda x, y: Fraction(x < y),
    "less_equal": lambda x, y: Fraction(x <= y),
    "equal": lambda x, y: Fraction(x == y),
    "logical_and": lambda x, y: x * y,
    "logical_or": max,
    "logical_not": lambda x: 1 - x,
    "where": lambda condition, x, y: x if condition else y,
}
"""Operations whose value at rational numbers is one, as the reference of each record computes it."""


@lru_cache(maxsize=4096)
def exact_number(expression: Basic) -> Fraction | None:
    """Return the value of an expression of numbers.

    ``None`` where it is made of anything else, has an operation that leaves the rational numbers, or a value
    too long to be followed.
    """
    if isinstance(expression, Rational):
        return fraction_of(expression)
    if not isinstance(expression, Node) or not expression.operands:
        return None
    compute = _OPERATIONS.get(expression.operation.name)
    if compute is None:
        return None
    given = [exact_number(x) for x in (*expression.operands, *expression.parameters)]
    if any(x is None for x in given):
        return None
    found = compute(*given)
    if found is None or max(found.numerator.bit_length(), found.denominator.bit_length()) > _BITS:
        return None
    return found
