"""Where commands train, and how many trainings at a time: the same options in each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from nos_sym.cli.choices import EXECUTORS


def executor_options(where: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options ``--executor``, ``--workers`` and ``--address`` to a command.

    Args:
        where: help of the first of them.
    """
    executor = click.option(
        "--executor", type=click.Choice(EXECUTORS), default="in-process", show_default=True, help=where
    )
    workers = click.option(
        "--workers", type=click.IntRange(min=1), help="Number of trainings that run at the same time."
    )
    address = click.option(
        "--address",
        metavar="HOST:PORT",
        help="Address of a Ray cluster; without it, a local one is started.",
    )
    return lambda command: executor(workers(address(command)))
