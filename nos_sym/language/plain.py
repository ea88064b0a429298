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
_TALLEST = 2
_EXPONENTIAL = (sympy.exp, sympy.cos, sympy.erf, sympy.erfc, sympy.besseli)


class _Unwieldy(Exception):
    """SymPy would not be done with a comparison of such an expression."""


def to_sympy(expression: Basic) -> Any:
    """Return a plain SymPy expression; see :meth:`nos_sym.Rule.sympy`.

    Raises:
        RuleError: the expression has more than :data:`MAX_PLAIN` nodes when it is written out.
    """
    ordinary = depth_of(expression) <= _DEEPEST and size_of(expression) <= _LARGEST
    if ordinary and _digits(expression) <= _MOST_DIGITS:
        try:
            return _Conversion(_TALLEST).convert(expression)
        except _Unwieldy:
            pass
    with sympy.evaluate(False):
        return _Conversion(None).convert(expression)


class _Conversion:
    """One walk over an expression; shared nodes are converted once."""

    def __init__(self, tallest: int | None) -> None:
        self.tallest = tallest
        self.done: dict[Basic, Any] = {}
        self.measured: dict[Any, tuple[int, int]] = {}

    def convert(self, node: Basic) -> Any:
        if not isinstance(node, Node):
            return node
        if node not in self.done:
            arguments = [self.convert(a) for a in node.operands]
            plain = node.operation.sympy(sympy, *arguments, *node.parameters)
            size, height = self._measure(plain)
            if size > MAX_PLAIN:
                raise RuleError(f"the rule is too large for SymPy; expected at most {MAX_PLAIN} nodes")
            if self.tallest is not None and height > self.tallest:
                raise _Unwieldy
            self.done[node] = plain
        return self.done[node]

    def _measure(self, plain: Any) -> tuple[int, int]:
        """Return the nodes of a SymPy expression, and how many exponentials are inside one another."""
        if plain not in self.measured:
            parts = [self._measure(a) for a in plain.args]
            height = max((h for _, h in parts), default=0) + isinstance(plain, _EXPONENTIAL)
            self.measured[plain] = 1 + sum(s for s, _ in parts), height
        return self.measured[plain]


def _digits(expression: Basic) -> float:
    """Return a bound of the digits of a number that exact powers within an expression may have."""
    if not isinstance(expression, Node):
        return float(len(str(expression)))
    parts = [_digits(a) for a in expression.operands]
    if expression.operation.name == "pow":
        return parts[0] * float(expression.parameters[0])
    if expression.operation.name == "abspow":
        # Whatever cancels in the exponent, it is at most the product of its numbers.
        size = _logarithm(expression.operands[1])
        return parts[0] * math.exp(size) + parts[1] if size < _MOST_DIGITS else math.inf
    return sum(parts) + 1


def _logarithm(expression: Basic) -> float:
    """Return a bound of ``|ln x|`` for the numbers that an expression may come to by cancellation."""
    if not isinstance(expression, Node):
        return abs(math.log(float(expression))) + 1 if expression != 0 else 1.0
    parts = [_logarithm(a) for a in expression.operands]
    if expression.operation.name == "pow":
        return parts[0] * float(expression.parameters[0])
    if expression.operation.name == "abspow":
        return parts[0] * math.exp(parts[1]) if parts[1] < _MOST_DIGITS else math.inf
    return sum(parts)
