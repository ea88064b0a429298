"""What commands that train have in common: settings one by one, the folder of the data, the store.

They are the same options with the same words in each, so that who knows one command knows the others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
Completing = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def set_option(of: str, example: str, over: str, complete: Completing, metavar: str = "KEY=VALUE") -> Option:
    """Return the option ``--set``.

    Args:
        of: whose settings they are, as in ``the search``.
        example: one or two in quotation marks.
        over: what it goes before, as in ``--preset and --settings``.
        complete: completes a setting.
        metavar: how a setting is written.
    """
    return click.option(
        "--set",
        "changes",
        multiple=True,
        metavar=metavar,
        shell_complete=complete,
        help=f"One setting of {of}, as in {example}; goes before those of {over}, and may be repeated. "
        "An unknown name is answered with the closest one.",
    )


def data_option(also: str = "") -> Option:
    """Return the option ``--data``.

    Args:
        also: what else is in the folder, from a comma on.
    """
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help=f"Folder of the official archives of the data{also}; by default 'data'. The error for one that "
        "is missing says where to get it; nothing is downloaded.",
    )


def store_option(more: str = "made if there is none", *, required: bool) -> Option:
    """Return the option ``--store``.

    Args:
        more: what becomes of one that is not there, or what a command takes from it.
        required: whether there must be one; without it nothing is kept.
    """
    return click.option(
        "--store",
        "store_file",
        required=required,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"Store that keeps every training, so that none is made twice and --resume can go on; {more}."
        + ("" if required else " Without it, nothing is kept."),
    )
