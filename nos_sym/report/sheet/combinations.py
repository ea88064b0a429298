"""Expressions as sums of tensors times numbers of the step, which are kept as expressions."""

from __future__ import annotations

from collections.abc import Collection

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.program.ranges import range_of
from nos_sym.report.sheet.steps import is_of_step

Combination = dict[Basic | None, Basic]
"""The number of each tensor, and under ``None`` what has none."""

_ZERO = Interval(0.0, 0.0)


def combination(x: Basic, whole: Collection[Basic]) -> Combination:
    """Return an expression as a sum of tensors times numbers of the step; itself once, where it is no sum.

    Args:
        x: the expression.
        whole: tensors that are not taken apart.
    """
    found = _combination(x, frozenset(whole))
    return _without_zeros(found)


def _combination(x: Basic, whole: frozenset[Basic]) -> Combination:
    if is_of_step(x):
        return {None: x}
    if x in whole or not isinstance(x, Node):
        return {x: Integer(1)}
    name, operands = x.operation.name, x.operands
    if name in ("add", "sub"):
        first, second = (_combination(o, whole) for o in operands)
        return _joined(first, second if name == "add" else _times(Integer(-1), second))
    if name == "neg":
        return _times(Integer(-1), _combination(operands[0], whole))
    if name in ("mul", "scale"):
        for factor, other in (operands, operands[::-1]):
            if is_of_step(factor):
                return _times(factor, _combination(other, whole))
        # Numbers leave a product of tensors that are no sums.
        parts = [list(_combination(o, whole).items()) for o in operands]
        if name == "mul" and all(len(part) == 1 for part in parts):
            (one, c), (other, d) = (part[0] for part in parts)
            if one is not None and other is not None and (one, other) != operands:
                return {apply("mul", one, other): _product(c, d)}
    if name == "div" and is_of_step(operands[1]):
        return _times(apply("div", Integer(1), operands[1]), _combination(operands[0], whole))
    if name == "wmean":
        (weight,) = x.parameters
        rest = apply("sub", Integer(1), weight)
        first, second = (_combination(o, whole) for o in operands)
        return _joined(_times(weight, first), _times(rest, second))
    return {x: Integer(1)}


def _without_zeros(x: Combination) -> Combination:
    return {part: c for part, c in x.items() if range_of(c) != _ZERO}


def _times(c: Basic, x: Combination) -> Combination:
    return _without_zeros({part: _product(c, d) for part, d in x.items()})


def _product(c: Basic, d: Basic) -> Basic:
    if Integer(1) in (c, d):
        return d if c == 1 else c
    return apply("mul", c, d)


def _joined(x: Combination, y: Combination) -> Combination:
    found = dict(x)
    for part, c in y.items():
        found[part] = apply("add", found[part], c) if part in found else c
    return found
