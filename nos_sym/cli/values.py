"""The option ``--set``: other values for the settings of the rule that a command takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import rich_click as click

from nos_sym.cli.failures import InputError
from nos_sym.errors import NosSymError, quoted

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

_AnyRule = TypeVar("_AnyRule", "Rule", "Block", "Schedule", "Rule | Block | Schedule", "Rule | Schedule")

set_option = click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another value for a setting of the rule, as in 'eps=1e-6'; may be repeated.",
)
"""The option of commands that take a rule; :func:`with_values` applies it."""


def with_values(rule: _AnyRule, values: tuple[str, ...]) -> _AnyRule:
    """Return a rule with other defaults of its settings.

    Args:
        rule: what TARGET stands for.
        values: what was given to :data:`set_option`.

    Raises:
        InputError: a text is no ``name=value``, the rule has no such setting, or the value is outside of its
            domain.
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
    if not table:
        return rule
    try:
        changed: _AnyRule = rule.with_settings(table)
    except NosSymError as error:
        raise InputError(f"'--set': {error}") from None
    return changed
