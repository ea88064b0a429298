"""Line ends inside blocks: those that end a statement stay, the others are blanks.

A line end ends a statement where it stands directly inside braces, after a token that may end an expression.
In brackets, between bars and outside braces it is a blank, and so it is before a token that cannot begin a
statement (the terminal ``CONTINUED`` of the grammar), so that long sums may go on in the next line.
"""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

_OPEN = {"LPAR": "(", "LSQB": "[", "LBRACE": "{"}
_CLOSE = {"RPAR", "RSQB", "RBRACE"}
_LAST = {"NAME", "NUMBER", "SUPERSCRIPT", "RPAR", "RSQB", "RBRACE", "VBAR"}


class LineEnds:
    """A filter between the lexer and the parser."""

    always_accept = ("_NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Yield the tokens without the line ends that are blanks."""
        opened: list[str] = []
        bars = [0]
        last = ""
        for token in stream:
            if token.type in _OPEN:
                opened.append(_OPEN[token.type])
                bars.append(0)
            elif token.type in _CLOSE and opened:
                opened.pop()
                bars.pop()
            elif token.type == "VBAR":
                bars[-1] ^= 1
            elif token.type == "_NEWLINE":
                ends = bool(opened) and opened[-1] == "{" and last in _LAST and not bars[-1]
                if not ends:
                    continue
            elif token.type == "SEMICOLON" and last == "SEMICOLON":
                continue  # no statement stands between them
            last = token.type
            yield token
