"""Plain SymPy: the same expression in SymPy's own functions, for calculus and for other tools.

SymPy simplifies what it builds, which serves a reader of an ordinary rule and never ends for some others: it
multiplies ``2^(10^12)`` out, compares towers of exponentials by their digits, and asks nested functions for
their sign again and again. Such rules are built without simplification, or refused.
"""

from __future__ import annotations

import math
from typing import Any

import sympy
from sympy.core.basic import Basic
from sympy.printing.str import StrPrinter

from nos_sym.errors import RuleError, loaded_once
from nos_sym.language.kind import Kind
from nos_sym.language.node import MAX_DEPTH, Node, depth_of, kind_of, size_of
from nos_sym.language.plain_form import plain_form
from nos_sym.language.setting import is_setting, setting_default

with loaded_once("the import of SymPy's forms of the operations"):
    from nos_sym.language import plain_table as _table  # noqa: F401 - fills the table of forms

MAX_PLAIN = 5_000
"""Nodes of a plain SymPy expression, counted as a tree: functions that SymPy lacks are written out."""

_DEEPEST = 12
_LARGEST = 150
_MOST_DIGITS = 300.0
_MOST_MAGNITUDE = 1e5


Magnitude = tuple[float, float]
"""Lower and upper bound of ``ln |x|``."""


class _Unwieldy(Exception):
    """SymPy would not be done with a comparison of such numbers."""


def to_sympy(expression: Basic) -> Any:
    """Return a plain SymPy expression; see :meth:`nos_sym.Rule.sympy`.

    Raises:
        RuleError: with every function written out, the expression has more than :data:`MAX_PLAIN` nodes or
            150 levels, or a number of it is beyond what SymPy can compare with others.
    """
    return _convert(expression)[0]


def print_plain(expression: Basic, *, ascent: bool = False, simplify: bool = True) -> str:
    """Return the text of the plain SymPy expression, negated for ``ascent``; see :func:`to_sympy`.

    Without ``simplify``, SymPy writes the expression as it is. The reader of plain SymPy reads either.
    """
    form, simplified = _convert(expression, simplify)
    # SymPy sorts the terms of a sum by what they come to, which is a simplification too.
    with sympy.evaluate(simplified):
        printer = _Printer({"order": None if simplified else "none"})
        return str(printer.doprint(-form if ascent else form))


class _Printer(StrPrinter):  # type: ignore[misc]
    """SymPy's printer, which leaves out the parentheses of the fraction in ``-1/(1/2)``, a wrong text."""

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:
        """Return the text of a part of a product or power, with the parentheses that it needs."""
        if level and item.is_Rational and item.q != 1:
            return f"({self._print(item)})"
        return str(super().parenthesize(item, level, strict))


def _convert(expression: Basic, simplify: bool = True) -> tuple[Any, bool]:
    """Return the plain form, and whether SymPy has simplified it."""
    ordinary = simplify and depth_of(expression) <= _DEEPEST and size_of(expression) <= _LARGEST
    if ordinary and _digits(expression) <= _MOST_DIGITS:
        try:
            return _Conversion(_MOST_MAGNITUDE).convert(expression), True
        except _Unwieldy:
            pass
    with sympy.evaluate(False):
        return _Conversion(math.inf, _WITHOUT_COMPARISONS).convert(expression), False


class _WithoutComparisons:
    """SymPy, with a maximum and a minimum that heed ``sympy.evaluate(False)`` as everything else does."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sympy, name)

    @staticmethod
    def Max(*arguments: Any) -> Any:  # noqa: N802 - SymPy's name
        return sympy.Max(*arguments, evaluate=False)

    @staticmethod
    def Min(*arguments: Any) -> Any:  # noqa: N802 - SymPy's name
        return sympy.Min(*arguments, evaluate=False)


_WITHOUT_COMPARISONS = _WithoutComparisons()


class _Conversion:
    """One walk over an expression; shared nodes are converted once."""

    def __init__(self, magnitude: float, functions: Any = sympy) -> None:
        self.magnitude = magnitude
        self.functions = functions
        self.done: dict[Basic, Any] = {}
        self.measured: dict[Any, tuple[int, int, Magnitude]] = {}

    def convert(self, node: Basic) -> Any:
        if not isinstance(node, Node):
            return node
        if is_setting(node):
            return setting_default(node)
        if node not in self.done:
            arguments = [self.convert(a) for a in node.operands]
            plain = self._form(node, arguments)
            size, levels, (low, high) = self._measure(plain)
            magnitude = max(-low, high)
            if size > MAX_PLAIN or levels > MAX_DEPTH:
                raise RuleError(
                    f"the rule is too large for SymPy; expected at most {MAX_DEPTH} levels and {MAX_PLAIN} "
                    "nodes with every function written out"
                )
            if magnitude > _MOST_MAGNITUDE and kind_of(node) is Kind.NUMBER:
                raise RuleError("a number of the rule is beyond SymPy; expected e^-100000 to e^100000")
            if magnitude > self.magnitude:
                raise _Unwieldy
            self.done[node] = plain
        return self.done[node]

    def _form(self, node: Node, arguments: list[Any]) -> Any:
        operation = node.operation
        if operation.kind is Kind.STEP and operation.meaning.definition is not None:
            return self.convert(operation.meaning.definition())
        return plain_form(operation.name, self.functions, *arguments, *map(self.convert, node.parameters))

    def _measure(self, plain: Any) -> tuple[int, int, Magnitude]:
        """Return nodes and levels of a SymPy expression, and the magnitude that its numbers may come to."""
        if plain not in self.measured:
            parts = [self._measure(a) for a in plain.args]
            size = 1 + sum(part[0] for part in parts)
            levels = 1 + max((part[1] for part in parts), default=0)
            self.measured[plain] = size, levels, _magnitude(plain, [part[2] for part in parts])
        return self.measured[plain]


def _magnitude(plain: Any, parts: list[Magnitude]) -> Magnitude:
    """Return bounds of ``ln |x|`` of a SymPy expression whose symbols are 1 (they may cancel)."""
    low, high = min((p[0] for p in parts), default=0.0), max((p[1] for p in parts), default=0.0)
    if plain.is_Rational:
        return _logarithm_of(plain), _logarithm_of(plain)
    if isinstance(plain, (sympy.exp, sympy.besseli)):
        return -_exp(high), _exp(high)
    if isinstance(plain, sympy.erfc):
        return -_exp(2 * high), 1.0
    if plain.is_Pow:
        power = max(-parts[0][0], parts[0][1]) * _exp(parts[1][1])
        return -power, power
    if plain.is_Mul:
        return sum(p[0] for p in parts), sum(p[1] for p in parts)
    if isinstance(plain, (sympy.erf, sympy.cos, sympy.tanh, sympy.atan)):
        return low, min(high, 1.0)
    return low, high + (math.log(len(parts)) if plain.is_Add else 0.0)


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
        return abs(_logarithm_of(expression)) + 1
    parts = [_logarithm(a) for a in expression.operands]
    if expression.operation.name == "pow":
        return parts[0] * float(expression.parameters[0])
    if expression.operation.name == "abspow":
        return parts[0] * _exp(parts[1])
    return sum(parts)


def _logarithm_of(value: Any) -> float:
    """Return ``ln |x|`` of a rational, which may be beyond binary64; 0 for 0."""
    return math.log(abs(int(value.p))) - math.log(int(value.q)) if value.p != 0 else 0.0


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf
