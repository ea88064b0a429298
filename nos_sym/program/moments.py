"""Which coefficients are those of averages of the gradient, the first moment that schedulers cycle."""

from __future__ import annotations

from collections.abc import Iterator

from sympy.core.basic import Basic

from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.setting import is_setting, setting_name, settings_of
from nos_sym.language.traversal import walk


def first_moments(expressions: list[Basic], block: Block | None = None) -> frozenset[str]:
    """Return the settings that are coefficients of averages of what is linear in gradient and weight.

    ``b`` is one in ``ema(g, b)`` and in ``s <- b s + (1 - b) (g + 0.1 w)``, and none in
    ``s <- b s + (1 - b) g^2``.

    Args:
        expressions: all of a rule, whose states have no names.
        block: the rule where it is a block.
    """
    found: set[str] = set()
    for expression in expressions:
        for node in walk(expression):
            if not node.operands or not is_linear(node.operands[0]):
                continue
            described = zip(node.operation.parameters, node.parameters, strict=True)
            found.update(setting_name(x) for p, x in described if p.setting and is_setting(x))
    for state in block.states if block is not None else ():
        if is_linear(state.new, state.old):
            factors = _factors(state.new, state.old)
            found |= {setting_name(x) for factor in factors for x in settings_of(factor)}
    return frozenset(found)


def is_linear(expression: Basic, old: Basic | None = None) -> bool:
    """Return whether an expression is a linear form of the gradient, with or without weight and old value."""
    return _degree(expression, old) == 1 and any(n.operation.name == "g" for n in walk(expression))


def _degree(expression: Basic, old: Basic | None) -> int | None:
    """Return 1 for a linear form, 0 for a number of the step, and ``None`` for anything else."""
    if not isinstance(expression, Node):
        return 0
    name = expression.operation.name
    if expression == old or name in ("g", "w"):
        return 1
    if not expression.operands:
        return 0 if expression.kind.of_step else None
    degrees = [_degree(x, old) for x in expression.operands]
    if None in degrees:
        return None
    if not any(degrees):
        return 0
    match name:
        case "add" | "sub":
            return 1 if all(degrees) else None
        case "mul" | "scale":
            return 1 if sum(d or 0 for d in degrees) == 1 else None
        case "div":
            return 1 if degrees == [1, 0] else None
        case "neg" | "ema" | "ema_hat":
            return 1
    return None


def _factors(expression: Basic, old: Basic) -> Iterator[Basic]:
    """Yield the factors that the old value has in a linear form."""
    if not isinstance(expression, Node) or old not in walk(expression):
        return
    for operand in expression.operands:
        if old in walk(operand):
            yield from _factors(operand, old)
        elif expression.operation.name in ("mul", "scale", "div"):
            yield operand
