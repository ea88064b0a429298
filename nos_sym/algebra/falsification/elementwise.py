"""Ranges of elementwise operations, with the values of the language at their singular points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nos_sym.algebra.falsification.choices import DECIDED, has_jumped
from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.node import Node
from nos_sym.language.singularity import DIVISION, POWER

_EVERYWHERE: dict[str, Callable[[Interval], Interval]] = {"cospi": iv.cospi, "i1e": iv.i1e}
"""Ranges that are close everywhere, of operations whose own range is close only where they are monotone."""

_ONE = iv.point(1.0)
_ZERO = iv.point(0.0)


def both(x: Interval, y: Interval) -> Interval:
    """Return what two enclosures of one value say; where they contradict each other, nothing is known."""
    try:
        return iv.intersection(x, y)
    except ValueError:
        return REALS


def elementwise(expression: Node, operands: Sequence[Interval]) -> Interval:
    """Return the range of an operation over ranges of its operands."""
    operation = expression.operation
    if operation.name == "mul" and expression.operands[0] == expression.operands[1]:
        return iv.square(operands[0])
    decided = DECIDED.get(operation.name)
    if decided is not None:
        return decided(*operands)
    found = by_record(expression, operands)
    singularity = operation.meaning.singularity
    if singularity is not None and singularity.reached(operands):
        return _at_singularity(expression, operands, found)
    closer = _EVERYWHERE.get(operation.name)
    return found if closer is None else both(found, closer(operands[0]))


def is_tie(expression: Node, operands: Sequence[Interval], found: Interval) -> bool:
    """Return whether operands reach a place where an operation jumps, so that its enclosure is wide."""
    singularity = expression.operation.meaning.singularity
    if singularity is not None:
        return singularity.reached(operands)
    return has_jumped(expression.operation.name, operands, found)


def _at_singularity(expression: Node, operands: Sequence[Interval], away: Interval) -> Interval:
    """Return the range of a total function over operands that reach a singular point of its formula."""
    singularity = expression.operation.meaning.singularity
    base = operands[0] if singularity is not DIVISION else operands[-1]
    exactly = base.low == base.high == 0
    if singularity is DIVISION:
        return _ZERO if exactly else away.hull(_ZERO)
    if singularity is POWER:
        negative = operands[1].high < 0
        return _ZERO if exactly and negative else away.hull(_ZERO).hull(_ONE)
    # Nothing is known of ln 0, nor of the value that another operation has at its singular points.
    return REALS


def by_record(expression: Node, operands: Sequence[Interval]) -> Interval:
    """Return what the record says of the range; all reals where a parameter is no number."""
    if any(isinstance(p, Node) for p in expression.parameters):
        return REALS
    return expression.operation.meaning.range(*operands, *expression.parameters)
