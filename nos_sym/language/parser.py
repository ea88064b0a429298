"""The parser of the project's own syntax (``grammar/language.lark``).

Text only ever becomes nodes of the registry; nothing is evaluated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from lark import Lark, Token, v_args
from lark.exceptions import UnexpectedInput

from nos_sym.errors import RuleError, described, quoted
from nos_sym.intervals.interval import Interval
from nos_sym.language.application import Library
from nos_sym.language.application_builder import Applications
from nos_sym.language.block import Block
from nos_sym.language.block_builder import Scoped
from nos_sym.language.expression_builder import is_atom, is_function
from nos_sym.language.grammars import load_grammar
from nos_sym.language.misreadings import after_a_rule, begins_line, explained
from nos_sym.language.node import Node
from nos_sym.language.reading import (
    MAX_TEXT,
    Located,
    Problem,
    check_brackets,
    guarded,
    place_of,
    source_error,
)
from nos_sym.language.registry import suggestion
from nos_sym.language.rule import RATE, Momentum, Rule, Schedule, check_source
from nos_sym.language.setting import may_hide
from nos_sym.language.setting import setting as make_setting
from nos_sym.language.setting_text import Bound
from nos_sym.language.writing import ascii_name, plain_characters, with_line_ends

_MOMENTA = {m.value: m for m in Momentum}
_HEADS = (*_MOMENTA, "schedule")
_LOCK = threading.RLock()


def parse(text: str, library: Library | None = None) -> Rule | Block:
    """Read one rule, for example ``"none ~ tanh(g)"`` or ``"Opt = nesterov ~ v_hat / sqrt(s_hat)"``.

    Args:
        text: a rule.
        library: where rules are looked up that the text applies, as in ``"none ~ Adam(clip_norm(g))"``.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    return _optimizer(parse_file(text, library), text)


def parse_rule(text: str) -> Rule:
    """Read one rule as :func:`parse` does, for who takes no blocks.

    Raises:
        SourceError: also for a block.
    """
    rule = _optimizer(parse_one_liners(text), text)
    assert isinstance(rule, Rule)
    return rule


def _optimizer(rules: Sequence[Rule | Block | Schedule], text: str) -> Rule | Block:
    if len(rules) != 1:
        raise source_error(Problem(f"the text holds {len(rules)} rules; expected one", 0), text)
    (rule,) = rules
    if isinstance(rule, Schedule):
        raise source_error(Problem("the text is a schedule; expected an optimizer", 0), text)
    return rule


def parse_file(text: str, library: Library | None = None) -> list[Rule | Block | Schedule]:
    """Read every rule and schedule of a text, in order; names must differ.

    A rule may apply those above it, and those of ``library``; its own and those above come first.

    Raises:
        SourceError: also for a text without any rule.
    """
    return [placed.rule for placed in parse_placed(text, library)]


def parse_one_liners(text: str, library: Library | None = None) -> list[Rule | Schedule]:
    """Read a text as :func:`parse_file` does, for who takes no blocks.

    Raises:
        SourceError: also for a text with a block.
    """
    return [placed.rule for placed in one_liners(text, library)]


def one_liners(text: str, library: Library | None = None) -> list[OneLiner]:
    """Read a text as :func:`parse_one_liners` does, with the place of each rule."""
    found = []
    for rule, position in parse_placed(text, library):
        if isinstance(rule, Block):
            problem = Problem("a block stands where a rule of one line is expected, 'none ~ ...'", position)
            raise source_error(problem, text)
        found.append(OneLiner(rule, position))
    return found


class OneLiner(NamedTuple):
    """A rule of one line, and the offset at which its text begins."""

    rule: Rule | Schedule
    position: int


class Placed(NamedTuple):
    """A rule, and the offset at which its text begins."""

    rule: Rule | Block | Schedule
    position: int


def parse_placed(text: str, library: Library | None = None) -> list[Placed]:
    """Read a text as :func:`parse_file` does, with the place of each rule."""
    if not isinstance(text, str):
        raise RuleError(f"expected the text of a rule such as 'none ~ tanh(g)', not {described(text)}")
    text = with_line_ends(text)
    try:
        if len(text) > MAX_TEXT:
            raise Problem(f"a text of {len(text)} characters is too long; expected at most {MAX_TEXT}", 0)
        plain = plain_characters(text)
        check_brackets(plain)
        with _LOCK:
            parser, builder = _parser()
            # A library may read a text while this one is read.
            around = dict(vars(builder))
            try:
                builder.begin(plain, library)
                rules: list[Placed] = parser.parse(plain)  # type: ignore[assignment]
            finally:
                vars(builder).clear()
                vars(builder).update(around)
        if not rules:
            raise Problem("the text holds no rule; expected, for example, 'none ~ tanh(g)'", 0)
    except (UnexpectedInput, Problem) as error:
        raise source_error(explained(error, plain_characters(text), library), text) from None
    return rules


def name_twice(name: str) -> str:
    """Return what is wrong with a second rule of a name."""
    return f"the name {quoted(name)} is given twice; rename one"


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, _Builder]:
    builder = _Builder()
    names = {"NAME": ascii_name}
    grammar = load_grammar("language", transformer=builder, lexer_callbacks=names)
    return grammar, builder


