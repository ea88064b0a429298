"""The parser of the project's own syntax (``grammar/language.lark``).

Text only ever becomes nodes of the registry; nothing is evaluated.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedInput
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import quoted
from nos_sym.intervals.interval import Interval
from nos_sym.language.arguments import bind
from nos_sym.language.hints import hint_for
from nos_sym.language.kind import Kind
from nos_sym.language.misreadings import after_a_rule, begins_line, explained
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC, quasi_hyperbolic
from nos_sym.language.operation import Operation
from nos_sym.language.power_text import Powers
from nos_sym.language.reading import (
    MAX_TEXT,
    Located,
    Problem,
    check_brackets,
    guarded,
    load_grammar,
    place_of,
    read_number,
    source_error,
)
from nos_sym.language.registry import ALIASES, REGISTRY, apply, lookup, number, suggestion
from nos_sym.language.rule import Momentum, Rule, Schedule, check_source
from nos_sym.language.setting import setting as make_setting
from nos_sym.language.setting_text import Bound, Domains
from nos_sym.language.writing import ascii_name, plain_characters, with_line_ends

_MOMENTA = {m.value: m for m in Momentum}
_HEADS = (*_MOMENTA, "schedule")
_OPERATORS = {"add", "sub", "mul", "div", "neg", "scale", "pow"}
_LOCK = threading.Lock()


def parse(text: str) -> Rule:
    """Read one rule, for example ``"none ~ tanh(g)"`` or ``"Opt = nesterov ~ v_hat / sqrt(s_hat)"``.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    rules = parse_file(text)
    if len(rules) != 1:
        problem = Problem(f"the text holds {len(rules)} rules; expected one", 0)
        raise source_error(problem, text)
    if not isinstance(rules[0], Rule):
        problem = Problem("the text is a schedule; expected an optimizer", 0)
        raise source_error(problem, text)
    return rules[0]


def parse_file(text: str) -> list[Rule | Schedule]:
    """Read every rule and schedule of a text, in order; names must differ.

    Raises:
        SourceError: also for a text without any rule.
    """
    return [placed.rule for placed in parse_placed(text)]


class Placed(NamedTuple):
    """A rule, and the offset at which its text begins."""

    rule: Rule | Schedule
    position: int


def parse_placed(text: str) -> list[Placed]:
    """Read a text as :func:`parse_file` does, with the place of each rule."""
    text = with_line_ends(text)
    try:
        if len(text) > MAX_TEXT:
            raise Problem(f"a text of {len(text)} characters is too long; expected at most {MAX_TEXT}", 0)
        plain = plain_characters(text)
        check_brackets(plain)
        with _LOCK:
            parser, builder = _parser()
            builder.begin(plain)
            rules: list[Placed] = parser.parse(plain)  # type: ignore[assignment]
        if not rules:
            raise Problem("the text holds no rule; expected, for example, 'none ~ tanh(g)'", 0)
    except (UnexpectedInput, Problem) as error:
        raise source_error(explained(error, plain_characters(text)), text) from None
    return rules


def name_twice(name: str) -> str:
    """Return what is wrong with a second rule of a name."""
    return f"the name {quoted(name)} is given twice; rename one"


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, _Builder]:
    builder = _Builder()
    return load_grammar("language", transformer=builder, lexer_callbacks={"NAME": ascii_name}), builder


class _Body(NamedTuple):
    """A rule without its name, and the word that it begins with."""

    head: Token
    rule: Rule | Schedule


