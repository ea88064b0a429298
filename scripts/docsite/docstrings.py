"""Docstrings for the reference: their references to other objects become code, and sections are read.

Docstrings name other objects as Sphinx does, ``:func:`~nos_sym.faces.parsing.parse```; Markdown has no such
words. Used by mkdocstrings as an extension of griffe, and by the page of the settings.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import griffe

_ROLE = re.compile(r":[a-z:]+:`(~?)([^`<]+?)`")
_SHARED = re.compile(r"^( +)(\w+(?:, \w+)+):", re.MULTILINE)
_DOUBLED = re.compile(r"``(.+?)``", re.DOTALL)


def as_markdown(said: str) -> str:
    """Return a docstring whose references and code are Markdown's.

    >>> as_markdown("See :func:`~nos_sym.faces.parsing.parse` and ``x | y``.")
    'See `parse` and `x | y`.'
    """
    said = _ROLE.sub(
        lambda m: f"`{m[2].rpartition('.')[2] if m[1] else m[2].removeprefix('nos_sym.')}`", said
    )
    return _DOUBLED.sub(lambda m: f"`{m[1]}`" if "`" not in m[1] else m[0], said)


def with_shared_lines(said: str) -> str:
    """Return a docstring whose lines about several names are read.

    griffe takes what follows a comma for a type.

    >>> with_shared_lines("Attributes:\\n    low, high: its ends.")
    'Attributes:\\n    low/high: its ends.'
    """
    return _SHARED.sub(lambda m: f"{m[1]}{m[2].replace(', ', '/')}:", said)


@cache
def sections_of(kind: type) -> tuple[str, dict[str, str]]:
    """Return the text before the sections of a docstring, and what its section of attributes says of each."""
    docstring = griffe.Docstring(with_shared_lines(inspect.cleandoc(kind.__doc__ or "")), lineno=1)
    summary, attributes = "", {}
    for section in docstring.parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.text and not summary:
            summary = str(section.value).split("\n\n")[0]
        elif section.kind is griffe.DocstringSectionKind.attributes:
            attributes = {each.name: each.description for each in section.value}
    return summary, attributes


class References(griffe.Extension):
    """Rewrites the docstring of each object that is read."""

    def on_instance(self, *, obj: Any, **kwargs: Any) -> None:
        """Rewrite the docstring of an object when griffe has made it."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(with_shared_lines(obj.docstring.value))
