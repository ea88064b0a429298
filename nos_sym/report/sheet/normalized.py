"""Bounds of averages of what is bounded, as LaProp has them: of gradients over roots of averages of squares.

Where ``|m| <= M`` before a step and ``|y| <= B``, ``m' = a m + p y`` is at most ``|a| M + |p| B``. And where
``m' = a m + r y`` and ``n' = a n + r`` with a and r not negative, both from 0, ``|m'| <= B n'``: an average
with the weights of the rates is no larger than what is averaged, whatever the rates were.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.algebra.kernel import sign_of_poly
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.system import Recursion
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import range_of
from nos_sym.report.sheet.combinations import combination
from nos_sym.report.sheet.most import SLACK, Most
from nos_sym.report.sheet.steps import is_of_step, values_of_steps
from nos_sym.report.sheet.subject import RATE, WEIGHT, Subject

_ZERO, _ONE = Interval(0.0, 0.0), Interval(1.0, 1.0)
_BY = "an average being at most the sum of its weights times what it is taken of"
RangeOf = Callable[[Node], Interval]


def by_weights(subject: Subject, of: RangeOf, node: Node) -> Most | None:
    """Return a bound of an average of what is bounded, times numbers of the step.

    Args:
        subject: the optimizer.
        of: what finds ranges of tensors.
        node: the average.
    """
    for state in subject.states:
        if state.shared or is_of_step(state.old) or range_of(state.start) != _ZERO:
            continue
        above = combination(node, (state.new,))
        moved = combination(state.new, ())
        if set(above) != {state.new} or state.new in moved:
            continue
        kept = moved.pop(state.old, Integer(0))
        entering = {y: of(y) for y in moved if isinstance(y, Node)}
        if len(entering) < len(moved) or not all(x.bounded for x in entering.values()):
            continue
        sizes = [entering[y].absolute().high for y in entering]
        most, large, ended = 0.0, 0.0, False
        wanted = [kept, above[state.new], *moved.values()]
        for ended, values in values_of_steps(subject.states, wanted):
            entered = sum(
                values[p].absolute().high * size for p, size in zip(moved.values(), sizes, strict=True)
            )
            a = values[kept].absolute().high
            if ended:
                large = max(large, entered / (1 - a)) if a < 1 else math.inf
            large = a * large + entered
            if not math.isfinite(large):
                break
            most = max(most, values[above[state.new]].absolute().high * large)
        if ended and math.isfinite(large) and math.isfinite(most):
            return Most(most * SLACK, _BY)
    return None


def by_rates(subject: Subject, of: RangeOf) -> Most | None:
    """Return a bound of what moves the weight over the rate, of an average that the rates weigh.

    The move has to be ``w - lr m' / n'``; what stands in its place where the rate is 0 does not count.
    """
    for average in subject.states:
        moved = combination(subject.system.move, (average.new,))
        if set(moved) != {WEIGHT, average.new} or range_of(moved[WEIGHT]) != _ONE or average.shared:
            continue
        divisor = _divisor_of_rate(moved[average.new])
        if divisor is None or range_of(average.start) != _ZERO:
            continue
        for weights in subject.states:
            if weights.new == divisor and range_of(weights.start) == _ZERO and not weights.shared:
                found = _averaged(subject, average, weights)
                within = None if found is None else of(found)
                if within is not None and within.bounded:
                    return Most(within.absolute().high * SLACK, _BY)
    return None


def _divisor_of_rate(x: Basic) -> Basic | None:
    """Return n of ``lr / n`` or of its negative, where the rate is above 0."""
    if not isinstance(x, Node):
        return None
    name, operands = x.operation.name, x.operands
    if name == "neg":
        return _divisor_of_rate(operands[0])
    if name == "mul":
        for factor, other in (operands, operands[::-1]):
            if factor in (Integer(1), Integer(-1)):
                return _divisor_of_rate(other)
    if name == "where" and operands[0] in (
        apply("equal", RATE, Integer(0)),
        apply("equal", Integer(0), RATE),
    ):
        return _divisor_of_rate(operands[2])
    return operands[1] if name == "div" and operands[0] == RATE else None


def _averaged(subject: Subject, average: Recursion, weights: Recursion) -> Node | None:
    """Return y, where the average is one of y with the weights of another, which is one of numbers."""
    kept = combination(average.new, ()).get(average.old)
    if kept is None or not range_of(kept).nonnegative:
        return None
    entered = apply("sub", weights.new, apply("mul", kept, weights.old))
    rest = apply("sub", average.new, apply("scale", kept, average.old))
    (weight,) = subject.forms([entered])
    if sign_of_poly(weight) < 1:
        return None
    for y in walk(average.new):
        if not is_of_step(y) and average.old not in walk(y):
            first, second = subject.forms([rest, apply("scale", entered, y)])
            if first.digest == second.digest:
                return y
    return None
