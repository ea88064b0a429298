"""What stands on a command line up to the cursor, as a shell splits it, and how a word is put back there."""

from __future__ import annotations

from typing import NamedTuple

_SPECIAL = frozenset(" \t\n\\'\"$`!&|;<>()[]{}*?#~^")
_ESCAPED_IN_DOUBLE = frozenset('"\\$`\n')


class Typed(NamedTuple):
    """A command line up to the cursor.

    Attributes:
        words: the words before the one at the cursor, without their quotes.
        last: the word at the cursor, without its quotes; empty where one may begin.
        quote: the quote that is open at the cursor, or nothing.
        kept: how many characters of ``last`` the shell leaves alone, because it takes what follows them for
            the word: bash breaks words at ``=`` and ``:`` and at a quote that is open.
    """

    words: tuple[str, ...]
    last: str
    quote: str
    kept: int


def typed(line: str, breaks: str = "") -> Typed:
    """Split a command line as POSIX shells do.

    Args:
        line: what stands before the cursor.
        breaks: characters that end a word for the shell without ending one for the command.
    """
    words: list[str] = []
    word: str | None = None
    quote, kept, after_backslash = "", 0, False
    for c in line:
        if after_backslash:
            # Within double quotes a backslash stays, unless the next character means something there.
            word = (word or "") + ("" if not quote or c in _ESCAPED_IN_DOUBLE else "\\") + c
            after_backslash = False
        elif c == "\\" and quote != "'":
            after_backslash, word = True, word or ""
        elif quote:
            if c == quote:
                quote = ""
            else:
                word = (word or "") + c
        elif c in "'\"":
            quote, word = c, word or ""
            kept = len(word)
        elif c in " \t\n":
            if word is not None:
                words.append(word)
            word, kept = None, 0
        else:
            word = (word or "") + c
            if c in breaks:
                kept = len(word)
    return Typed(tuple(words), word or "", quote, kept if quote or breaks else 0)


def written(value: str, at: Typed) -> str:
    """Return what bash is to put behind what it keeps of a word, quoted as the word is.

    >>> written("whole tensor", typed("nos-sym list wh"))
    'whole\\\\ tensor'
    """
    rest = value[at.kept :]
    if at.quote == "'":
        return rest.replace("'", "'\\''")
    special = _ESCAPED_IN_DOUBLE if at.quote else _SPECIAL
    return "".join(f"\\{c}" if c in special else c for c in rest)
