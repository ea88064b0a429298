"""Initial optimizers of a search, by name, as text, or from a file."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path

from nos_sym import catalog
from nos_sym.algebra.text import canonical_rule
from nos_sym.errors import NosSymError
from nos_sym.faces import equals_of
from nos_sym.faces.parsing import LIBRARY
from nos_sym.language.block import Block
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Rule, Schedule
from nos_sym.search.errors import SearchError


def read_optimizers(text: str) -> list[Rule]:
    """Return the optimizers of a name of the catalog, of a rule as text, or of a file with rules.

    A block is written as the rule of one line that it is, settings at their defaults: a search begins with
    the same optimizer in other words. One of the catalog has the words of an entry that is proved equal,
    if there is one.

    Raises:
        NosSymError: the text is none of these, or it is a schedule.
        SearchError: a block that is no rule of one line, and what is missing.
    """
    if text in catalog.names() or (text.isascii() and text.isidentifier()):
        found: Sequence[Rule | Block | Schedule] = [catalog.entry(text)]
    elif os.path.isfile(text):  # noqa: PTH113 - no error where the text is too long for a path
        try:
            found = parse_file(Path(text).read_text(encoding="utf-8"), LIBRARY)
        except (OSError, UnicodeDecodeError) as error:
            raise SearchError(f"cannot read '{text}': {error}") from None
    else:
        found = parse_file(text, LIBRARY)
    return [one_line_rule(rule, text) for rule in found]


def one_line_rule(rule: Rule | Block | Schedule, text: str = "") -> Rule:
    """Return an optimizer as the rule of one line that it is.

    Raises:
        SearchError: it is a schedule, or a block that is no such rule, and what is missing.
    """
    if isinstance(rule, Schedule):
        raise SearchError(f"'{text}' holds the schedule '{rule.name}'; expected optimizers")
    if isinstance(rule, Rule):
        return rule
    if rule.name in catalog.names() and rule == catalog.entry(rule.name):
        for name in equals_of(rule.name):
            known = catalog.entry(name)
            if isinstance(known, Rule):
                return known.at_defaults().named(rule.name, rule.source)
    try:
        return canonical_rule(rule)
    except NosSymError as error:
        raise SearchError(f"a search begins with rules of one line; {error}") from None
