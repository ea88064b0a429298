"""The rules of a table of candidates: CSV or JSON, in whichever syntax each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nos_sym.errors import SourceError, quoted
from nos_sym.faces.parsing import parse_file
from nos_sym.language.authors.lines import is_authors
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.block import Block
from nos_sym.language.parser import name_twice
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.tables import NAME, RULE, Candidate, read_csv, read_json

_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*(?:\{\s*["}]|"))')
_SEPARATOR = re.compile(r"[,;\t]")


def is_table(text: str) -> str | None:
    """Return ``csv`` or ``json`` where a text looks like a table of either form.

    No rule begins like JSON, or has a line without ``~`` of which one word is ``rule``.
    """
    if _JSON.match(text):
        return "json"
    heading = text.lstrip().split("\n", 1)[0]
    cells = [cell.strip(' "\r').lower() for cell in _SEPARATOR.split(heading)]
    is_heading = RULE in cells and "~" not in heading and not heading.startswith("#")
    return "csv" if is_heading else None


def read_candidates(
    text: str, syntax: str
) -> Iterator[tuple[Candidate, Rule | Block | Schedule | SourceError]]:
    """Yield each row of a table with its rule, or with why it has none.

    Raises:
        SourceError: the table cannot be read as a whole, or two rules have one name.
    """
    names: set[str] = set()
    for candidate in read_csv(text) if syntax == "csv" else read_json(text):
        try:
            found = _rule(candidate)
        except SourceError as error:
            yield candidate, error
            continue
        if found.name and found.name in names:
            raise candidate.error(NAME, name_twice(found.name), candidate.name or candidate.text, 0)
        names.add(found.name)
        yield candidate, found


def _rule(candidate: Candidate) -> Rule | Block | Schedule:
    text = candidate.rule
    if not isinstance(text, str):
        return candidate.from_data()
    try:
        found = [parse_authors(text)] if is_authors(text) else parse_file(text)
    except SourceError as error:
        raise candidate.error(RULE, error.message, text, error.position) from None
    if len(found) != 1:
        message = f"the cell holds {len(found)} rules; expected one, not {quoted(text)}"
        raise candidate.error(RULE, message, text, 0)
    return candidate.named(found[0])
