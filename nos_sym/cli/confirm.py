"""Values of options that are two numbers: how many of the best, and how often or how long each."""

from __future__ import annotations

from typing import Any

import click


class PairType(click.ParamType[Any]):
    """Two numbers, as ``K,REPEATS``, or ``0`` for none.

    Args:
        second: what the second number is.
        example: two numbers.
    """

    def __init__(self, second: str, example: str) -> None:
        self.name = f"K,{second}"
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        """Return both numbers."""
        parts = [part.strip() for part in str(value).split(",")]
        if parts == ["0"]:
            return [0, 0]
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 8 for part in parts):
            said = f"'{value}' is no {self.name}; expected two numbers, as in '{self._example}', or 0"
            self.fail(said, param, ctx)
        return [int(part) for part in parts]


CONFIRM = PairType("REPEATS", "10,5")
"""Value of ``--confirm``."""

TUNE = PairType("TRAININGS", "3,40")
"""Value of ``evolve --tune``."""
