"""The part of the parser that applies rules: ``u = Adam(clip_norm(g))`` as what it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from lark import Token, v_args
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import NosSymError, RuleError, quoted
from nos_sym.language.application import Form, Library, check_starts, draws_of, form_of, put_into, with_masks
from nos_sym.language.block import (
    Assign,
    Block,
    State,
    Statement,
    names_in,
    run,
)
from nos_sym.language.block_builder import Blocks
from nos_sym.language.expansion import VELOCITY, written
from nos_sym.language.fresh_names import names_of_block, unused_name
from nos_sym.language.heads import head_of, moved
from nos_sym.language.hints import did_you_mean
from nos_sym.language.node import Node, is_condition, kind_of
from nos_sym.language.numerals import exact_value
from nos_sym.language.reading import Located, Problem, place_of
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.scope import WEIGHT, Scope
from nos_sym.language.setting import is_setting, setting_default, setting_domain, setting_name
from nos_sym.language.setting_values import hint_at
from nos_sym.language.state import is_old_value, old_value, state_name
from nos_sym.language.traversal import replaced, walk

_T = TypeVar("_T")
_Arguments = tuple[tuple[Token | None, Located], ...]


@v_args(inline=True)
class Applications(Blocks):
    """Puts rules in the place of their names while the parser reduces."""

    _text: str
    _rules: dict[str, Rule | Block | Schedule]  # those of this text, by name
    _library: Library | None
    _found: dict[
        str, tuple[Rule | Block | Schedule, Token]
    ]  # those of the library, and where they are applied
    _forms: dict[str, Form]
    _line: Scope  # of what a rule of one line applies
    _given: set[str]  # names that applied rules have in this rule
    _words: frozenset[str]  # names in the text of the block around: none of them is captured
    _brace: int | None  # offset of that block, as long as its names have not been asked for

    def begin_applications(self, text: str, library: Library | None) -> None:
        """Forget the rules of another text."""
        self._text, self._library = text, library
        self._rules, self._found, self._forms = {}, {}, {}
        self.end_rule()

    def end_rule(self) -> None:
        """Forget the names of the rule above."""
        self._line = Scope()
        self._given = set()
        self._words = frozenset()
        self._brace = None

    def open_block(self, brace: Token) -> Token:
        """Begin a scope; that of a rule has names of its own."""
        if not self.in_block():
            self.end_rule()
            self._brace = place_of(brace)
        return self.begin_block(brace)

    def keep(self, name: Token, rule: Rule | Block | Schedule) -> None:
        """Let rules below apply a rule of this text."""
        if str(name) in self._found:
            _, applied = self._found[str(name)]
            raise Problem(
                f"{quoted(name)} is an entry of the catalog here, and a rule of this text has the name too; "
                "rename that rule, or define it above",
                place_of(applied),
            )
        self._rules[str(name)] = rule

    def applied(self, token: Token, arguments: _Arguments) -> Located | None:
        """Return the update of a rule that is applied; ``None`` where no rule has the name."""
        name, place = str(token), place_of(token)
        if name in self._settings or (self._scopes and name in self._scopes[-1].visible):
            what = "a setting" if name in self._settings else "a value"
            problem = f"{quoted(name)} is {what} here and no function; rename it, or write '*' before '('"
            raise Problem(problem, place)
        rule = self._rule(token)
        if rule is None:
            return None
        if isinstance(rule, Schedule):
            raise Problem(f"{quoted(name)} is a schedule; an optimizer is applied to a gradient", place)
        argument, settings = self._bound(token, rule, arguments)
        if name not in self._forms:
            self._forms[name] = _blamed(token, lambda: form_of(rule))
        return Located(self._expanded(token, self._forms[name], argument, settings), place)

    def rule_hint(self, token: Token, *, is_call: bool) -> str:
        """Return what an unknown name means as that of a rule, as the end of a message, or nothing."""
        name = str(token)
        known = [*self._rules, *(self._library.names() if self._library is not None else ())]
        if not is_call:
            return f"; a rule is applied to an expression, as in '{name}(g)'" if name in known else ""
        defined = re.compile(rf"^[ \t]*{re.escape(name)}[ \t]*(?:\([^{{}}~]*?\)\s*)?=(?!=)", re.MULTILINE)
        places = [match.start() for match in defined.finditer(self._text)]
        if any(place < place_of(token) for place in places):
            return "; a rule does not apply itself"
        if places:
            return "; its definition stands below, so move it above"
        if near := did_you_mean(name, known):
            return near
        if not name[:1].isupper():
            return ""
        where = "above" if self._library is None else "above or in the catalog; 'nos-sym list' shows what is"
        return f"; there is no such rule {where}"

    def _rule(self, token: Token) -> Rule | Block | Schedule | None:
        name = str(token)
        if name in self._rules:
            return self._rules[name]
        if name not in self._found and self._library is not None:
            try:
                rule = self._library.find(name)
            except NosSymError as error:
                raise Problem(str(error), place_of(token)) from None
            if rule is not None:
                self._found[name] = (rule, token)
        return self._found[name][0] if name in self._found else None

    def _bound(
        self, token: Token, rule: Rule | Block, arguments: _Arguments
    ) -> tuple[Basic, dict[Basic, Basic]]:
        """Return the argument of an application, and what the settings of the rule are there."""
        known = {setting_name(node): node for node in rule.settings}
        values: dict[Basic, Basic] = {node: number(setting_default(node)) for node in rule.settings}
        positional = [value for keyword, value in arguments if keyword is None]
        given: set[str] = set()
        for keyword, value in arguments:
            if keyword is None:
                continue
            name, place = str(keyword), place_of(keyword)
            if name not in known:
                other = self._library.with_setting(str(token), name) if self._library is not None else ""
                hint = did_you_mean(name, known) or (str(token) in self._found and other)
                hint = hint or hint_at(name, list(known))
                raise Problem(f"'{token}' has no setting {quoted(name)}{hint}", place)
            if name in given:
                raise Problem(f"the setting '{name}' of '{token}' is given twice", place)
            given.add(name)
            values[known[name]] = _value(token, known[name], value)
        if len(positional) != 1:
            place = positional[1].position if positional else place_of(token)
            raise Problem(
                f"'{token}' takes one argument, what stands in place of the gradient, and its settings by "
                f"name, as in '{token}(g{f', {next(iter(known))}=...' if known else ''})'",
                place,
            )
        (argument,) = positional
        if is_condition(argument.node) or kind_of(argument.node).of_step:
            found = "a condition" if is_condition(argument.node) else "a number for all tensors"
            raise Problem(
                f"the argument of '{token}' stands in place of the gradient; expected a tensor, not {found}",
                argument.position,
            )
        return argument.node, values

    def _expanded(self, token: Token, form: Form, argument: Basic, settings: dict[Basic, Basic]) -> Basic:
        """Insert the statements of a form, and return its update."""
        scope = self._scopes[-1] if self._scopes else self._line
        numbers = {draw: self._implicit + n for n, draw in enumerate(draws_of(form), 1)}
        if numbers:  # a mask of its own in each application
            form, self._implicit = with_masks(form, numbers), self._implicit + len(numbers)
        names = self._renamed(token, form)
        table = {**settings, apply("g"): argument, apply(WEIGHT): scope.visible[WEIGHT]}
        for node in walk(*form.expressions):
            if is_old_value(node):
                table[node] = old_value(names[state_name(node)], kind_of(node))
            elif not node.args and node.operation.name in self._settings:
                raise Problem(
                    f"'{node.operation.name}' is a setting here, and '{token}' reads what it hides; "
                    "rename the setting",
                    place_of(token),
                )

        def build() -> Basic:
            put = put_into(form, table, names)
            if table[apply(WEIGHT)] != apply(WEIGHT):
                check_starts(put)
            run(put.statements, scope)
            self._inserted += put.statements
            return put.update

        return _blamed(token, build)

    def _renamed(self, token: Token, form: Form) -> dict[str, str]:
        """Return what the names of a form are in the rule around it.

        A name stays where the text around does not have it; else the name of the rule stands before it, and
        a number behind it from the second on.
        """
        if self._brace is not None and self.in_block():
            self._words, self._brace = frozenset(names_of_block(self._text, self._brace)), None
        taken = self._given | set(self._settings) | self._words
        names: dict[str, str] = {}
        for name in names_in(form.statements):
            if name not in names:
                names[name] = unused_name(name, str(token), taken)
                taken.add(names[name])
        self._given |= set(names.values())
        return names

    def moving(self, head: Momentum, update: Basic, ascent: bool, place: int) -> Rule | Block:
        """Return a rule of one line; a block where one that it applies has statements, or reads the step."""
        rule = _at(place, lambda: Rule(head, update, ascent))
        statements = self.taken()
        names = self._given | set(self._settings)
        if not statements and not any(_stands_in_blocks(node) for node in walk(update)):
            return rule
        old = old_value(unused_name(VELOCITY, "", names))
        whole = apply("neg", update) if ascent else update
        # What multiplies the update is written as the parser writes a product, and the update stays as it is.
        blank = old_value(" ")
        parts = head_of(head, apply("lr"), apply("momentum"), blank, old)
        new = moved(apply(WEIGHT), parts)
        lines: list[Statement] = []
        if parts.momentum is not None:
            lines = [State(state_name(old)), Assign(state_name(old), _with(parts.momentum, blank, whole))]
        lines.append(Assign(WEIGHT, _with(new, blank, whole)))
        return _at(place, lambda: Block((*statements, *lines)))


def _stands_in_blocks(node: Node) -> bool:
    return node.operation.of_blocks and not node.operation.arity


def _with(expression: Basic, blank: Basic, update: Basic) -> Basic:
    return replaced(written(expression), {blank: update})


def _value(token: Token, setting: Node, value: Located) -> Basic:
    """Return a setting as it is given in an application: a number or a setting of the rule around."""
    name, domain = setting_name(setting), setting_domain(setting)
    if is_setting(value.node):
        inner = setting_domain(value.node)
        if not inner.within(domain):
            raise Problem(
                f"'{setting_name(value.node)}' has values in {inner}, and the setting '{name}' of '{token}' "
                f"those in {domain}; state a domain in the head",
                value.position,
            )
        return value.node
    found = exact_value(value.node)
    if found is None:
        raise Problem(
            f"the setting '{name}' of '{token}' is a number or a setting of the rule around it",
            value.position,
        )
    exact = _at(value.position, lambda: number(Rational(found.numerator, found.denominator)))
    if float(found) not in domain:
        raise Problem(f"the setting '{name}' of '{token}' has values in {domain}", value.position)
    return exact


def _blamed(token: Token, build: Callable[[], _T]) -> _T:
    """Return ``build()``, or what went wrong with the rule that is applied."""
    try:
        return build()
    except RuleError as error:
        raise Problem(f"{quoted(token)} cannot be applied here: {error}", place_of(token)) from None


def _at(place: int, build: Callable[[], _T]) -> _T:
    try:
        return build()
    except RuleError as error:
        raise Problem(str(error), place) from None
