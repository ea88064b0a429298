"""Expressions of SymPy as texts of the language."""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.core.function import Function
from sympy.core.numbers import Float, Rational
from sympy.core.symbol import Dummy, Symbol

from nos_sym.errors import RuleError, quoted
from nos_sym.lang.numerals import of_float

_MOST = 20_000
"""Parts of an expression that are looked at; a rule has fewer."""

_BITS = 1100
"""Bits of a number at most; 1e300 has 997."""


def text_of_sympy(value: Basic) -> str:
    """Return what an expression of SymPy is in the language, as :meth:`nos_sym.Rule.sympy` writes it.

    Raises:
        RuleError: it is none, with a name that is no word, a number out of range, or too large.
    """
    from nos_sym.language.printer import print_expression
    from nos_sym.language.rule import Schedule

    made = _read(value)
    if len(made) != 1:
        raise RuleError(f"a SymPy expression is one update, not {len(made)}")
    [found] = made
    return print_expression(found.factor if isinstance(found, Schedule) else found.update)


def _read(value: Basic) -> list[Any]:
    from sympy.printing.str import sstr

    from nos_sym.language.plain_reader import parse_plain

    # Of a float SymPy prints fifteen digits: all of them stand in its place.
    digits = {x: Symbol(f"({of_float(x)})") for x in _floats(value)}
    try:
        return list(parse_plain(sstr(value.xreplace(digits))))
    except RecursionError:
        raise RuleError("a SymPy expression is nested too deeply; expected at most 150 levels") from None


def _floats(value: Basic) -> set[Float]:
    """Return the floats of an expression whose names and numbers a text may hold.

    SymPy prints a name as it is, so that one which is no word would be read as what it looks like.
    """
    found: set[Float] = set()
    todo: list[Basic] = [value]
    looked_at = 0
    while todo:
        part = todo.pop()
        looked_at += 1
        if looked_at > _MOST:
            raise RuleError(f"a SymPy expression is too large; expected at most {_MOST} parts")
        if isinstance(part, Float):
            found.add(part)
        elif isinstance(part, Rational):
            if max(int(part.p).bit_length(), int(part.q).bit_length()) > _BITS:
                raise RuleError("a number of a rule is 0, or at least 1e-300 and at most 1e300")
        elif isinstance(part, Symbol):
            # A dummy is printed with a line before its name.
            _expect_word(f"_{part.name}" if isinstance(part, Dummy) else part.name, "symbol")
        elif isinstance(part, Function):
            _expect_word(type(part).__name__, "function")
        elif hasattr(part, "name"):
            raise RuleError(
                f"{quoted(str(part.name))} ({type(part).__name__}) is no symbol; expected one such as g"
            )
        todo.extend(part.args)
    return found


def _expect_word(name: str, what: str) -> None:
    if not (name.isascii() and name.isidentifier()) or name.startswith("_"):
        raise RuleError(f"unknown {what} {quoted(name)} in a SymPy expression; expected a word such as 'g'")
