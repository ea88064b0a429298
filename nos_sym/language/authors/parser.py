"""The parser of the authors' log syntax (``grammar/authors.lark``).

The log writes no sign of a rule, so one that is read from it descends along ``-U``; the integrity check may
turn it. Three forms need care. The sigmoid of a decay function lacks its last parenthesis, ``1/(1+exp(-a8)``.
A softsign writes its argument twice, ``x/(1+|x|)`` without parentheses around x. ``1/(1+|1|)`` is read as
``dsoft(1)``, which equals ``softsign(1)``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError, described, quoted
from nos_sym.language.authors.calls import find_call, find_leaf, functions, leaves, numerals
from nos_sym.language.authors.formats import format_of
from nos_sym.language.authors.table import TAGS, Call, call_of, form_of
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.grammars import load_grammar
from nos_sym.language.hints import did_you_mean
from nos_sym.language.kind import Kind
from nos_sym.language.node import MAX_DEPTH, Node, is_number, kind_of
from nos_sym.language.operands import BY_AUTHORS
from nos_sym.language.operation import Operation, Role
from nos_sym.language.reading import (
    MAX_TEXT,
    Located,
    Problem,
    check_brackets,
    guarded,
    place_of,
    source_error,
)
from nos_sym.language.registry import CLASSES, REGISTRY, apply, suggestion
from nos_sym.language.rule import Momentum, Rule

# The opener that lacks a closing parenthesis counts as one bracket.
_BRACKETS = re.compile(r"1/\(1\+exp\(-|[()\[\]]")
# The form with the most brackets, (x) / (sqrt(1+(y)^2)), has three around y; operands have two of their own.
_MAX_BRACKETS = 3 * MAX_DEPTH + 2
_MOMENTA: dict[str, Momentum] = {tag: momentum for momentum, tag in TAGS.items()}
_UNNUMBERED = Rational(0)
_LOCK = threading.Lock()


def parse_authors(text: str) -> Rule:
    """Read one rule of the authors' log, for example ``"None ~ tanh([a1][v hat])"``.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    if not isinstance(text, str):
        raise RuleError(f"expected a rule of the log such as 'None ~ tanh(g)', not {described(text)}")
    try:
        if len(text) > MAX_TEXT:
            raise Problem(f"a text of {len(text)} characters is too long; expected at most {MAX_TEXT}", 0)
        if not text.strip():
            raise Problem("the text holds no rule; expected, for example, 'None ~ tanh(g)'", 0)
        check_brackets(text, _BRACKETS, _MAX_BRACKETS)
        with _LOCK:
            rule: Rule = _parser().parse(text.rstrip())  # type: ignore[assignment]
    except (UnexpectedInput, Problem) as error:
        raise source_error(error, text) from None
    return rule


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return load_grammar("authors", transformer=_Builder())


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Builds nodes while the LALR parser reduces, so that deep text needs no deep stack.

    Rules of the grammar that are forms of one operation bear its name. Dropout masks stay unnumbered until
    the whole rule is read, because the two copies of a softsign's argument must be equal.
    """

    def start(self, tag: Token, update: Located) -> Rule:
        if str(tag) not in _MOMENTA:
            hint = suggestion(str(tag), _MOMENTA) or f"; expected one of {', '.join(_MOMENTA)}"
            raise Problem(f"unknown momentum type {quoted(tag)}{hint}", place_of(tag))
        if is_number(update.node) and update.node not in _NUMBER_OPERANDS:
            raise Problem("a number stands alone; expected an operand or an operation", update.position)
        if kind_of(update.node) is Kind.STEP:
            raise Problem(
                "a decay function stands alone; expected a tensor, as in '[a1][g]'", update.position
            )
        node = guarded(lambda: _number_draws(update.node, count(1)), update.position)
        return guarded(lambda: Rule(_MOMENTA[str(tag)], node), update.position)

    def name(self, token: Token) -> Located:
        name = str(token)
        if name in BY_AUTHORS:
            return Located(BY_AUTHORS[name].expression, place_of(token))
        leaf = find_leaf(name)
        if leaf is not None:
            return Located(apply(leaf.name), place_of(token))
        if name in functions(False) or name in functions(True):
            raise Problem(f"'{name}' is a function; expected '(' after it", place_of(token))
        near = did_you_mean(name, [*BY_AUTHORS, *leaves(), *functions(False), *functions(True)])
        raise Problem(f"unknown name {quoted(name)}{near or _OPERANDS_HINT}", place_of(token))

    def number(self, token: Token) -> Located:
        if str(token) not in numerals():
            shown = token if len(token) <= 20 else f"{token[:20]}..."
            raise Problem(f"the authors' syntax has no number {shown}; expected 1, 2 or 0", place_of(token))
        return Located(Rational(str(token)), place_of(token))

    def operand(self, token: Token) -> Located:
        operand = BY_AUTHORS.get(str(token))
        if operand is None:
            near = did_you_mean(str(token), BY_AUTHORS) or _OPERANDS_HINT
            raise Problem(f"unknown operand {quoted(token)}{near}", place_of(token))
        return Located(operand.expression, place_of(token))

    def arguments(self, *items: Located) -> tuple[Located, ...]:
        return items

    def call(self, token: Token, items: tuple[Located, ...]) -> Located:
        decay = kind_of(items[0].node) is Kind.STEP
        found = find_call(str(token), decay)
        if found is None:
            raise _unknown_function(token, decay)
        operation, call = found
        if len(items) != call.arity:
            count_ = "1 argument" if call.arity == 1 else f"{call.arity} arguments"
            raise Problem(f"'{token}' takes {count_}, not {len(items)}", place_of(token))
        first = items[0].node
        if call.absolute:
            if not isinstance(first, CLASSES["abs"]):
                raise Problem(f"expected '|' after '{token}(', as in '{token}(|x|)'", items[0].position)
            first = first.operands[0]
        operands = [Located(first, items[0].position)]
        if call.second == "1":
            operands.append(items[1])
        return self._build(operation, place_of(token), operands, **_parameters(operation, call, items))

    def abs(self, x: Located) -> Located:
        return self._form("abs", x)

    def neg(self, x: Located) -> Located:
        return self._form("neg", x)

    def recip(self, _: Token, x: Located) -> Located:
        return self._form("recip", x)

    def dsoft(self, _: Token, x: Located) -> Located:
        return self._form("dsoft", x)

    def sigmoid(self, _: Token, x: Located) -> Located:
        return self._form("sigmoid", x)

    def softplus(self, _: Token, x: Located) -> Located:
        return self._form("softplus", x)

    def softsign(self, x: Located, _: Token, again: Located) -> Located:
        if x.node != again.node:
            raise Problem("the two arguments of 'x/(1+|x|)' differ; write the same twice", again.position)
        return self._form("softsign", x)

    def add(self, x: Located, y: Located) -> Located:
        return self._form("add", x, y)

    def sub(self, x: Located, y: Located) -> Located:
        return self._form("sub", x, y)

    def mul(self, x: Located, y: Located) -> Located:
        return self._form("mul", x, y)

    def div(self, x: Located, y: Located) -> Located:
        return self._form("div", x, y)

    def rdiv(self, x: Located, _: Token, y: Located, exponent: Token) -> Located:
        if str(exponent) != "2":
            raise Problem(f"unexpected {quoted(exponent)}; expected '2'", place_of(exponent))
        return self._form("rdiv", x, y)

    def abspow(self, x: Located, y: Located) -> Located:
        if not isinstance(x.node, CLASSES["abs"]):
            raise Problem("expected '|' after '(', as in '(|x|)^(y)'", x.position)
        return self._form("abspow", Located(x.node.operands[0], x.position), y)

    def pow(self, x: Located, exponent: Token) -> Located:
        values = form_of("pow").values
        if str(exponent) not in values:
            shown = " or ".join(values)
            raise Problem(f"unexpected {quoted(exponent)}; expected {shown} after '^'", place_of(exponent))
        return self._form("pow", x, exponent=Rational(str(exponent)))

    def wmean(self, weight: Token, x: Located, rest: Token, y: Located) -> Located:
        values = form_of("wmean").values
        for value in values:
            if str(weight) == f"{value}*" and str(rest) == f"{_complement(value)}*":
                return self._form("wmean", x, y, weight=Rational(value))
        shown = " or ".join(f"({v}*(x)+{_complement(v)}*(y))" for v in values)
        raise Problem(
            f"unexpected weight {quoted(weight)} or {quoted(rest)}; expected {shown}", place_of(weight)
        )

    def scale(self, decay: Located, x: Located) -> Located:
        return self._form("scale", decay, x)

    def _form(self, name: str, *operands: Located, **parameters: Rational) -> Located:
        """Build an operation that was written with signs, refusing where the log writes it as a function."""
        operation, position = REGISTRY[name], operands[0].position
        decay = all(kind_of(o.node) is Kind.STEP for o in operands)
        form = form_of(name).text(decay) or ""
        if call_of(form) is not None:
            what = "a decay function" if decay else "a tensor"
            raise Problem(f"'{name}' of {what} is written '{form.format('x', 'y')}'", position)
        return self._build(operation, position, operands, **parameters)

    def _build(self, operation: Operation, position: int, operands: Any, **parameters: Rational) -> Located:
        faults = _faults(operation, operands)
        fault = faults[0] if faults else position
        node = guarded(lambda: apply(operation.name, *(o.node for o in operands), **parameters), fault)
        guarded(lambda: format_of(node), fault)
        return Located(node, position)


def _faults(operation: Operation, operands: Sequence[Located]) -> list[int]:
    """Return the positions of the operands that an error about their kinds would be about."""
    kinds = [kind_of(o.node) for o in operands]
    if operation.role is Role.SCALE:
        if kinds == [Kind.STEP, Kind.STEP]:
            return [operands[1].position]
        return [operands[0].position]
    if Kind.STEP in kinds:
        # The decay function among tensors is wrong, and the number among decay functions.
        wrong = Kind.STEP if Kind.TENSOR in kinds else Kind.NUMBER
        return [o.position for o, kind in zip(operands, kinds, strict=True) if kind is wrong]
    return [o.position for o in operands if is_number(o.node) and o.node not in _NUMBER_OPERANDS]


_NUMBER_OPERANDS = {o.expression for o in BY_AUTHORS.values() if is_number(o.expression)}
_OPERANDS_HINT = "; the operands are " + ", ".join([*BY_AUTHORS][:6]) + ", ... and in decays a1 to a14"


def _parameters(operation: Operation, call: Call, items: tuple[Located, ...]) -> dict[str, Rational]:
    """Return the parameters of a call: the one that the log writes, else the one that it implies."""
    implied = form_of(operation.name).values
    values: dict[str, Rational] = {}
    for index, parameter in enumerate(operation.parameters):
        if parameter.name == call.second:
            if not is_number(items[1].node):
                shown = " or ".join(implied)
                raise Problem(f"expected {shown} for the {parameter.name}", items[1].position)
            values[parameter.name] = items[1].node
        else:
            values[parameter.name] = Rational(implied[0]) if index == 0 else _UNNUMBERED
    return values


def _number_draws(expression: Basic, numbers: Any) -> Basic:
    """Return an expression whose dropout masks are numbered in the order of the text, arguments first."""
    if not isinstance(expression, Node) or not expression.operands:
        return expression
    operands = [_number_draws(operand, numbers) for operand in expression.operands]
    values = {
        p.name: Rational(next(numbers)) if p.name == "draw" else value
        for p, value in zip(expression.operation.parameters, expression.parameters, strict=True)
    }
    return apply(expression.operation.name, *operands, **values)


def _complement(weight: str) -> str:
    return decimal_text(1 - Rational(weight))


def _unknown_function(token: Token, decay: bool) -> Problem:
    name = str(token)
    known = ", ".join(sorted(functions(decay)))
    if name in functions(not decay):
        what = "decay functions" if decay else "tensors"
        return Problem(f"'{name}' is no function of {what}; expected one of {known}", place_of(token))
    if name in BY_AUTHORS or name in leaves():
        return Problem(f"'{name}' is no function; remove '(...)' after it", place_of(token))
    near = did_you_mean(name, functions(decay)) or f"; expected one of {known}"
    return Problem(f"unknown function {quoted(name)}{near}", place_of(token))
