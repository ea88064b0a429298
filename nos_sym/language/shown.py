"""How rules show themselves: a text that evaluates, and pictures in notebooks."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Shown:
    """What Jupyter asks of a value: HTML, LaTeX and SVG.

    They are made in :mod:`nos_sym.display`, which stands above and is loaded by its name when one is shown.
    """

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return _display().html_of(self)  # type: ignore[no-any-return]

    def _repr_latex_(self) -> str | None:
        return _display().latex_of(self)  # type: ignore[no-any-return]

    def _repr_svg_(self) -> str | None:
        return _display().svg_of(self)  # type: ignore[no-any-return]


class ShownRule(Shown):
    """A rule, whose ``repr`` is the call of :func:`nos_sym.parse` that gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        rule: Any = self
        # Settings need a head, and a head a name, which the text of a rule without one makes up.
        unnamed = ".named('')" if rule.settings and not rule.name else ""
        return f"nos_sym.parse({str(rule)!r}){unnamed}"


class ShownSchedule(Shown):
    """A schedule, whose ``repr`` is the call of :func:`nos_sym.parse_file` that gives it."""

    __slots__ = ()

    def __repr__(self) -> str:
        rule: Any = self
        unnamed = ".named('')" if rule.settings and not rule.name else ""
        return f"nos_sym.parse_file({str(rule)!r})[0]{unnamed}"


def _display() -> Any:
    return import_module("nos_sym.display")
