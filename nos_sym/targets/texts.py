"""The rules of a text, in whichever syntax it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nos_sym.errors import NosSymError, SourceError
from nos_sym.targets.errors import TargetError

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

WITHOUT_TILDE = ("sympy", "csv", "json")
"""Syntaxes whose texts need not have a ``~``."""

SHOWN = 10
"""Of the lines that cannot be read."""

Note = Callable[[str], None]
"""What is told of a text that could be read, and that its writer may not have meant so."""


def parse_text(text: str, syntax: str | None, note: Note) -> list[Rule | Block | Schedule]:
    """Return the rules of a text in a syntax, one of ``authors csv json nos sympy``.

    Without one, it is recognized; see :func:`guess_syntax`.
    """
    syntax = syntax or guess_syntax(text)
    if syntax == "nos":
        from nos_sym.faces.parsing import parse_file

        return _doubted(parse_file(text), note)
    if syntax == "authors":
        return _parse_authors(text, note)
    if syntax == "sympy":
        from nos_sym.language.plain_reader import parse_plain

        return list(parse_plain(text))
    return _parse_table(text, syntax, note)


def parse_from(where: str, text: str, syntax: str | None, note: Note) -> list[Rule | Block | Schedule]:
    """Return the rules of a text, and put its place before what went wrong in it."""
    try:
        return parse_text(text, syntax, note)
    except NosSymError as error:
        raise TargetError(f"{where}: {error}" if where else str(error), error) from None


def guess_syntax(text: str) -> str:
    """Return the syntax of a text: plain SymPy is never recognized, since it looks like much else.

    ``authors`` where a line begins with ``None ~``, ``Mom ~`` or ``Nest ~``, or is one of their log with such
    a rule; ``csv`` where the first line names a column ``rule``; ``json`` where it begins as such; else
    ``nos``.
    """
    from nos_sym.language.authors.lines import is_authors
    from nos_sym.targets.candidates import is_table

    return is_table(text) or ("authors" if is_authors(text) else "nos")


def lines_cut_off(numbers: Sequence[int]) -> str:
    """Return how many lines of a log were skipped, and the first of them."""
    first = ", ".join(map(str, numbers[:SHOWN]))
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    noun = "line that is" if len(numbers) == 1 else "lines that are"
    return f"{len(numbers)} {noun} cut off or of another layout: {first}{more}"


def _parse_table(text: str, syntax: str, note: Note) -> list[Rule | Block | Schedule]:
    from nos_sym.targets.candidates import read_candidates

    rules: list[Rule | Block | Schedule] = []
    for _, found in read_candidates(text, syntax):
        if isinstance(found, SourceError):
            raise found
        rules.append(found)
    if not rules:
        raise SourceError("the table holds no rule; expected one in each row", text, 0)
    return _doubted(rules, note)


def _doubted(rules: list[Rule | Block | Schedule], note: Note) -> list[Rule | Block | Schedule]:
    """Return the rules, with a note on what their writer may not have meant."""
    from nos_sym.language.misreadings import doubts_about

    for doubt in dict.fromkeys(doubt for rule in rules for doubt in doubts_about(rule)):
        note(doubt)
    return rules


def _parse_authors(text: str, note: Note) -> list[Rule | Block | Schedule]:
    from nos_sym.language.authors.log import read_authors_text, skipped_lines

    rules: list[Rule | Block | Schedule] = list(read_authors_text(text))
    if skipped := skipped_lines(text):
        note(f"skipped {lines_cut_off(skipped)}")
    return rules
