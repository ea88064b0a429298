"""Plain SymPy: the same expression in SymPy's own functions, for calculus and for other tools.

SymPy simplifies what it builds, which serves a reader of an ordinary rule and never ends for some others: it
multiplies ``2^(10^12)`` out, compares towers of exponentials by their digits, and asks nested functions for
their sign again and again. Such rules are built without simplification.
"""

from __future__ import annotations

import math
from typing import Any

import sympy
from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import Node, depth_of, size_of

MAX_PLAIN = 5_000
"""Nodes of a plain SymPy expression, counted as a tree: functions that SymPy lacks are written out."""

_DEEPEST = 12
_LARGEST = 150
_MOST_DIGITS = 300.0
_MOST_MAGNITUDE = 1e4


class _Unwieldy(Exception):
    """SymPy would not be done with a comparison of such numbers."""


def to_sympy(expression: Basic) -> Any:
    """Return a plain SymPy expression; see :meth:`nos_sym.Rule.sympy`.

    Raises:
        RuleError: the expression has more than :data:`MAX_PLAIN` nodes when it is written out.
    """
    ordinary = depth_of(expression) <= _DEEPEST and size_of(expression) <= _LARGEST
    if ordinary and _digits(expression) <= _MOST_DIGITS:
        try:
            return _Conversion(_MOST_MAGNITUDE).convert(expression)
        except _Unwieldy:
            pass
    with sympy.evaluate(False):
        return _Conversion(math.inf).convert(expression)


class _Conversion:
    """One walk over an expression; shared nodes are converted once."""

    def __init__(self, magnitude: float) -> None:
        self.magnitude = magnitude
        self.done: dict[Basic, Any] = {}
        self.measured: dict[Any, tuple[int, float]] = {}

    def convert(self, node: Basic) -> Any:
        if not isinstance(node, Node):
            return node
        if node not in self.done:
            arguments = [self.convert(a) for a in node.operands]
            plain = node.operation.sympy(sympy, *arguments, *node.parameters)
            size, magnitude = self._measure(plain)
            if size > MAX_PLAIN:
                raise RuleError(f"the rule is too large for SymPy; expected at most {MAX_PLAIN} nodes")
            if magnitude > self.magnitude:
                raise _Unwieldy
            self.done[node] = plain
        return self.done[node]

    def _measure(self, plain: Any) -> tuple[int, float]:
        """Return the nodes of a SymPy expression and the magnitude that its numbers may come to."""
        if plain not in self.measured:
            parts = [self._measure(a) for a in plain.args]
            size = 1 + sum(s for s, _ in parts)
            self.measured[plain] = size, _magnitude(plain, [m for _, m in parts])
        return self.measured[plain]


def _magnitude(plain: Any, parts: list[float]) -> float:
    """Return a bound of ``|ln x|`` of a SymPy expression whose symbols are 1 (they may cancel)."""
    if plain.is_Rational:
        return _number(plain)
    if isinstance(plain, (sympy.exp, sympy.besseli, sympy.erfc)):
        return _exp(2 * parts[-1] if isinstance(plain, sympy.erfc) else parts[-1])
    if plain.is_Pow:
        return parts[0] * _exp(parts[1])
    if plain.is_Mul:
        return sum(parts)
    return max(parts, default=0.0) + (math.log(len(parts)) if plain.is_Add else 0.0)


def _digits(expression: Basic) -> float:
    """Return a bound of the digits of a number that exact powers within an expression may have."""
    if not isinstance(expression, Node):
        return float(len(str(expression)))
    parts = [_digits(a) for a in expression.operands]
    if expression.operation.name == "pow":
        return parts[0] * float(expression.parameters[0])
    if expression.operation.name == "abspow":
        # Whatever cancels in the exponent, it is at most the product of its numbers.
        return parts[0] * _exp(_logarithm(expression.operands[1])) + parts[1]
    return sum(parts) + 1


def _logarithm(expression: Basic) -> float:
    """Return a bound of ``|ln x|`` for the numbers that an expression may come to by cancellation."""
    if not isinstance(expression, Node):
        return _number(expression) + 1
    parts = [_logarithm(a) for a in expression.operands]
    if expression.operation.name == "pow":
        return parts[0] * float(expression.parameters[0])
    if expression.operation.name == "abspow":
        return parts[0] * _exp(parts[1])
    return sum(parts)


def _number(value: Any) -> float:
    """Return ``|ln |x||`` of a rational, which may be beyond binary64; 0 for 0."""
    return abs(math.log(abs(int(value.p))) - math.log(int(value.q))) if value.p != 0 else 0.0


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf
