"""Whether output is colored: ``--color``, NO_COLOR (https://no-color.org), and whether it is a terminal."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TextIO

import click

from nos_sym.cli.choices import COLORS

CHOSEN: ContextVar[str] = ContextVar("color", default="auto")
"""What ``--color`` says in this call, one of :data:`~nos_sym.cli.choices.COLORS`."""


def _choose(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del param
    if value is not None and not ctx.resilient_parsing:
        CHOSEN.set(value)
        # Click takes colors out of help where it is no terminal, unless told.
        ctx.color = {"always": True, "never": False}.get(value)


def color_option() -> click.Option:
    """Return the option that every command has."""
    return click.Option(
        ["--color"],
        type=click.Choice(COLORS),
        is_eager=True,
        expose_value=False,
        callback=_choose,
        help="Color rules and messages: on a terminal, unless NO_COLOR is set (auto), always or never.",
    )


def allowed() -> bool:
    """Return whether the user wants color where there is a terminal."""
    unwanted = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return CHOSEN.get() == "always" or (CHOSEN.get() == "auto" and not unwanted)


def wanted(stream: TextIO | None) -> bool:
    """Return whether what is written to a stream is colored."""
    if CHOSEN.get() == "always":
        return True
    try:
        return allowed() and stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False
