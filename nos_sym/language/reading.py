"""What the grammars share: limits, bracket checks, and errors that point at the place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from sympy.core.basic import Basic

from nos_sym.errors import RuleError, SourceError, quoted
from nos_sym.language.hints import CHARACTERS
from nos_sym.language.registry import number

_T = TypeVar("_T")

MAX_TEXT = 262_144
"""Characters that one call reads."""

MAX_BRACKETS = 150
"""Levels of nested brackets."""

MAX_NUMERAL = 40
"""Characters of one numeral."""

# A domain, as in 'in [0, 1)', may open with one bracket and close with another.
_BRACKETS = re.compile(r'#[^\r\n]*|"[^"\n]*"|\bin\s*[\[(][^\[\](){}#"]*[\])]|[()\[\]{}]')
_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "$END": "the end of the text",
    "_POWER": "'^'", "SUPERSCRIPT": "an exponent", "_ROOT": "a root",
    "PLUS": "'+'", "MINUS": "'-'", "STAR": "'*'", "SLASH": "'/'", "CIRCUMFLEX": "'^'",
    "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "VBAR": "'|'",
    "LBRACE": "'{'", "RBRACE": "'}'", "SEMICOLON": "';'", "_NEWLINE": "a new line", "__ANON_0": "'<-'",
    "COLON": "':'", "COMPARE": "a comparison (<, <=, >, >=, ==, !=)", "STATE": "'state'", "IF": "'if'",
    "ELSE": "'else'", "WHERE": "'where'", "AND": "'and'", "OR": "'or'", "NOT": "'not'", "IN": "'in'",
    "COMMA": "','", "EQUAL": "'='", "TILDE": "'~'", "FROM": "'from'", "SOFTSIGN": "'/(1+|'",
    "WEIGHT": "'0.95*'", "SQUARES": "'(sqrt(1+('",
}  # fmt: skip
_BEGIN_OPERAND = {
    "NUMBER", "NAME", "LPAR", "LSQB", "VBAR", "MINUS", "_ROOT",
    "OPERAND", "RECIPROCAL", "DSOFT", "SIGMOID", "SOFTPLUS",
}  # fmt: skip


class Problem(Exception):
    """A fault found while reading, at an offset; the parsers turn it into a :class:`SourceError`."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Located:
    """An expression and the offset at which its text begins."""

    node: Basic
    position: int


def place_of(token: Token) -> int:
    """Return the offset at which a token begins."""
    return token.start_pos or 0


def guarded(build: Callable[[], _T], position: int) -> _T:
    """Return ``build()``, with the place added to the :class:`RuleError` that it may raise."""
    try:
        return build()
    except RuleError as error:
        raise Problem(str(error), position) from None


def read_number(token: Token) -> Basic:
    """Return the exact number of a numeral, refusing those that are too long or out of range."""
    position = place_of(token)
    if len(token) > MAX_NUMERAL:
        raise Problem(
            f"a numeral of {len(token)} characters is too long; expected at most {MAX_NUMERAL}",
            position,
        )
    exponent = re.search(r"[eE]([+-]?[0-9]+)$", token)
    if exponent and abs(int(exponent[1])) > 340:
        raise Problem(f"number {token} is out of range; expected 0 or 1e-300 to 1e300", position)
    try:
        return number(str(token))
    except RuleError as error:
        raise Problem(str(error), position) from None


def check_brackets(text: str, pattern: re.Pattern[str] = _BRACKETS, limit: int = MAX_BRACKETS) -> None:
    """Raise :class:`Problem` for unbalanced or too deeply nested brackets outside comments and quotes.

    ``pattern`` finds the brackets and what may hide some, comments, quotes and domains; a match that ends in
    neither bracket and is none of these opens what ``)`` closes.
    """
    opened: list[tuple[str, str, int]] = []
    for match in pattern.finditer(text):
        symbol, position = match[0], match.start()
        if symbol[0] in '#"i':
            continue
        if symbol not in (")", "]", "}"):
            opened.append((symbol, {"[": "]", "{": "}"}.get(symbol, ")"), position))
            if len(opened) > limit:
                raise Problem(f"brackets are nested too deeply; expected at most {limit} levels", position)
        elif not opened:
            raise Problem(f"'{symbol}' closes nothing; remove it", position)
        else:
            opener, closing, start = opened.pop()
            if closing != symbol:
                raise Problem(
                    f"'{symbol}' does not close '{opener}' of column {_column(text, start)}; "
                    f"expected '{closing}'",
                    position,
                )
    if opened:
        symbol, closing, position = opened[-1]
        raise Problem(f"'{symbol}' is never closed; expected '{closing}'", position)


def source_error(error: UnexpectedInput | Problem, text: str) -> SourceError:
    """Return the one-line error, with its place, of what a parser ran into."""
    if isinstance(error, Problem):
        return SourceError(error.message, text, error.position)
    position = error.pos_in_stream if error.pos_in_stream is not None else len(text)
    if isinstance(error, UnexpectedCharacters):
        found = text[position : position + 1]
        alone = found.isprintable() and not unicodedata.combining(found)
        shown = quoted(found) if alone else f"character U+{ord(found):04X}"
        hint = CHARACTERS.get(found) or f"expected {expected(error.allowed)}"
        return SourceError(f"unexpected {shown}; {hint}", text, position)
    if isinstance(error, UnexpectedToken):
        wanted = expected(error.accepts or error.expected)
        if error.token.type == "$END":
            end = len(text.rstrip())
            return SourceError(f"the text ends too early; expected {wanted}", text, end)
        return SourceError(f"unexpected {quoted(error.token)}; expected {wanted}", text, position)
    return SourceError("the text cannot be read", text, position)


def expected(terminals: Iterable[str] | None) -> str:
    """Return in words what may stand at a place, given the names of terminals."""
    names = set(terminals or ())
    if not names & {"SEMICOLON", "RBRACE"}:
        names.discard("_NEWLINE")  # a blank there
    words = []
    if {"NUMBER", "LPAR", "MINUS"} <= names:
        words.append("an operand (a name, a number, '(', '[', '|' or '-')")
        names -= _BEGIN_OPERAND
    elif {"PLUS", "MINUS", "STAR", "SLASH"} <= names:
        words.append("an operator")
        names -= {"PLUS", "MINUS", "STAR", "SLASH", "CIRCUMFLEX", "LPAR", "EQUAL", "_POWER", "SUPERSCRIPT"}
        if "$END" in names:
            words.append("the end of the rule")
            names -= {"$END", "NAME", "FROM"}
    words += sorted(_WORDS.get(name, name.lower()) for name in names if name not in ("WS", "COMMENT"))
    return " or ".join(words) if words else "the end of the text"


def _column(text: str, position: int) -> int:
    return position - (text.rfind("\n", 0, position) + 1) + 1
