"""The LaTeX printer of expressions: the registry's templates, with brackets only where a template needs them.

A template is a format string. ``{0}`` and ``{1}`` are the operands where the template delimits them itself;
``{0:product}`` asks for brackets around anything that binds less tightly than a product (the names are those
of :class:`~nos_sym.backends.latex.measure.Level`); ``{0:|sum}`` asks for bars instead, unless the range of
the operand shows that it is never negative. ``{beta}`` is a parameter and ``{co_beta}`` is 1 minus it, with
the same names of levels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.backends.latex.form import form_of
from nos_sym.backends.latex.measure import Level, is_cases, level_of, with_large_parts
from nos_sym.backends.latex.names import symbols_of
from nos_sym.errors import RenderError, quoted
from nos_sym.intervals.interval import Interval
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node, is_number
from nos_sym.language.operands import BY_NAME
from nos_sym.language.registry import CLASSES
from nos_sym.language.setting import is_setting, setting_name
from nos_sym.language.state import next_state, previous_state
from nos_sym.program.ranges import range_of

PAPER_SYMBOLS: Mapping[Basic, str] = {
    symbol: text
    for name, letter in (("v_hat", " v"), ("s_hat", " s"), ("lam_hat", r"\lambda"))
    for hat in [BY_NAME[name].expression]
    for symbol, text in ((hat, rf"\hat{letter}_t"), (CLASSES["ema"](*hat.args), f"{letter.strip()}_t"))
}
"""The averages of Table 2, hats with bias correction, in the paper's symbols."""


Fields: TypeAlias = Mapping[str, "_Piece"]
_NO_FIELDS: Fields = {}
_LAST = re.compile(r"\{(\d)(?::[a-z|]*)?\}\Z")
"""The operand at the end of a template."""

_PRODUCTS = ("scale", "mul")
_TURNED = {"less": "{1:signed} > {0}", "less_equal": r"{1:signed} \ge {0}"}
"""Comparisons of a number with a value, which is read first."""


def latex_expression(expression: Basic, symbols: Mapping[Basic, str] | None = None) -> str:
    r"""Return an expression in LaTeX, for example ``\tanh(a_{9}\,\hat v_t)``.

    Args:
        expression: an expression of the language.
        symbols: LaTeX of the subexpressions that have a symbol of their own; those of the paper if left out.
    """
    return ExpressionPrinter(PAPER_SYMBOLS if symbols is None else symbols).print(expression)