@v_args(inline=True)
class _Builder(Domains, Powers):
    """Builds nodes while the LALR parser reduces, so that deep text needs no deep stack."""

    def begin(self, text: str) -> None:
        self._text = text
        self._names: set[str] = set()
        self._settings: dict[str, Node] = {}
        self._implicit = 0
        self._explicit = 0

    def start(self, *rules: Placed) -> list[Placed]:
        return list(rules)

    def named(self, name: Token, head: tuple[Node, ...] | None, body: _Body, source: str | None) -> Placed:
        self._starts_line(name)
        if str(name) in self._names:
            raise Problem(name_twice(name), place_of(name))
        self._names.add(str(name))
        rule = guarded(lambda: replace(body.rule, settings=head or ()), place_of(name))
        self._settings = {}
        made = guarded(lambda: rule.named(str(name), source or ""), place_of(name))
        return Placed(made, place_of(name))

    def unnamed(self, body: _Body, source: str | None) -> Placed:
        self._starts_line(body.head)
        rule = body.rule if source is None else body.rule.named("", source)
        return Placed(rule, place_of(body.head))

    def settings(self, *items: Node | None) -> tuple[Node, ...]:
        return tuple(filter(None, items))

    def setting(self, name: Token, default: Bound, domain: Interval | None) -> Node:
        if _is_atom(str(name)) or _is_function(str(name)):
            raise Problem(f"{quoted(name)} has a meaning already; choose another name", place_of(name))
        if str(name) in self._settings:
            raise Problem(f"the setting {quoted(name)} is given twice; rename one", place_of(name))
        made = guarded(lambda: make_setting(str(name), default.exact(), domain), place_of(name))
        self._settings[str(name)] = made
        return made

    def source(self, text: Token) -> str:
        guarded(lambda: check_source(text[1:-1]), place_of(text))
        return str(text)[1:-1]

    def body(self, head: Token, sign: Token | None, update: Located) -> _Body:
        if str(head) not in _HEADS:
            known = ", ".join(_HEADS)
            hint = suggestion(str(head), _HEADS) or f"; expected one of {known}"
            raise Problem(f"unknown momentum type {quoted(head)}{hint}", place_of(head))
        if sign is not None and (str(sign) != "ascent" or str(head) == "schedule"):
            raise Problem(f"unexpected {quoted(sign)}; expected 'ascent' or '~'", place_of(sign))
        if self._implicit and self._explicit:
            raise Problem("some dropouts have a draw and some have none; give all or none", place_of(head))
        self._implicit = self._explicit = 0
        if str(head) == "schedule":
            schedule = guarded(lambda: Schedule(update.node), update.position)
            return _Body(head, schedule)
        momentum = _MOMENTA[str(head)]
        return _Body(head, guarded(lambda: Rule(momentum, update.node, sign is not None), update.position))

    def add(self, *operands: Located) -> Located:
        return self._node("add", *operands)

    def sub(self, *operands: Located) -> Located:
        return self._node("sub", *operands)

    def mul(self, x: Located, y: Located) -> Located:
        kinds = kind_of(x.node), kind_of(y.node)
        if kinds == (Kind.STEP, Kind.TENSOR):
            return self._node("scale", x, y)
        if kinds == (Kind.TENSOR, Kind.STEP):
            return Located(self._node("scale", y, x).node, x.position)
        return self._node("mul", x, y)

    def div(self, x: Located, y: Located) -> Located:
        if (kind_of(x.node), kind_of(y.node)) == (Kind.TENSOR, Kind.STEP):
            factor = self._node("div", Located(number(1), y.position), y)
            return Located(self._node("scale", factor, x).node, x.position)
        return self._node("div", x, y)

    def neg(self, x: Located) -> Located:
        return self._node("neg", x)

    def scale(self, *operands: Located) -> Located:
        return self._node("scale", *operands)

    def number(self, token: Token) -> Located:
        return Located(read_number(token), place_of(token))

    def abs(self, x: Located) -> Located:
        return self._node("abs", x)

    def grouped(self, x: Located) -> Located:
        return x

    def name(self, token: Token) -> Located:
        name = str(token)
        if name in self._settings:
            return Located(self._settings[name], place_of(token))
        if name in BY_NAME:
            return Located(BY_NAME[name].expression, place_of(token))
        if _is_atom(name):
            return Located(apply(name), place_of(token))
        if _is_function(name):
            raise Problem(f"'{name}' is a function; expected '(' after it", place_of(token))
        raise _unknown(token, "name")

    def positional(self, x: Located) -> tuple[None, Located]:
        return None, x

    def keyword(self, name: Token, value: Located) -> tuple[Token, Located]:
        return name, value

    def arguments(self, *items: tuple[Token | None, Located]) -> Any:
        return items

    def call(self, token: Token, items: tuple[tuple[Token | None, Located], ...] | None) -> Located:
        arguments = items or ()
        name = ALIASES.get(str(token), str(token))
        if not _is_function(name):
            if _is_atom(name):
                problem = f"{quoted(token)} is no function; remove '(...)' after it, or write '*' before"
                raise Problem(problem, place_of(token))
            raise _unknown(token, "function")
        if name in QUASI_HYPERBOLIC:
            beta = bind(token, 0, ("beta",), False, arguments)[1]["beta"]
            if not isinstance(beta, Rational):
                raise Problem(f"parameter 'beta' of '{name}' must be a plain number", place_of(token))
            return Located(guarded(lambda: quasi_hyperbolic(name, beta), place_of(token)), place_of(token))
        operation = lookup(name)
        assert operation is not None
        parameters = tuple(p.name for p in operation.parameters)
        operands, values = bind(token, operation.arity, parameters, operation.optional, arguments)
        if name == "drop":
            values = self._with_draw(values)
        place = place_of(token)
        return Located(guarded(lambda: apply(name, *(o.node for o in operands), **values), place), place)

    def _with_draw(self, values: dict[str, Basic]) -> dict[str, Basic]:
        if "draw" in values:
            self._explicit += 1
            return values
        self._implicit += 1
        return values | {"draw": Rational(self._implicit)}

    def _node(self, name: str, *operands: Located) -> Located:
        position = operands[0].position
        return Located(guarded(lambda: apply(name, *(o.node for o in operands)), position), position)

    def _starts_line(self, token: Token) -> None:
        if not begins_line(token, self._text):
            raise after_a_rule(token)


def _is_function(name: str) -> bool:
    """Return whether a name, or an alias, is followed by arguments in parentheses."""
    if name in QUASI_HYPERBOLIC:
        return True
    operation = lookup(name)
    return operation is not None and operation.name not in _OPERATORS and _takes_arguments(operation)


def _is_atom(name: str) -> bool:
    """Return whether a name stands alone."""
    if name in BY_NAME:
        return True
    operation = lookup(name)
    return operation is not None and not _takes_arguments(operation)


def _takes_arguments(operation: Operation) -> bool:
    return bool(operation.arity or operation.parameters)


def _unknown(token: Token, what: str) -> Problem:
    known = {name for name in (*REGISTRY, *ALIASES, *BY_NAME, *QUASI_HYPERBOLIC) if name not in _OPERATORS}
    near = hint_for(str(token), known)
    hint = near or "; 'nos-sym list --language' shows what there is"
    return Problem(f"unknown {what} {quoted(token)}{hint}", place_of(token))
