"""Other values for the settings of a rule: the same rule with other defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError, quoted
from nos_sym.language.hints import did_you_mean
from nos_sym.language.node import Node
from nos_sym.language.reading import MAX_NUMERAL
from nos_sym.language.registry import number
from nos_sym.language.setting import setting, setting_domain, setting_name
from nos_sym.language.traversal import walk

Value: TypeAlias = "int | float | str | Rational"
"""A number as it may be given; a float is the decimal number that it is printed as."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def with_defaults(
    settings: tuple[Node, ...], values: Mapping[str, Value]
) -> tuple[tuple[Node, ...], Callable[[Basic], Basic]]:
    """Return settings with other defaults, and what puts them into an expression.

    Args:
        settings: those of a rule.
        values: names of some of them to numbers.

    Raises:
        RuleError: there is no such setting, a value is no decimal number, or it lies outside the domain.
    """
    known = {setting_name(node): node for node in settings}
    table: dict[Basic, Basic] = {}
    for name, value in values.items():
        if name not in known:
            raise RuleError(f"the rule has no setting {quoted(name)}{hint_at(name, list(known))}")
        exact, domain = _exact(name, value), setting_domain(known[name])
        if float(exact) not in domain:
            raise RuleError(f"the setting '{name}' is {quoted(str(value))}; expected a number in {domain}")
        table[known[name]] = setting(name, exact, domain)
    new = tuple(table.get(node, node) for node in settings)
    return new, lambda expression: replaced(expression, table)


def hint_at(name: str, known: list[str]) -> str:
    """Return what stands behind a message on a setting that does not exist, given those that do."""
    if not known:
        return ": there is none; a setting stands in the head of a rule, as in 'Name(beta=0.9) = ...'"
    counted = [each for each in known if each.rstrip("0123456789") == name.removesuffix("s") != each]
    if counted and name.endswith("s"):
        return f": it has {len(counted)} of them, {', '.join(counted)}; set each, as in '{counted[0]}=0.9'"
    more = ", ..." if len(known) > 8 else ""
    return did_you_mean(name, known) or f"; expected one of {', '.join(known[:8])}{more}"


def _exact(name: str, value: Value) -> Rational:
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if not isinstance(value, Rational):
        if isinstance(value, bool) or len(text) > MAX_NUMERAL or not _DECIMAL.fullmatch(text):
            raise RuleError(f"the setting '{name}' is {quoted(str(value))}; expected a decimal number")
        value = Rational(text)
    number(value)  # refuses what has no finite decimal form, or is out of range
    return value


def replaced(expression: Basic, table: Mapping[Basic, Basic]) -> Basic:
    """Return an expression with some of its parts replaced, each wherever it occurs."""
    done: dict[Basic, Basic] = dict(table)
    for node in walk(expression):
        if node not in done:
            arguments = [done.get(a, a) for a in node.args]
            same = all(new is old for new, old in zip(arguments, node.args, strict=True))
            done[node] = node if same else node.func(*arguments)
    return done.get(expression, expression)
