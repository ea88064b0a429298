"""Expressions of the language as objects with Python's operators; each is the text that means it."""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, described, quoted
from nos_sym.lang.numerals import base_of_power, numeral, of_fraction
from nos_sym.language.reading import MAX_TEXT
from nos_sym.language.rule import check_name

_WEIGHT = "w"
_STATE = "state "
# A word of the language, but for the name of an argument.
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w|=[^=])", re.ASCII)


class Expression:
    """A text of the language, with the names that it has.

    It is made by the words of :mod:`nos_sym.lang`, by operators and calls.

    Attributes:
        declared: each name; with what the head of a rule or the beginning of a block says of it where it is a
            setting or a state, and with an empty text where it is a word of the language.
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
        _expect_short(text)
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
        if not self._is_word or self.declared[self._text]:
            raise RuleError(f"{quoted(self._text)} is no function; expected one such as 'tanh(g)'")
        labels = [*[""] * len(arguments), *(f"{named_text(name, 'an argument')}=" for name in named)]
        given = [expression(x) for x in (*arguments, *named.values())]
        inside = ", ".join(f"{label}{x}" for label, x in zip(labels, given, strict=True))
        return Expression(f"{self._text}({inside})", together(self, *given), is_call=True)

    def operand(self) -> str:
        """Return the text as it may stand beside any operator."""
        return self._text if self._is_word or self._is_call else f"({self._text})"

    def becomes(self, value: Any) -> Statement:
        """Return the statement that moves a state, or the weight ``w``: ``m <- value``."""
        is_state = is_state_text(self.declared.get(self._text, ""))
        if not self._is_word or not (is_state or self._text == _WEIGHT):
            raise RuleError(f"{quoted(self._text)} is no state; expected one of lang.state('m'), or w")
        new = expression(value)
        return Statement(f"{self._text} <- {new}", together(self, new))

    def __add__(self, other: Any) -> Expression:
        return between(self, "+", other)

    def __radd__(self, other: Any) -> Expression:
        return between(other, "+", self)

    def __sub__(self, other: Any) -> Expression:
        return between(self, "-", other)

    def __rsub__(self, other: Any) -> Expression:
        return between(other, "-", self)

    def __mul__(self, other: Any) -> Expression:
        return between(self, "*", other)

    def __rmul__(self, other: Any) -> Expression:
        return between(other, "*", self)

    def __truediv__(self, other: Any) -> Expression:
        return between(self, "/", other)

    def __rtruediv__(self, other: Any) -> Expression:
        return between(other, "/", self)

    def __pow__(self, other: Any) -> Expression:
        return between(self, "^", other)

    def __rpow__(self, other: Any) -> Expression:
        return between(base_of_power(other), "^", self)

    def __neg__(self) -> Expression:
        return Expression(f"-{self.operand()}", self.declared)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return Expression(f"abs({self})", self.declared, is_call=True)

    def __lt__(self, other: Any) -> Expression:
        return between(self, "<", other)

    def __le__(self, other: Any) -> Expression:
        return between(self, "<=", other)

    def __gt__(self, other: Any) -> Expression:
        return between(self, ">", other)

    def __ge__(self, other: Any) -> Expression:
        return between(self, ">=", other)

    def __and__(self, other: Any) -> Expression:
        return between(self, "and", other)

    def __or__(self, other: Any) -> Expression:
        return between(self, "or", other)

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
        _expect_short(text)
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
        from nos_sym.lang.from_sympy import text_of_sympy

        text = text_of_sympy(value)
        return Expression(text, dict.fromkeys(_WORD.findall(text), ""))
    if isinstance(value, Fraction):
        return Expression(of_fraction(value))
    if isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool):
        return Expression(numeral(value))
    compared = "; '==' compares objects: write lang.equal(x, y), or lang.not_equal(x, y)"
    hint = compared if isinstance(value, bool) else " (str)" if isinstance(value, str) else ""
    raise RuleError(f"expected an expression or a number, not {described(value)}{hint}")


def named_text(name: object, what: str) -> str:
    """Return a name as a plain text.

    Raises:
        RuleError: it is none, in a message that says what it is to be.
    """
    text = plain_text(name, f"the name of {what}")
    check_name(text)
    return text


def plain_text(value: object, what: str) -> str:
    """Return a text as a plain one, whatever a subclass of it would print.

    Raises:
        RuleError: it is none.
    """
    if not isinstance(value, str):
        raise RuleError(f"{what} is a text, not {described(value)}")
    return str.__str__(value)


def is_state_text(declared: str) -> bool:
    """Return whether what is said of a name makes it a state."""
    return declared.startswith(_STATE)


def together(*parts: Expression | Statement) -> dict[str, str]:
    """Return what is said of the names of parts.

    Raises:
        RuleError: two of one name differ, or a setting or a state has that of a word which stands beside it.
    """
    found: dict[str, str] = {}
    for part in parts:
        for name, text in part.declared.items():
            if found.setdefault(name, text) == text:
                continue
            if text and found[name]:
                raise RuleError(
                    f"{quoted(name)} is declared as {quoted(found[name])} and as {quoted(text)}; expected one"
                )
            raise RuleError(
                f"{quoted(text or found[name])} has the name of a word of the language beside it; give it "
                "another name"
            )
    return found


def between(x: Any, sign: str, y: Any) -> Expression:
    """Return two expressions with an operator of the language between them."""
    first, second = expression(x), expression(y)
    return Expression(f"{first.operand()} {sign} {second.operand()}", together(first, second))


def _expect_short(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise RuleError(f"an expression of {len(text)} characters is too large; expected at most {MAX_TEXT}")
