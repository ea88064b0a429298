"""Exact values of expressions of numerals: ``9/10``, ``1 - 0.1``, ``-(1/3)``."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.intervals.exact import fraction_of
from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number

_MOST_BITS = 4096
"""Of a numerator or denominator on the way; a numeral has 133 at most."""


def exact_value(expression: Basic) -> Fraction | None:
    """Return the value of an expression that is made of numerals by ``+ - * / ^``, else ``None``.

    Also ``None`` where the value has thousands of digits on the way. ``x / 0`` is 0, as everywhere.

    >>> from nos_sym.language.registry import apply, number
    >>> exact_value(apply("div", number(9), number(10)))
    Fraction(9, 10)
    """
    if isinstance(expression, Rational):
        return fraction_of(expression)
    if not isinstance(expression, Node) or expression.operation.name not in _OF_NUMERALS:
        return None
    values = [exact_value(a) for a in expression.operands]
    if any(v is None or _bits(v) > _MOST_BITS for v in values):
        return None
    return _computed(expression, [v for v in values if v is not None])


def decimal_number(expression: Basic) -> Basic:
    """Return an expression of numerals as the one number that it is, where that has a finite decimal form.

    Anything else is returned as it is.
    """
    if not isinstance(expression, Node) or (value := exact_value(expression)) is None:
        return expression
    try:
        return number(Rational(value.numerator, value.denominator))
    except RuleError:
        return expression


def fraction_node(value: Fraction) -> Basic:
    """Return a fraction as a number, or as a quotient of two where it has no finite decimal form.

    Raises:
        RuleError: a number is out of range.
    """
    whole = Rational(value.numerator, value.denominator)
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator == 1:
        return number(whole)
    quotient = apply("div", number(abs(value.numerator)), number(value.denominator))
    return quotient if value > 0 else apply("neg", quotient)


_OF_NUMERALS = ("add", "sub", "mul", "div", "neg", "recip", "pow")


def _computed(node: Node, values: list[Fraction]) -> Fraction | None:
    name, x = node.operation.name, values[0]
    if name == "neg":
        return -x
    if name == "recip":
        return 1 / x if x else Fraction(0)
    if name == "pow":
        power = int(node.parameters[0])
        return x**power if _bits(x) * power <= _MOST_BITS else None
    y = values[1]
    if name == "add":
        return x + y
    if name == "sub":
        return x - y
    if name == "mul":
        return x * y
    return x / y if y else Fraction(0)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
