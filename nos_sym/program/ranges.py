"""Ranges of expressions, and from them the places where the numeric layer needs a guard.

Weights and gradients are any real numbers, decay functions any step ``0 <= t < T`` of any total ``T >= 1``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation, Role
from nos_sym.language.state import next_state, previous_state

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
    singularity = operation.meaning.singularity
    assert singularity is not None
    return singularity.enclosure(operands, enclosure, operation.meaning.range)


def _range(expression: Basic, of: Ranges) -> Interval:
    if not isinstance(expression, Node):
        return number_range(expression)
    operation = expression.operation
    if operation.role is Role.LEAF and operation.kind is Kind.TENSOR:
        return REALS
    if operation.state is not None:
        return _state_range(expression, of)
    operands = expression.operands
    if operation.name == "mul" and operands[0] == operands[1]:
        return iv.of_absolute(iv.increasing(lambda v: v * v))(of(operands[0]))
    return operation.meaning.range(*(of(a) for a in operands), *expression.parameters)


_WIDENED = 4
"""Rounds after which the range of a state that still grows is taken for infinite where it does."""


def _state_range(state: Node, of: Ranges) -> Interval:
    """Return the range of a state, which is 0 before the first step: a fixpoint of its recursion."""
    known = iv.point(0.0)
    for count in range(2 * _WIDENED):
        new = _range_with(next_state(state), {previous_state(state): known}, of)
        wider = known.hull(new)
        if wider == known:
            return new
        if count >= _WIDENED:
            low = -math.inf if wider.low < known.low else wider.low
            high = math.inf if wider.high > known.high else wider.high
            wider = Interval(low, high)
        known = wider
    return REALS


def _range_with(expression: Basic, known: dict[Basic, Interval], of: Ranges) -> Interval:
    """Return the range of an expression in which some nodes have a range that is given."""
    if expression in known:
        return known[expression]
    if not isinstance(expression, Node) or expression.operation.state is not None:
        return of(expression)
    ranges = [_range_with(a, known, of) for a in expression.operands]
    if not ranges:
        return of(expression)
    operation = expression.operation
    enclosure = operation.meaning.range(*ranges, *expression.parameters)
    if operation.meaning.singularity is not None and operation.meaning.singularity.reached(ranges):
        return with_guard(operation, tuple(ranges), enclosure)
    return enclosure


def needs_guard(expression: Node) -> bool:
    """Return whether an operation's operand reaches the operation's singular point.

    The policy is that of :mod:`nos_sym.language.singularity`. ``sqrt(s_hat) + 1e-8`` and ``exp(w)`` are never
    zero and need none; ``sqrt(s_hat)`` reaches zero and does.
    """
    singularity = expression.operation.meaning.singularity
    if singularity is None:
        return False
    return singularity.reached([guarded_range(a) for a in expression.operands])
