"""Ranges of expressions, and from them the places where the numeric layer needs a guard.

Weights and gradients are any real numbers, decay functions any step ``0 <= t < T`` of any total ``T >= 1``,
settings any value of their domain. The analysis is that of the lowering: an expression has the range of the
value that it becomes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from sympy.core.basic import Basic

from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.block import Block, expressions_of
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.setting import is_setting, setting_domain
from nos_sym.language.state import is_old_value
from nos_sym.language.traversal import walk
from nos_sym.program.blocks import ranges_of_states
from nos_sym.program.expressions import Lowering


@lru_cache(maxsize=65_536)
def range_of(expression: Basic) -> Interval:
    """Return an interval that holds every value of the expression, with what guards put in.

    ``1 / s_hat`` is positive, but its guard makes it 0 where ``s_hat`` is 0: whoever divides by it needs a
    guard in turn.

    Requires: nodes of the registry. Ensures: an enclosure; ends that are not exact are rounded outward.
    """
    if not isinstance(expression, Node):
        return number_range(expression)
    if is_setting(expression):
        return setting_domain(expression)
    if is_old_value(expression):
        return REALS
    operation = expression.operation
    if operation.role is Role.LEAF and operation.meaning.definition is None:
        return operation.meaning.range(*(range_of(p) for p in expression.parameters))
    parts = [a for a in (*expression.operands, *expression.parameters) if isinstance(a, Node)]
    lowering = Lowering(ranges={part: range_of(part) for part in parts})
    lowering.draw_all([expression])
    return lowering.lower(expression).range


def ranges_within(block: Block) -> Callable[[Basic], Interval]:
    """Return a function that gives the range of an expression of a block, whose states have theirs."""
    lowering = Lowering(ranges=ranges_of_states(block))

    @cache
    def found(expression: Basic) -> Interval:
        if expression not in lowering.done:
            lowering.draw_all([expression])
            for node in walk(expression):
                lowering.lower(node)
        return lowering.lower(expression).range

    for expression in expressions_of(block):
        found(expression)

    return found


def needs_guard(expression: Node) -> bool:
    """Return whether an operation's operand reaches the operation's singular point.

    The policy is that of :mod:`nos_sym.language.singularity`. ``sqrt(s_hat) + 1e-8`` and ``exp(w)`` are never
    zero and need none; ``sqrt(s_hat)`` reaches zero and does.
    """
    singularity = expression.operation.meaning.singularity
    if singularity is None:
        return False
    return singularity.reached([range_of(a) for a in expression.operands])
