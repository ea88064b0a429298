"""Values of stateless expressions at a point, over Python floats or over mpmath's numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import mpmath
from sympy.core.basic import Basic

from nos_sym.intervals.floats import FLOATS
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation, Role, reference_of
from nos_sym.language.plain_form import plain_form


def at(step: int = 0, total_steps: int = 1, gradient: float = 0.0, weight: float = 0.0) -> Any:
    """Return what the leaves of an expression see."""
    return SimpleNamespace(step=step, total_steps=total_steps, gradient=gradient, weight=weight)


def evaluate(expression: Basic, environment: Any) -> float:
    """Return the value of an expression by the references of its operations."""
    if not isinstance(expression, Node):
        return int(expression.p) / int(expression.q)
    operation = expression.operation
    if operation.role is Role.LEAF:
        parameters = [float(v) for v in expression.parameters]
        return float(reference_of(operation)(FLOATS, environment, *parameters))
    values = [evaluate(operand, environment) for operand in expression.operands]
    return reference(operation, *values, *expression.parameters)


def reference(operation: Operation, *arguments: Any) -> float:
    """Return the value of an operation over Python floats."""
    return float(reference_of(operation)(FLOATS, *arguments))


_EXACT = SimpleNamespace(
    log=mpmath.log, sqrt=mpmath.sqrt, exp=mpmath.exp, Abs=mpmath.fabs, erf=mpmath.erf, erfc=mpmath.erfc,
    asinh=mpmath.asinh, tanh=mpmath.tanh, atan=mpmath.atan, besseli=mpmath.besseli, sign=mpmath.sign,
    cos=mpmath.cos, Max=max, Min=min,
)  # fmt: skip


def exact(operation: Operation, *arguments: Any) -> Any:
    """Return the value of an operation over mpmath's numbers, by its SymPy form, in its precision."""
    _EXACT.pi = +mpmath.pi
    numbers = [mpmath.mpf(int(a.p)) / int(a.q) if isinstance(a, Basic) else mpmath.mpf(a) for a in arguments]
    if operation.name == "pow":
        numbers[1] = int(arguments[1])
    return plain_form(operation.name, _EXACT, *numbers)


def same(x: float, y: float, tolerance: float = 0.0) -> bool:
    """Return whether two floats agree to a relative tolerance; NaN agrees with NaN."""
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return x == y or math.isclose(x, y, rel_tol=tolerance)
