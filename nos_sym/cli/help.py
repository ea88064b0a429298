"""How ``--help`` looks: Click's own layout, with headings and names that stand out on a terminal.

The layout is Click's because it costs nothing: help and completion are asked for again and again, and to
import a library that draws boxes takes longer than everything else that they need.
"""

from __future__ import annotations

from collections.abc import Iterable

import click

from nos_sym.cli.colors import allowed

WIDTH = 100
"""Columns of help at most."""


class HelpFormatter(click.HelpFormatter):
    """Click's formatter with bold headings and colored names.

    Click takes styles out again where the output is no terminal; here none are put in where the user wants no
    color (https://no-color.org).
    """

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(_styled(heading, bold=True))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write rows of a name and what it means."""
        named = [(_styled(name, fg="cyan"), meaning) for name, meaning in rows]
        super().write_dl(named, col_max, col_spacing)


class HelpContext(click.Context):
    """The context of every command: what it prints as help is laid out by :class:`HelpFormatter`."""

    formatter_class = HelpFormatter


def _styled(text: str, *, bold: bool | None = None, fg: str | None = None) -> str:
    return click.style(text, bold=bold, fg=fg) if allowed() else text
