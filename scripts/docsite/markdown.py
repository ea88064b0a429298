"""Markdown that generated pages are made of: tables whose cells may hold anything, headings, code, links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
"""A line that opens or closes a block of code: its indent, its marks, and what follows them."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown, as :func:`text` and :func:`code` write it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "&#124;") or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def text(plain: str) -> str:
    """Return a plain text as Markdown that shows it as it is, on one line."""
    return _as_it_is(" ".join(plain.split()))


def code(plain: str) -> str:
    """Return a text as code within a line, also within a cell of a table.

    An element in place of marks: a cell ends at a ``|`` in them for one reader of Markdown and not for
    another.
    """
    return f"<code>{_as_it_is(' '.join(plain.split()))}</code>"


def _as_it_is(plain: str) -> str:
    """Return a text in which nothing is a mark of Markdown: marks are written by their numbers."""
    return re.sub(r"[\\`*_{}\[\]()#|~^$!+<>&:-]", lambda mark: f"&#{ord(mark[0])};", plain)


def block(plain: str, language: str = "text") -> str:
    """Return a text as a block of code, whatever marks it holds."""
    longest = max((len(marks) for marks in re.findall(r"~+", plain)), default=0)
    marks = "~" * max(3, longest + 1)
    return f"{marks}{language}\n{plain.rstrip()}\n{marks}\n"


def relative(target: str, page: str) -> str:
    """Return the link from a page to a target, both as paths below ``docs/``.

    >>> relative("gallery/opt4.md", "reference/commands/render.md")
    '../../gallery/opt4.md'
    """
    there, here = PurePosixPath(target).parts, PurePosixPath(page).parent.parts
    same = 0
    while same < min(len(there) - 1, len(here)) and there[same] == here[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + list(there[same:]))


def prose(lines: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Return the lines of a page, each with whether it is text, and not code or the fence of code."""
    closing = ""
    for line in lines:
        fence = FENCE.match(line)
        if closing:
            yield False, line
            if fence and fence[2].startswith(closing) and not fence[3].strip():
                closing = ""
        elif fence and "`" not in fence[3]:
            closing = fence[2]
            yield False, line
        else:
            yield True, line
