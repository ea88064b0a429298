"""Expressions of the language as objects with Python's operators; each is the text that means it."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, quoted
from nos_sym.language.rule import check_name

_WEIGHT = "w"
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


class Expression:
    """A text of the language, with the settings and states that it names.

    It is made by the words of :mod:`nos_sym.lang`, by operators and calls.

    Attributes:
        declared: what the head of a rule or the beginning of a block says of each setting and state.
    """

    __slots__ = ("_is_call", "_is_word", "_text", "declared")

    def __init__(
        self,
        text: str,
        declared: Mapping[str, str] | None = None,
        *,
        is_word: bool = False,
        is_call: bool = False,
    ) -> None:
        self._text = text
        self._is_word = is_word
        self._is_call = is_call
        self.declared = dict(declared or {})

    # An operator of a number of NumPy asks this class what it means.
    __array_ufunc__ = None

    def __repr__(self) -> str:
        return self._text

    def __call__(self, *arguments: Any, **named: Any) -> Expression:
        """Return a function of arguments; settings of a rule of the catalog are given by name."""
        if not self._is_word or self.declared:
            raise RuleError(f"{quoted(self._text)} is no function; expected one such as 'tanh(g)'")
        for name in named:
            check_name(name)
        given = [expression(x) for x in (*arguments, *named.values())]
        names = [*[""] * len(arguments), *(f"{name}=" for name in named)]
        inside = ", ".join(f"{name}{x}" for name, x in zip(names, given, strict=True))
        return Expression(f"{self._text}({inside})", together(*given), is_call=True)

    def operand(self) -> str:
        """Return the text as it may stand beside any operator."""
        return self._text if self._is_word or self._is_call else f"({self._text})"

    def becomes(self, value: Any) -> Statement:
        """Return the statement that moves a state, or the weight ``w``: ``m <- value``."""
        is_state = self.declared.get(self._text, "").startswith("state ")
        if not self._is_word or not (is_state or self._text == _WEIGHT):
            raise RuleError(f"{quoted(self._text)} is no state; expected one of lang.state('m'), or w")
        new = expression(value)
        return Statement(f"{self._text} <- {new}", together(self, new))

    def __add__(self, other: Any) -> Expression:
        return _between(self, "+", other)

    def __radd__(self, other: Any) -> Expression:
        return _between(other, "+", self)

    def __sub__(self, other: Any) -> Expression:
        return _between(self, "-", other)

    def __rsub__(self, other: Any) -> Expression:
        return _between(other, "-", self)

    def __mul__(self, other: Any) -> Expression:
        return _between(self, "*", other)

    def __rmul__(self, other: Any) -> Expression:
        return _between(other, "*", self)

    def __truediv__(self, other: Any) -> Expression:
        return _between(self, "/", other)

    def __rtruediv__(self, other: Any) -> Expression:
        return _between(other, "/", self)

    def __pow__(self, other: Any) -> Expression:
        return _between(self, "^", other)

    def __rpow__(self, other: Any) -> Expression:
        return _between(other, "^", self)

    def __neg__(self) -> Expression:
        return Expression(f"-{self.operand()}", self.declared)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return Expression(f"abs({self})", self.declared, is_call=True)

    def __lt__(self, other: Any) -> Expression:
        return _between(self, "<", other)

    def __le__(self, other: Any) -> Expression:
        return _between(self, "<=", other)

    def __gt__(self, other: Any) -> Expression:
        return _between(self, ">", other)

    def __ge__(self, other: Any) -> Expression:
        return _between(self, ">=", other)

    def __and__(self, other: Any) -> Expression:
        return _between(self, "and", other)

    def __or__(self, other: Any) -> Expression:
        return _between(self, "or", other)

    def __invert__(self) -> Expression:
        return Expression(f"not {self.operand()}", self.declared)

    def __bool__(self) -> NoReturn:
        raise RuleError(
            "an expression is neither true nor false; write where(condition, x, y), and '&' for 'and', with "
            "parentheses around comparisons"
        )


class Statement:
    """A line of a block, with the settings and states that it names.

    Attributes:
        declared: as for :class:`Expression`.
    """

    __slots__ = ("_text", "declared")

    def __init__(self, text: str, declared: Mapping[str, str]) -> None:
        self._text = text
        self.declared = dict(declared)

    def __repr__(self) -> str:
        return self._text


def expression(value: Any) -> Expression:
    """Return what a value is in the language: an expression as it is, a number, or a SymPy expression.

    Raises:
        RuleError: it is none of these.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, Basic):
        return _from_sympy(value)
    if isinstance(value, Fraction):
        return Expression(f"{_decimal(value.numerator)} / {_decimal(value.denominator)}")
    if isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool):
        return Expression(_decimal(value))
    raise RuleError(f"expected an expression or a number, not {quoted(str(value))} ({type(value).__name__})")


def together(*parts: Expression | Statement) -> dict[str, str]:
    """Return what is said of the settings and states of parts.

    Raises:
        RuleError: two of one name differ.
    """
    found: dict[str, str] = {}
    for part in parts:
        for name, text in part.declared.items():
            if found.setdefault(name, text) != text:
                raise RuleError(
                    f"{quoted(name)} is declared as {quoted(found[name])} and as {quoted(text)}; expected one"
                )
    return found


def _between(x: Any, sign: str, y: Any) -> Expression:
    first, second = expression(x), expression(y)
    return Expression(f"{first.operand()} {sign} {second.operand()}", together(first, second))


def _decimal(value: Any) -> str:
    # Python's own types print their shortest decimal; so do those of NumPy, without their name.
    kinds = {float: float.__repr__, int: int.__repr__, Decimal: Decimal.__str__}
    shown = next((show for kind, show in kinds.items() if isinstance(value, kind)), str)
    try:
        if not math.isfinite(value):
            raise RuleError(f"a number of a rule is finite, not {value}")
        text = shown(value)
    except (OverflowError, ValueError):
        raise RuleError("a number of a rule is at most 1e300") from None
    if _NUMBER.fullmatch(text) is None:
        raise RuleError(f"expected a number, not {quoted(text)} ({type(value).__name__})")
    return text


def _from_sympy(value: Any) -> Expression:
    from sympy.core.numbers import Float
    from sympy.core.symbol import Symbol
    from sympy.printing.str import sstr

    from nos_sym.language.plain_reader import parse_plain
    from nos_sym.language.printer import print_expression
    from nos_sym.language.rule import Schedule

    try:
        # Of a number of a machine SymPy prints fifteen digits: all of them stand in its place.
        digits = {x: Symbol(f"({float.__repr__(float(x))})") for x in value.atoms(Float)}
        made = parse_plain(sstr(value.xreplace(digits)))
    except OverflowError:
        raise RuleError("a number of a rule is at most 1e300") from None
    if len(made) != 1:
        raise RuleError(f"a SymPy expression is one update, not {len(made)}")
    [found] = made
    node = found.factor if isinstance(found, Schedule) else found.update
    return Expression(print_expression(node))
