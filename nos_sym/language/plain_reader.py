"""The reader of plain SymPy, the text that ``--to sympy`` prints (``grammar/sympy.lark``).

Nothing is evaluated: SymPy's functions become the operations that mean them. SymPy's numbers are complex, and
those of a rule are real: a root or a logarithm of what may be negative takes the absolute value, as
:mod:`nos_sym.language.powers` says. SymPy has cancelled what it could, so that ``g/g`` has been printed as 1.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from nos_sym.errors import RuleError, quoted
from nos_sym.intervals.exact import fraction_of
from nos_sym.language.grammars import load_grammar
from nos_sym.language.hints import hint_for
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.operands import BY_NAME
from nos_sym.language.plain_functions import FUNCTIONS, PI, called
from nos_sym.language.plain_value import (
    STEP_LENGTH,
    Value,
    added,
    constant,
    divided,
    multiplied,
    negated,
    of_node,
    raised,
    step,
    total_steps,
)
from nos_sym.language.reading import (
    MAX_TEXT,
    Problem,
    check_brackets,
    guarded,
    place_of,
    read_number,
    source_error,
)
from nos_sym.language.registry import ALIASES, REGISTRY, apply, lookup
from nos_sym.language.rule import STEP_COUNTS, Momentum, Rule, Schedule
from nos_sym.language.traversal import walk
from nos_sym.language.writing import plain_characters, with_line_ends

_LOCK = threading.Lock()
_NO_VALUE = ("nan", "oo", "zoo", "I")


def parse_plain(text: str) -> list[Rule | Schedule]:
    """Read updates in plain SymPy, one in each line; a function of the step alone is a schedule.

    The text says nothing of momentum, names and sources: rules are ``none ~`` without a name. Lines that are
    empty or begin with ``#`` are passed over, and a line goes on within brackets.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    text = with_line_ends(text)
    try:
        if len(text) > MAX_TEXT:
            raise Problem(f"a text of {len(text)} characters is too long; expected at most {MAX_TEXT}", 0)
        plain = plain_characters(text)
        rules = [_rule(plain[start:end], start) for start, end in expressions(plain)]
        if not rules:
            raise Problem("the text holds no expression; expected, for example, 'tanh(g)'", 0)
    except Problem as error:
        raise source_error(error, text) from None
    return rules


def expressions(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each expression begins and ends: a line, or several while a bracket is open."""
    start, open_brackets, offset = 0, 0, 0
    for line in text.split("\n"):
        end = min(offset + len(line) + 1, len(text))
        if not open_brackets:
            start = offset
        if open_brackets or not line.lstrip().startswith("#"):
            open_brackets = max(0, open_brackets + line.count("(") - line.count(")"))
            if not open_brackets and text[start:end].strip():
                yield start, end
        offset = end
    if open_brackets:
        yield start, len(text)


def _rule(text: str, offset: int) -> Rule | Schedule:
    try:
        check_brackets(text)
        with _LOCK:
            made = _read(text, counts=False)
            if isinstance(made, Schedule) and STEP_LENGTH in walk(made.factor):
                # The number of steps does not cancel, and a schedule may read it.
                made = _read(text, counts=True)
        return made
    except Problem as problem:
        raise Problem(problem.message, offset + problem.position) from None
    except UnexpectedInput as error:
        found = source_error(error, text)
        raise Problem(found.message, offset + found.position) from None


def _read(text: str, *, counts: bool) -> Rule | Schedule:
    """Return what a text means; ``t`` and ``T`` are leaves if ``counts``, and else the progress."""
    parser, builder = _parser()
    builder.counts = counts
    value: Value = parser.parse(text)  # type: ignore[assignment]
    return guarded(lambda: _made(value), len(text) - len(text.lstrip()))


def _made(value: Value) -> Rule | Schedule:
    node = value.node()
    return Schedule(node) if kind_of(node) is Kind.STEP else Rule(Momentum.NONE, node)


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, _Builder]:
    builder = _Builder()
    return load_grammar("sympy", transformer=builder), builder


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Builds values while the LALR parser reduces, so that deep text needs no deep stack."""

    counts = False

    def add(self, x: Value, y: Value) -> Value:
        return guarded(lambda: added(x, y), x.position)

    def sub(self, x: Value, y: Value) -> Value:
        return guarded(lambda: added(x, y, -1), x.position)

    def mul(self, x: Value, y: Value) -> Value:
        return guarded(lambda: multiplied(x, y), x.position)

    def div(self, x: Value, y: Value) -> Value:
        return guarded(lambda: divided(x, y), x.position)

    def neg(self, x: Value) -> Value:
        return guarded(lambda: negated(x), x.position)

    def plus(self, x: Value) -> Value:
        return x

    def grouped(self, x: Value) -> Value:
        return x

    def pow(self, x: Value, y: Value) -> Value:
        return guarded(lambda: raised(x, y), x.position)

    def number(self, token: Token) -> Value:
        return constant(fraction_of(read_number(token)), place_of(token))

    def arguments(self, *values: Value) -> tuple[Value, ...]:
        return values

    def name(self, token: Token) -> Value:
        name, place = str(token), place_of(token)
        if self.counts and name in STEP_COUNTS:
            return of_node(apply(name), place)
        if name == "t":
            return step(place)
        if name == "T":
            return total_steps(place)
        if name == "pi":
            return of_node(PI, place)
        if name == "E":
            return of_node(apply("exp", constant(Fraction(1)).node()), place)
        if name in _NO_VALUE:
            raise Problem(f"{quoted(name)} is no real number; a rule has real numbers alone", place)
        if name in BY_NAME:
            return of_node(BY_NAME[name].expression, place)
        operation = lookup(name)
        if operation is not None and not operation.arity and not operation.parameters:
            return of_node(apply(name), place)
        if operation is not None or name in FUNCTIONS:
            raise Problem(f"'{name}' is a function; expected '(' after it", place)
        raise _unknown(token, "symbol")

    def call(self, token: Token, values: tuple[Value, ...] | None) -> Value:
        place = place_of(token)
        try:
            found = called(str(token), values or ())
        except RuleError as error:
            raise Problem(str(error), place) from None
        if found is None:
            raise _unknown(token, "function")
        return Value(found.above, found.below, found.steps, found.line, place)


def _unknown(token: Token, what: str) -> Problem:
    known = {*FUNCTIONS, *REGISTRY, *ALIASES, *BY_NAME, "t", "T", "pi"}
    hint = hint_for(str(token), known) or "; expected what 'nos-sym parse --to sympy' prints"
    return Problem(f"unknown {what} {quoted(token)}{hint}", place_of(token))
