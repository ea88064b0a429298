"""Operations that are lowered otherwise than by their definitions: faster, or with less overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sympy.core.numbers import Integer

from nos_sym.intervals import interval as iv
from nos_sym.language.node import Node
from nos_sym.program.program import Value
from nos_sym.program.saturation import overflows

if TYPE_CHECKING:
    from nos_sym.program.expressions import Lowering


def _clip(lowering: Lowering, expression: Node) -> Value:
    """Clip by one minimum where the operand has no negative side."""
    x, y = (lowering.lower(a) for a in expression.operands)
    bound = lowering.absolute(y)
    if not x.range.nonnegative:
        x = lowering.value("max", (x, lowering.value("neg", (bound,))))
    return lowering.value("min", (x, bound), label=expression.operation.noun)


def _root_quotient(lowering: Lowering, expression: Node) -> Value:
    """Divide by the root of 1 + y^2, which is |y| where 1 is lost in rounding and y^2 may overflow."""
    x, y = (lowering.lower(a) for a in expression.operands)
    one = lowering.constant(1.0)
    if not lowering.saturating or not overflows(iv.square(y.range)):
        square = lowering.value("pow", (y,), (Integer(2),))
        root = lowering.value("sqrt", (lowering.value("add", (one, square)),))
    else:
        size = lowering.absolute(y)
        near = lowering.value("min", (size, lowering.constant(_LOST)))
        square = lowering.value("pow", (near,), (Integer(2),))
        root = lowering.value("sqrt", (lowering.value("add", (one, square)),))
        root = lowering.value("max", (size, root))
    return lowering.value("div", (x, root), label=expression.operation.noun)


def _tanh_derivative(lowering: Lowering, expression: Node) -> Value:
    """Write ``1 - tanh(x)^2``, which cancels, as ``4 e / (1 + e)^2`` with ``e = exp(-2 |x|)``."""
    (x,) = (lowering.lower(a) for a in expression.operands)
    if x.is_constant or x.range.absolute().high <= 1:
        return lowering.defined(expression)
    exponent = lowering.value("mul", (lowering.constant(-2.0), lowering.absolute(x)))
    e = lowering.value("exp", (exponent,))
    square = lowering.value("pow", (lowering.value("add", (lowering.constant(1.0), e)),), (Integer(2),))
    value = lowering.value("div", (lowering.value("mul", (lowering.constant(4.0), e)), square))
    value.range = lowering.enclosure(expression.operation, (x,))
    value.label = value.label or expression.operation.noun
    return value


_LOST = 1e9
"""From here on the root of 1 + y^2 is |y| in binary64."""

OPTIMIZED: dict[str, Callable[[Lowering, Node], Value]] = {
    "clip": _clip,
    "rdiv": _root_quotient,
    "dtanh": _tanh_derivative,
}
"""Operations that are written otherwise than by their definitions."""
