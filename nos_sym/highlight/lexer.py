"""Pygments lexers of the language (``nos``) and of the authors' log (``nos-log``), which are entry points.

What a word is, is looked up while a text is read, so that operations of plug-ins are colored as the
project's own. Numbers, names and comments are those of the grammars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from nos_sym.highlight.words import Word, authors_words, word_of

_TYPES = {
    Word.KEYWORD: Keyword.Reserved,
    Word.TENSOR: Name.Builtin.Pseudo,
    Word.STEP: Name.Constant,
    Word.FUNCTION: Name.Function,
    Word.NAME: Name,
}

_NAME = r"[A-Za-z_\u03b1-\u03c9\u0391-\u03a9][A-Za-z_0-9\u03b1-\u03c9\u0391-\u03a9]*"
_SETTINGS = r"\([^{~]{0,2000}\)"  # of a head; without an end every line would be read to that of the text
_HEAD = r"(none|momentum|nesterov|schedule)(?:([ \t]+)(ascent))?([ \t]*)(~)"

_Tokens = Iterator[tuple[int, Any, str]]


def _word(lexer: RegexLexer, match: re.Match[str]) -> _Tokens:
    del lexer
    yield match.start(), _TYPES[word_of(match[0])], match[0]


class NosLexer(RegexLexer):
    """Rules, blocks and schedules in the language of nos-sym."""

    name = "nos-sym"
    aliases: ClassVar[list[str]] = ["nos", "nos-sym"]
    filenames: ClassVar[list[str]] = ["*.nos"]
    mimetypes: ClassVar[list[str]] = ["text/x-nos"]
    flags = re.MULTILINE
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"#[^\r\n]*", Comment.Single),
            (r'"[^"\n]*"', String.Double),
            (_HEAD, bygroups(Keyword, Whitespace, Keyword, Whitespace, Operator)),
            # The name that a statement gives, before its head or its braces.
            (rf"^{_NAME}(?=[ \t]*(?:{_SETTINGS}[ \t]*)?=\s*(?:\{{|\w+(?:[ \t]+\w+)?[ \t]*~))", Name.Class),
            (_NAME, _word),
            (r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", Number),
            (r"⁻?[⁰¹²³⁴-⁹]+", Number),
            (r"<-|<=|>=|==|!=|\*\*|[-+*/^=~<>√|]", Operator),
            (r"[()\[\]{},;:.]", Punctuation),
            (r".", Error),
        ]
    }

    def get_tokens_unprocessed(self, text: str, stack: Sequence[str] = ("root",)) -> _Tokens:
        """Yield the tokens of a text, whose characters are read as what they stand for, as parsers do."""
        from nos_sym.language.writing import plain_characters

        for start, kind, value in super().get_tokens_unprocessed(plain_characters(text), stack):
            yield start, kind, text[start : start + len(value)]

    @staticmethod
    def analyse_text(text: str) -> float:
        """Return how likely a text is one of the language, for programs that guess."""
        found = re.search(rf"^[ \t]*(?:{_NAME}\b[^~\n]*=\s*)?{_HEAD}", text, re.MULTILINE)
        return 0.6 if found else 0.0


def _log_word(lexer: RegexLexer, match: re.Match[str]) -> _Tokens:
    del lexer
    yield match.start(), _TYPES[authors_words().get(match[0], Word.NAME)], match[0]


class AuthorsLexer(RegexLexer):
    """Rules in the syntax of the search log of the paper's authors."""

    name = "nos-sym search log"
    aliases: ClassVar[list[str]] = ["nos-log"]
    filenames: ClassVar[list[str]] = []
    mimetypes: ClassVar[list[str]] = []
    flags = re.MULTILINE
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"^(None|Mom|Nest)([ \t]*)(~)", bygroups(Keyword, Whitespace, Operator)),
            # Operands of more than one letter, as the grammar has them.
            (r"g\^[0-9]+|[a-z]+ hat|10-[0-9]+w", Name.Builtin.Pseudo),
            (r"[A-Za-z_][A-Za-z_0-9]*", _log_word),
            (r"[0-9]+(?:\.[0-9]+)?", Number),
            (r"[-+*/^|~=]", Operator),
            (r"[()\[\],:]", Punctuation),
            (r".", Error),
        ]
    }
