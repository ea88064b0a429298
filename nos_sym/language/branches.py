"""What a name means behind ``if``, written so that many in a row stay small.

``where(c, x, y)`` has both values in it, so that each ``if`` doubles the tree of what it assigns. Most change
what was there, as ``w <- w - d`` does. Then the choice stands in the change alone, ``w - where(c, d, 0)``,
which is the same value.
"""

from __future__ import annotations

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.node import Node, size_of
from nos_sym.language.registry import apply

SMALL = 100
"""Up to how many nodes both values are written out, as the text has them."""

_NEUTRAL = {"add": Integer(0), "sub": Integer(0), "mul": Integer(1), "div": Integer(1), "scale": Integer(1)}
"""Operations to what they change nothing by."""


def changed(condition: Basic, value: Basic, other: Basic, before: Basic) -> Basic | None:
    """Return one value where a condition holds, else another, both of which change the value before.

    ``None`` where one of them does not, and where the value before is small.
    """
    if size_of(before) <= SMALL:
        return None
    first = _changed(condition, value, before, before)
    return None if first is None else _changed(apply("logical_not", condition), other, before, first)


def _changed(condition: Basic, value: Basic, before: Basic, base: Basic) -> Basic | None:
    """Return a change of a value, applied to a base where a condition holds; ``None`` where it is none."""
    changes: list[tuple[Node, int]] = []
    while value != before:
        if not isinstance(value, Node) or value.operation.name not in _NEUTRAL:
            return None
        # The value before is the larger operand: what is added to it is smaller than what it was.
        x, y = value.operands
        turned = value.operation.name in ("add", "mul") and size_of(y) > size_of(x)
        side = int(turned or value.operation.name == "scale")
        changes.append((value, side))
        value = value.operands[side]
        if size_of(value) < size_of(before):
            return None
    for change, side in reversed(changes):
        name = change.operation.name
        by = apply("where", condition, change.operands[1 - side], _NEUTRAL[name])
        # A factor of the step is a number of the shape behind an 'if'.
        base = apply("mul" if name == "scale" else name, *((by, base) if side else (base, by)))
    return base
