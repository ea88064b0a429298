"""Initial optimizers of a search, by name, as text, or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nos_sym import catalog
from nos_sym.language.block import Block
from nos_sym.language.parser import parse_one_liners
from nos_sym.language.rule import Rule, Schedule
from nos_sym.search.errors import SearchError


def read_optimizers(text: str) -> list[Rule]:
    """Return the optimizers of a name of the catalog, of a rule as text, or of a file with rules.

    Raises:
        NosSymError: the text is none of these, or it is a schedule.
    """
    if text in catalog.names() or (text.isascii() and text.isidentifier()):
        found: Sequence[Rule | Block | Schedule] = [catalog.entry(text)]
    elif Path(text).is_file():
        try:
            found = parse_one_liners(Path(text).read_text(encoding="utf-8"), catalog.LIBRARY)
        except (OSError, UnicodeDecodeError) as error:
            raise SearchError(f"cannot read '{text}': {error}") from None
    else:
        found = parse_one_liners(text, catalog.LIBRARY)
    for rule in found:
        if isinstance(rule, Block):
            raise SearchError(f"'{text}' is a block; expected an optimizer of one line, as 'none ~ g'")
        if not isinstance(rule, Rule):
            raise SearchError(f"'{text}' holds the schedule '{rule.name}'; expected optimizers")
    return [rule for rule in found if isinstance(rule, Rule)]
