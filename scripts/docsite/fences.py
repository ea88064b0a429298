"""Blocks of code in pages: what stands behind their language says how the tests run them.

A block opens with its language, and may go on with words that are no part of it::

    ```console heavy
    ```console no-run trains for hours

``heavy`` blocks run in the long sweep alone. ``no-run`` blocks are read and checked, and not run; the words
that follow say why. MkDocs knows neither, so the site is built without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from docsite.markdown import FENCE

_OPTION = re.compile(r'\w+="[^"]*"')
HEAVY, UNRUN = "heavy", "no-run"


class Info(NamedTuple):
    """What stands where a block opens.

    Attributes:
        language: its language, empty where none is said.
        options: what MkDocs reads, such as ``title="train.py"``.
        how: ``heavy``, ``no-run`` or empty.
        reason: why the block is not run.
    """

    language: str
    options: str
    how: str
    reason: str

    @property
    def title(self) -> str:
        """The name that is shown above the block, which is that of a file; empty where there is none."""
        found = re.search(r'title="([^"]*)"', self.options)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code of a page.

    Attributes:
        info: what stands where it opens.
        text: its lines, each with its end.
        line: number of the line that opens it, from 1.
    """

    info: Info
    text: str
    line: int


def read_info(said: str) -> Info:
    """Return what the text behind the marks of a block says.

    Raises:
        ValueError: there are words that mean nothing, or a block that is not run does not say why.
    """
    options = " ".join(_OPTION.findall(said))
    words = _OPTION.sub("", said).split()
    language, rest = (words[0], words[1:]) if words else ("", [])
    if not rest:
        return Info(language, options, "", "")
    how, reason = rest[0], " ".join(rest[1:])
    if how not in (HEAVY, UNRUN) or (how == HEAVY and reason):
        raise ValueError(
            f"expected '{HEAVY}' or '{UNRUN} REASON' behind '{language}', not {' '.join(rest)!r}"
        )
    if how == UNRUN and not reason:
        raise ValueError(f"'{UNRUN}' does not say why the block cannot run")
    return Info(language, options, how, reason)


def blocks(page: str) -> Iterator[Block]:
    """Return the blocks of code of a page, in order.

    Raises:
        ValueError: a block does not end, or what opens it cannot be read; the message has the line.
    """
    lines = page.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at].rstrip("\n"))
        at += 1
        if opened is None or "`" in opened[3]:
            continue
        start, inner = at, []
        while at < len(lines) and not _closes(lines[at], opened[2]):
            inner.append(lines[at].removeprefix(opened[1]))
            at += 1
        if at == len(lines):
            raise ValueError(f"line {start}: the block does not end")
        at += 1
        try:
            info = read_info(opened[3])
        except ValueError as error:
            raise ValueError(f"line {start}: {error}") from None
        yield Block(info, "".join(inner), start)


def _closes(line: str, marks: str) -> bool:
    fence = FENCE.match(line.rstrip("\n"))
    return fence is not None and fence[2].startswith(marks) and not fence[3].strip()


def for_mkdocs(page: str) -> str:
    """Return a page whose blocks open with what MkDocs knows alone."""
    opening = {block.line: block.info for block in blocks(page)}
    lines = page.split("\n")
    for number, info in opening.items():
        fence = FENCE.match(lines[number - 1])
        assert fence is not None
        said = " ".join(part for part in (info.language or "text", info.options) if part)
        lines[number - 1] = f"{fence[1]}{fence[2]}{said}"
    return "\n".join(lines)