class _Body(NamedTuple):
    """A rule without its name, and the word that it begins with."""

    head: Token
    rule: Rule | Block | Schedule


@v_args(inline=True)
class _Builder(Applications):
    """Builds nodes while the LALR parser reduces, so that deep text needs no deep stack."""

    def begin(self, text: str, library: Library | None) -> None:
        self._names: set[str] = set()
        self._settings: dict[str, Node] = {}
        self._rate: Located | None = None
        self._implicit = 0
        self._explicit = 0
        self._in_schedule = False
        self.begin_blocks(text)
        self.begin_applications(text, library)

    def start(self, *rules: Placed) -> list[Placed]:
        return list(rules)

    def named(self, name: Token, head: tuple[Node, ...] | None, body: _Body, source: str | None) -> Placed:
        return self._named(name, head, lambda: replace(body.rule, settings=head or ()), source)

    def named_block(
        self, name: Token, head: tuple[Node, ...] | None, block: Scoped, source: str | None
    ) -> Placed:
        self._check_draws(place_of(name))
        return self._named(name, head, lambda: Block(block.statements, settings=head or ()), source)

    def unnamed_block(self, block: Scoped, source: str | None) -> Placed:
        self._starts_line(block.brace)
        self._check_draws(place_of(block.brace))
        made = guarded(lambda: Block(block.statements, source=source or ""), place_of(block.brace))
        self.end_rule()
        return Placed(made, place_of(block.brace))

    def _named(
        self,
        name: Token,
        head: tuple[Node, ...] | None,
        make: Callable[[], Rule | Block | Schedule],
        source: str | None,
    ) -> Placed:
        self._starts_line(name)
        if str(name) in self._names:
            raise Problem(name_twice(name), place_of(name))
        self._names.add(str(name))
        rule = guarded(make, place_of(name))
        rate, self._rate = self._rate, None
        if rate is not None:
            if isinstance(rule, Schedule):
                raise Problem(
                    "a schedule has no learning rate of its own, but multiplies one; leave 'lr' out",
                    rate.position,
                )
            rated = rule
            rule = guarded(lambda: replace(rated, rate=rate.node), rate.position)
        self._settings = {}
        made = guarded(lambda: rule.named(str(name), source or ""), place_of(name))
        self.keep(name, made)
        self.end_rule()
        return Placed(made, place_of(name))

    def _check_draws(self, position: int) -> None:
        if self._implicit and self._explicit:
            raise Problem("some dropouts have a draw and some have none; give all or none", position)
        self._implicit = self._explicit = 0

    def unnamed(self, body: _Body, source: str | None) -> Placed:
        self._starts_line(body.head)
        rule = body.rule if source is None else body.rule.named("", source)
        self.end_rule()
        return Placed(rule, place_of(body.head))

    def settings(self, *items: Node | None) -> tuple[Node, ...]:
        return tuple(filter(None, items))

    def setting(self, name: Token, default: Bound, domain: Interval | None) -> Node | None:
        if str(name) == RATE:
            if domain is not None:
                raise Problem("'lr' has no domain; expected its default alone", place_of(name))
            if self._rate is not None:
                raise Problem("the default of 'lr' is given twice; leave one out", place_of(name))
            self._rate = Located(default.exact(), place_of(name))
            return None
        if not may_hide(str(name)) and (is_atom(str(name)) or is_function(str(name))):
            raise Problem(f"{quoted(name)} has a meaning already; choose another name", place_of(name))
        if str(name) in self._settings:
            raise Problem(f"the setting {quoted(name)} is given twice; rename one", place_of(name))
        made = guarded(lambda: make_setting(str(name), default.exact(), domain), place_of(name))
        self._settings[str(name)] = made
        return made

    def source(self, text: Token) -> str:
        guarded(lambda: check_source(text[1:-1]), place_of(text))
        return str(text)[1:-1]

    def body_head(self, head: Token, sign: Token | None) -> tuple[Token, Token | None]:
        if str(head) not in _HEADS:
            known = ", ".join(_HEADS)
            hint = suggestion(str(head), _HEADS) or f"; expected one of {known}"
            raise Problem(f"unknown momentum type {quoted(head)}{hint}", place_of(head))
        if sign is not None and (str(sign) != "ascent" or str(head) == "schedule"):
            raise Problem(f"unexpected {quoted(sign)}; expected 'ascent' or '~'", place_of(sign))
        self._in_schedule = str(head) == "schedule"
        return head, sign

    def body(self, begun: tuple[Token, Token | None], update: Located) -> _Body:
        head, sign = begun
        self._check_draws(place_of(head))
        self._in_schedule = False
        if str(head) == "schedule":
            if self.taken():
                raise Problem(
                    "a schedule has no states; a rule with states is applied in it", update.position
                )
            schedule = guarded(lambda: Schedule(update.node), update.position)
            return _Body(head, schedule)
        rule = self.moving(_MOMENTA[str(head)], update.node, sign is not None, update.position)
        return _Body(head, rule)

    def _starts_line(self, token: Token) -> None:
        if not begins_line(token, self._text):
            raise after_a_rule(token, self._text)
