"""The nearest entries of the catalog: equal ones, up to a factor or a schedule, and at which settings."""

from __future__ import annotations

from collections.abc import Iterator

from nos_sym.algebra.levels import Level
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting_default, setting_domain, setting_name
from nos_sym.language.traversal import walk
from nos_sym.program.settings import with_implied_settings
from nos_sym.report.sheet.catalog_keys import LEVELS, catalog_keys, keys_of
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import Subject

TRIED = {"weight_decay": ("0", "0.01"), "momentum": ("0", "0.9"), "eps": ("0",)}
"""Other values of settings that are tried, by their names without numbers; of all others 0 and 0.9."""

MOST_TRIES = 16
MOST_NAMES = 8

_WORDS = {
    Level.EXACT: "Equal to",
    Level.SIGN: "Equal up to the sign to",
    Level.SCALE: "Equal up to a constant factor, another learning rate, to",
    Level.SCHEDULE: "Equal up to a learning-rate schedule to",
}
_KEY, _TITLE = "catalog", "In the catalog"


def neighbors(subject: Subject) -> list[Line]:
    """Return the lines about entries of the catalog, each equal at a level of the algebra."""
    known = catalog_keys()
    own = keys_of(subject.plain)
    found: list[Line] = []
    seen = {subject.rule.name}
    for level in LEVELS:
        names = [n for n in known[level.value].get(own[level.value], []) if n not in seen]
        seen.update(names)
        if names:
            by = f"the canonical forms at level '{level.value}' are one, settings at their defaults"
            found.append(_line(f"{_WORDS[level]} {_listed(names)}.", by, names, level.value, ""))
    return [*found, *_at_settings(subject, known[Level.EXACT.value], seen)]


def _line(says: str, by: str, names: list[str], level: str, at: str) -> Line:
    return proved(_KEY, _TITLE, says, by=by, entries=names, level=level, settings=at)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _at_settings(subject: Subject, exact: dict[str, list[str]], seen: set[str]) -> list[Line]:
    """Return a line for each other value of a setting at which the rule becomes an entry."""
    found = []
    for rule, at in _others(subject.rule):
        names = [n for n in exact.get(keys_of(rule)[Level.EXACT.value], []) if n not in seen]
        if names:
            by = "the canonical form with this setting is that of the entry at its defaults"
            says = f"With {at} it is {_listed(names)}."
            found.append(_line(says, by, names, Level.EXACT.value, at))
    return found


def _others(rule: Rule | Block) -> Iterator[tuple[Rule | Block, str]]:
    """Yield the rule with another value of one setting, and that in words."""
    settings: tuple[Node, ...] = rule.settings
    named = bool(settings)
    if isinstance(rule, Rule) and not settings:
        rule = Rule(rule.momentum, with_implied_settings(rule.update), rule.ascent, rule.name)
        settings = rule.settings
    count = 0
    for node in settings:
        name, default = setting_name(node), decimal_text(setting_default(node))
        for value in TRIED.get(name.rstrip("0123456789"), ("0", "0.9")):
            if float(value) == float(default) or float(value) not in setting_domain(node):
                continue
            count += 1
            if count > MOST_TRIES:
                return
            try:
                other = rule.with_settings({name: value})
            except NosSymError:
                continue
            yield other, f"{name} {value}" if named else _in_words(rule, node, value)


def _in_words(rule: Rule | Block, coefficient: Node, value: str) -> str:
    """Return which coefficient has another value, of a rule that gives it no name."""
    default = decimal_text(setting_default(coefficient))
    assert isinstance(rule, Rule)
    for node in walk(rule.update):
        if node.operands and coefficient in node.parameters:
            # Of the settings of the rule this part has its own alone.
            plain = Rule(Momentum.NONE, node).at_defaults()
            return f"{value} in the place of the coefficient {default} of {print_expression(plain.update)}"
    return f"{value} in the place of the coefficient {default}"
