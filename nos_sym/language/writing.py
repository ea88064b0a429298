"""Characters as people and programs write them: what of Unicode stands for which character of the grammar.

A paper, a word processor or another program writes a minus as U+2212, a blank as U+00A0 and a name as a Greek
letter. Each such character becomes the one that it stands for, never more or fewer, so that offsets and
messages point at the text as it was given. Of texts in quotes and of comments, blanks alone are replaced.
"""

from __future__ import annotations

import re
import unicodedata

from lark import Token

_SAME = {
    "-": "\u2010\u2011\u2013\u2212\ufe63",  # hyphen, non-breaking hyphen, en dash, minus, small hyphen
    "*": "\u00b7\u00d7\u2217\u2219\u2299\u22c5\u2a2f",  # dots, crosses, and the elementwise product
    "/": "\u00f7\u2044\u2215\u2298",  # division sign, slashes, and the elementwise quotient
    "~": "\u02dc\u223c",  # small tilde, tilde operator
    "|": "\u2223",  # divides
    " ": "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u200b\u2060\ufeff",  # every blank of Unicode, and those without a width
}
_TABLE = {ord(other): plain for plain, others in _SAME.items() for other in others}
# Letters and digits in other styles: subscripts, fullwidth forms, italic and bold letters of formulas, and
# variants of Greek letters. Each of them is one character in plain style.
for _first, _last in (
    (0xB5, 0xB5), (0x3D0, 0x3D6), (0x3F0, 0x3F1), (0x3F5, 0x3F5), (0x2080, 0x2089), (0x210E, 0x210E),
    (0xFF01, 0xFF5E), (0x1D400, 0x1D7FF),
):  # fmt: skip
    for _code in range(_first, _last + 1):
        _plain = unicodedata.normalize("NFKC", chr(_code))
        if len(_plain) == 1 and unicodedata.category(chr(_code)) != "Cn":
            _TABLE[_code] = _plain

_HIDDEN = re.compile(r'"[^"\n]*"|#[^\n]*')
_LINE_ENDS = re.compile("\r(?!\n)|[\u0085\u2028\u2029]")

BLANKS = "".join(sorted(chr(code) for code, plain in _TABLE.items() if plain == " "))
"""Characters that stand for a space."""

_TO_SPACE = {code: plain for code, plain in _TABLE.items() if plain == " "}

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
"""Superscript digits, and their minus, to those of the line."""

_SHORT = {"epsilon": "eps", "lamda": "lam"}
"""Greek letters to the field's words, where these differ; ``lambda`` is a word of Python."""


def _spelled(letter: str) -> str:
    """Return the name of a Greek letter; a capital one's begins with a capital."""
    words = unicodedata.name(letter, letter).split()
    name = words[-1].lower()
    name = _SHORT.get(name, name)
    return name.capitalize() if "CAPITAL" in words else name


def with_line_ends(text: str) -> str:
    r"""Return text in which every line end is ``\n`` or ``\r\n``, character for character.

    >>> with_line_ends("a\rb\r\nc")
    'a\nb\r\nc'
    """
    return _LINE_ENDS.sub("\n", text)


def plain_characters(text: str) -> str:
    """Return text with the characters of the grammar in place of others that stand for them.

    It has the same length, so that an offset into one is an offset into the other.
    """
    if text.isascii():
        return text
    parts, end = [], 0
    for hidden in _HIDDEN.finditer(text):
        parts += [text[end : hidden.start()].translate(_TABLE), hidden[0].translate(_TO_SPACE)]
        end = hidden.end()
    return "".join([*parts, text[end:].translate(_TABLE)])


def ascii_name(token: Token) -> Token:
    """Return the token of a name with its Greek letters spelled; its place stays."""
    return token if token.isascii() else token.update(value=spelled_name(str(token)))


def spelled_name(name: str) -> str:
    """Return a name with its Greek letters spelled."""
    return "".join(c if c.isascii() else _spelled(c) for c in name)