class ExpressionPrinter:
    """Prints expressions, each distinct node once.

    Attributes:
        symbols: LaTeX of the subexpressions that have a symbol.
    """

    def __init__(self, symbols: Mapping[Basic, str], ranges: Callable[[Basic], Interval] = range_of) -> None:
        self.symbols = dict(symbols)
        self.range_of = ranges
        self._plain: dict[Basic, str] = {}

    def print(self, expression: Basic) -> str:
        """Return the LaTeX of an expression, or the symbol that it has."""
        return with_large_parts(self.plain(expression))

    def plain(self, expression: Basic) -> str:
        """Return the same with all brackets of one size."""
        symbol: str | None = self.symbols.get(expression)
        if symbol is not None:
            return symbol
        if not isinstance(expression, Node):
            return number_latex(expression)
        if is_setting(expression):
            name = setting_name(expression)
            return str(symbols_of((name,))[name])
        if expression not in self._plain:
            self._plain[expression] = self._with_one_fraction(expression) or self.definition(expression)
        return self._plain[expression]

    def definition(self, node: Node) -> str:
        """Return what a node means in LaTeX, also where it has a symbol."""
        template = form_of(node.operation).template
        if node.operation.name in _TURNED and is_number(node.operands[0]):
            return self._fill(_TURNED[node.operation.name], node.operands)
        return self._fill(template, node.operands, self._fields(node))

    def recursion(self, state: Node, previous: str) -> str:
        """Return the update of a state in LaTeX, given the symbol of its previous value."""
        self.symbols[previous_state(state)] = previous
        return self.plain(next_state(state))

    def atom(self, expression: Basic) -> str:
        """Return an expression in LaTeX, in brackets unless it is one symbol or number."""
        return f"{_Piece(self.plain(expression), False):atom}"

    def _fields(self, node: Node) -> Fields:
        """Return the parameters of a node, and one minus each."""
        fields = {}
        for parameter, value in zip(node.operation.parameters, node.parameters, strict=True):
            fields[parameter.name] = _Piece(self.plain(value), False)
            rest = f"1 - {self.plain(value)}" if isinstance(value, Node) else number_latex(1 - value)
            fields[f"co_{parameter.name}"] = _Piece(rest, False)
        return fields

    def _fill(self, template: str, operands: Iterable[Basic], fields: Fields = _NO_FIELDS) -> str:
        last = _LAST.search(template)
        pieces = [
            _Piece(self.plain(a), self.range_of(a).nonnegative, last is not None and last[1] == str(index))
            for index, a in enumerate(operands)
        ]
        try:
            return _separate_numbers(template.format(*pieces, **fields))
        except (LookupError, ValueError) as error:
            raise RenderError(
                f"the LaTeX template {quoted(template)} cannot be filled: {error}; it may name the operands "
                "{0}, {1} and the parameters of its operation"
            ) from error

    def _with_one_fraction(self, node: Node) -> str | None:
        """Return ``(a/b x)/y`` as ``a/b (x/y)`` and ``(1/y) x`` as ``x/y``; ``None`` for another node.

        A fraction inside a fraction would be printed too small to read.
        """
        fraction = form_of(CLASSES["div"].operation).template
        if node.operation.name in _PRODUCTS:
            factor, rest = node.operands
            if self._is(factor, ("div",)) and factor.args[0] == 1:
                return self._fill(fraction, (rest, factor.args[1]))
        if node.operation.name == "div" and self._is(node.operands[0], _PRODUCTS):
            factor, rest = node.operands[0].args
            if self._is(factor, ("div",)):
                quotient = self._fill(fraction, (rest, node.operands[1]))
                return rf"{self.plain(factor)}\,{quotient}"
        return None

    def _is(self, expression: Basic, names: tuple[str, ...]) -> bool:
        """Return whether an expression is one of these operations and has no symbol."""
        is_node = isinstance(expression, Node) and expression.operation.name in names
        return is_node and expression not in self.symbols

    def name(self, expression: Basic, symbol: str) -> None:
        """Give an expression a symbol, which stands for it everywhere from now on."""
        self.symbols[expression] = symbol
        self._plain.clear()


class _Piece:
    """The LaTeX of an operand, which knows the brackets that a place asks for."""

    def __init__(self, text: str, nonnegative: bool, last: bool = False) -> None:
        self.text = text
        self.nonnegative = nonnegative
        self.last = last

    def __format__(self, place: str) -> str:
        name = place.removeprefix("|")
        if name != place and not self.nonnegative:
            return rf"\lvert {self.text} \rvert"
        # A place that delimits its operand takes whatever binds; to read it would make nesting a square.
        fits = not name or level_of(self.text) >= Level[name.upper()]
        # Nothing follows cases at the end, which they could take; behind a comparison the next case does.
        alone = self.last and not fits and name != "signed" and is_cases(self.text)
        return self.text if fits or alone else f"({self.text})"


def number_latex(value: Rational) -> str:
    r"""Return an exact number in LaTeX, for example ``0.9``, ``10^{-5}`` or ``2.5 \cdot 10^{-7}``."""
    mantissa, _, exponent = decimal_text(value).partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{exponent}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def _separate_numbers(text: str) -> str:
    """Return the text with a dot before a factor that begins with a digit, and the number before pi."""
    text = re.sub(r"\\pi\\,([0-9.]+)\\,", r"\1\\pi\\,", text)
    return re.sub(r"\\,(?=[0-9])", r" \\cdot ", text)
