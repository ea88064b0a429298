"""The argument TARGET: what :mod:`nos_sym.targets` reads, and ``-`` for standard input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from nos_sym.cli.failures import InputError
from nos_sym.cli.offers import targets
from nos_sym.cli.output import write_note

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

_STDIN = "standard input"


class TargetType(StringParamType):
    """A command-line argument that is completed with the names of the catalog and with files."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Return the names that begin with what was typed, and files."""
        return targets(incomplete)


def read_target(target: str, rule_name: str | None = None) -> Rule | Schedule:
    """Return the rule of one line, or the schedule, that ``target`` stands for.

    Raises:
        InputError, NosSymError: one line that says what was wrong and what to do; also for a block.
    """
    return one_liner(read_any(target, rule_name))


def one_liner(rule: Rule | Block | Schedule) -> Rule | Schedule:
    """Return a rule of one line, or a schedule.

    Raises:
        InputError: it is a block.
    """
    from nos_sym.language.block import Block

    if isinstance(rule, Block):
        raise InputError(f"{rule.name or 'the rule'} is a block; this command takes rules of one line")
    return rule


def read_any(
    target: str, rule_name: str | None = None, *, choice: str | None = None
) -> Rule | Block | Schedule:
    """Return the rule, block or schedule that ``target`` stands for.

    Args:
        target: the argument.
        rule_name: the rule of a text or a file with several.
        choice: how the user says which of several rules is meant, by default with ``--rule``.

    Raises:
        InputError, NosSymError: one line that says what was wrong and what to do.
    """
    from nos_sym.cli.given import read_stdin
    from nos_sym.targets.finding import BY_OPTION, choose, find
    from nos_sym.targets.texts import parse_from

    choice = choice or BY_OPTION
    if target == "-":
        return choose(parse_from(_STDIN, read_stdin(), None, write_note), _STDIN, rule_name, choice)
    return find(target, write_note, rule_name, choice=choice)


def read_all(target: str, syntax: str | None = None) -> list[Rule | Block | Schedule]:
    """Return every rule of a text, of a file, or of standard input (``-``), or that of a catalog name."""
    from nos_sym.cli.given import read_stdin
    from nos_sym.targets.finding import find_all
    from nos_sym.targets.texts import parse_from

    if target == "-":
        return parse_from(_STDIN, read_stdin(), syntax, write_note)
    return find_all(target, write_note, syntax)
