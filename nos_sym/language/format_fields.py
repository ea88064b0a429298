"""The fields of format strings that say how an operation is written, checked where one is registered.

A field that names what an operation does not have, or leaves an operand out, would be found where the first
file is rendered, or never.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from string import Formatter

from nos_sym.errors import NosSymError, quoted


def check_fields(
    text: object,
    known: Collection[str],
    needed: Collection[str],
    what: str,
    error: Callable[[str], NosSymError],
    levels: Collection[str] = (),
    brackets: Collection[str] = ("()", "[]", "{}"),
) -> None:
    """Raise an error unless a format string has the fields that it needs, and no others.

    Args:
        text: the format string.
        known: the fields that it may have.
        needed: those that it must have.
        what: what it is, as a message begins.
        error: makes the error of a message.
        levels: what may stand behind the colon of a field.
        brackets: pairs that are to be balanced in the text around the fields.
    """
    if not isinstance(text, str):
        raise error(f"{what} is of type {type(text).__name__}; expected a format string such as 'f({{0}})'")
    shown = f"{what}, {quoted(text, 60)},"
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as problem:
        raise error(f"{shown} is no format string: {problem}; '{{{{' stands for a brace") from None
    fields = [(name, level, turned) for _, name, level, turned in pieces if name is not None]
    _expect_whole("".join(said for said, *_ in pieces), shown, error, brackets)
    for name, level, turned in fields:
        if name not in known or turned or (level and level not in levels):
            field = name + (f"!{turned}" if turned else "") + (f":{level}" if level else "")
            has = ", ".join(f"{{{each}}}" for each in known) or "no field"
            raise error(f"{shown} has the field {quoted(f'{{{field}}}')}; expected {has}")
    missing = [each for each in needed if each not in {name for name, _, _ in fields}]
    if missing:
        raise error(f"{shown} lacks the field '{{{missing[0]}}}'; it has to say every operand")


def _expect_whole(
    said: str, shown: str, error: Callable[[str], NosSymError], brackets: Collection[str]
) -> None:
    """Raise an error for line ends and brackets without another, which would break the file around them."""
    if said.splitlines() not in ([], [said]):
        raise error(f"{shown} has a line end; expected one line")
    plain = re.sub(r"\\[{}]", "", said)  # braces that LaTeX prints
    for pair in brackets:
        opened, closed = pair[0], pair[1]
        depth = 0
        for character in plain:
            depth += (character == opened) - (character == closed)
            if depth < 0:
                break
        if depth:
            raise error(f"{shown} has a '{opened if depth > 0 else closed}' without another; close it")
