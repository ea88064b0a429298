"""The option ``--set``: other values for the settings of the rules that a command takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from nos_sym.cli import offered_settings
from nos_sym.cli.failures import InputError
from nos_sym.errors import NosSymError, quoted

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

_AnyRule = TypeVar(
    "_AnyRule", "Rule", "Block", "Schedule", "Rule | Block", "Rule | Schedule", "Rule | Block | Schedule"
)

_OF_ONE = re.compile(r"([AB])\.(.+)")

set_option = click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=offered_settings.values,
    help="Another value for a setting of the rule, as in 'eps=1e-6'; may be repeated.",
)
"""The option of commands that take a rule; :func:`with_values` applies it."""

set_each_option = click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=offered_settings.values,
    help="Another value for a setting of all rules that have it, as in 'eps=1e-6'; may be repeated.",
)
"""The option of commands that take several rules; :func:`with_values_each` applies it."""

set_pair_option = click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=offered_settings.values,
    help="Another value for a setting of those of A and B that have it, as in 'eps=1e-6'; 'A.eps=1e-6' is "
    "of A alone. May be repeated.",
)
"""The option of commands that take two rules; :func:`with_values_of_two` applies it."""


def with_values(rule: _AnyRule, values: tuple[str, ...]) -> _AnyRule:
    """Return a rule with other defaults of its settings.

    Args:
        rule: what TARGET stands for.
        values: what was given to :data:`set_option`.

    Raises:
        InputError: a text is no ``name=value``, the rule has no such setting, or the value is outside of its
            domain.
    """
    return _changed(rule, values_table(values))


def with_values_each(rules: Sequence[_AnyRule], values: tuple[str, ...]) -> list[_AnyRule]:
    """Return rules with other defaults of those settings that they have.

    Raises:
        InputError: a text is no ``name=value``, none of the rules has such a setting, or the value is outside
            of its domain in one that has it.
    """
    table = values_table(values)
    if not table:
        return list(rules)
    if len(rules) == 1:
        return [_changed(rules[0], table)]
    known = [_names(rule) for rule in rules]
    every = list(dict.fromkeys(name for names in known for name in names))
    for name in table:
        _expect(name, every, "none of the rules has a setting")
    return [_changed(rule, _own(table, names)) for rule, names in zip(rules, known, strict=True)]


def with_values_of_two(a: _AnyRule, b: _AnyRule, values: tuple[str, ...]) -> tuple[_AnyRule, _AnyRule]:
    """Return two rules with other defaults: ``A.name`` and ``B.name`` are of one, a name is of both.

    Raises:
        InputError: a text is no ``name=value``, neither has such a setting or the one that it names has not,
            or the value is outside of its domain.
    """
    tables: dict[str, dict[str, str]] = {"A": {}, "B": {}}
    known = {"A": _names(a), "B": _names(b)}
    for text, value in values_table(values).items():
        letter, name = match.groups() if (match := _OF_ONE.fullmatch(text)) else ("", text)
        if letter:
            _expect(name, known[letter], f"{letter} has no setting")
        else:
            _expect(name, list(dict.fromkeys(known["A"] + known["B"])), "neither A nor B has a setting")
        for each, table in tables.items():
            if letter in ("", each) and name in known[each]:
                if name in table:
                    raise InputError(f"'--set' gives {quoted(f'{each}.{name}')} twice; leave one out")
                table[name] = value
    return _changed(a, tables["A"]), _changed(b, tables["B"])


def values_table(values: tuple[str, ...]) -> dict[str, str]:
    """Return the texts of ``--set`` as a table of names and values.

    Raises:
        InputError: a text is no ``name=value``, or gives a name twice.
    """
    table: dict[str, str] = {}
    for text in values:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise InputError(
                f"'--set {quoted(text)[1:-1]}' sets nothing; expected NAME=VALUE, as in 'eps=1e-6'"
            )
        if name in table:
            raise InputError(f"'--set' gives {quoted(name)} twice; leave one out")
        table[name] = value
    return table


def _own(table: dict[str, str], names: list[str]) -> dict[str, str]:
    return {name: value for name, value in table.items() if name in names}


def _names(rule: Rule | Block | Schedule) -> list[str]:
    from nos_sym.language.setting import setting_name

    return [setting_name(node) for node in rule.settings]


def _expect(name: str, known: list[str], who: str) -> None:
    if name not in known:
        from nos_sym.language.setting_values import hint_at

        raise InputError(f"'--set': {who} {quoted(name)}{hint_at(name, known)}")


def _other_with(rule: Rule | Block | Schedule, name: str) -> str:
    """Return which entry is like one of the catalog, and has a setting that it lacks."""
    from nos_sym.faces.parsing import LIBRARY, like_it_with
    from nos_sym.language.hints import did_you_mean

    if LIBRARY.find(rule.name) != rule or did_you_mean(name, _names(rule)):
        return ""
    return like_it_with(rule.name, name)


def _changed(rule: _AnyRule, table: dict[str, str]) -> _AnyRule:
    if not table:
        return rule
    for name in table:
        if name not in _names(rule) and (other := _other_with(rule, name)):
            raise InputError(f"'--set': '{rule.name}' has no setting {quoted(name)}{other}")
    try:
        changed: _AnyRule = rule.with_settings(table)
    except NosSymError as error:
        raise InputError(f"'--set': {error}") from None
    return changed
