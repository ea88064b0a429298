"""Ranges of expressions, and from them the places where the numeric layer needs a guard.

Weights and gradients are any real numbers, decay functions any step ``0 <= t < T`` of any total ``T >= 1``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.node import Node
from nos_sym.language.operation import TINY, Guard, Operation

Ranges = Callable[[Basic], Interval]
"""A function from expressions to their ranges."""


@lru_cache(maxsize=65_536)
def range_of(expression: Basic) -> Interval:
    """Return an interval that holds every value of the expression, away from its singular points.

    Requires: nodes of the registry. Ensures: an enclosure; ends that are not exact are rounded outward.
    """
    return _range(expression, range_of)


@lru_cache(maxsize=65_536)
def guarded_range(expression: Basic) -> Interval:
    """Return an interval that also holds what the guards put in at singular points.

    ``1 / s_hat`` is positive, but its guard makes it 0 where ``s_hat`` is 0: whoever divides by it needs a
    guard in turn.
    """
    enclosure = _range(expression, guarded_range)
    if not isinstance(expression, Node) or not needs_guard(expression):
        return enclosure
    operands = tuple(guarded_range(a) for a in expression.operands)
    return with_guard(expression.operation, operands, enclosure)


def with_guard(operation: Operation, operands: tuple[Interval, ...], enclosure: Interval) -> Interval:
    """Return the range of a guarded operation, given those of its operands and of the operation itself."""
    if operation.guard is Guard.LOGARITHM:
        floor = Interval(TINY, TINY)
        return operation.interval(iv.maximum(operands[0].absolute(), floor))
    return enclosure.hull(iv.point(0.0))


def _range(expression: Basic, of: Ranges) -> Interval:
    if not isinstance(expression, Node):
        return number_range(expression)
    operation = expression.operation
    if operation.name in ("g", "w"):
        return REALS
    operands = expression.operands
    if operation.name == "mul" and operands[0] == operands[1]:
        return iv.of_absolute(iv.increasing(lambda v: v * v))(of(operands[0]))
    return operation.interval(*(of(a) for a in operands), *expression.parameters)


def fraction_of(value: Rational) -> Fraction:
    """Return an exact number as one of the standard library, whose arithmetic is faster."""
    return Fraction(int(value.p), int(value.q))


def number_range(value: Rational) -> Interval:
    """Return the interval of an exact number, one unit wide where binary64 cannot hold it."""
    rounded = float(value)
    exact = fraction_of(value)
    if Fraction(rounded) == exact:
        return Interval(rounded, rounded)
    if Fraction(rounded) < exact:
        return Interval(rounded, math.nextafter(rounded, math.inf))
    return Interval(math.nextafter(rounded, -math.inf), rounded)


def needs_guard(expression: Node) -> bool:
    """Return whether an operation's operand reaches the operation's singular point.

    The policy is that of :class:`nos_sym.language.operation.Guard`. ``sqrt(s_hat) + 1e-8`` and ``exp(w)`` are
    never zero and need none; ``sqrt(s_hat)`` reaches zero and does.
    """
    guard = expression.operation.guard
    if guard is Guard.QUOTIENT:
        return 0 in guarded_range(expression.operands[-1])
    if guard is Guard.LOGARITHM:
        return 0 in guarded_range(expression.operands[0])
    if guard is Guard.POWER:
        base, exponent = (guarded_range(a) for a in expression.operands)
        return 0 in base and exponent.can_be_negative
    return False
