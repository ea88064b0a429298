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


@cache
def sections_of(kind: type) -> tuple[str, dict[str, str]]:
    """Return the text before the sections of a docstring, and what its section of attributes says of each."""
    docstring = griffe.Docstring(inspect.cleandoc(kind.__doc__ or ""), lineno=1)
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
            obj.docstring.value = as_markdown(obj.docstring.value)
