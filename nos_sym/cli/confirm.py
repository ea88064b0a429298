"""The value of ``--confirm``: how many of the best are trained again, and how often."""

from __future__ import annotations

from typing import Any

import click


class ConfirmType(click.ParamType[Any]):
    """``K,REPEATS``, or ``0`` for none."""

    name = "K,REPEATS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        """Return both numbers."""
        parts = [part.strip() for part in str(value).split(",")]
        if parts == ["0"]:
            return [0, 0]
        if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 8 for part in parts):
            self.fail(f"'{value}' is no K,REPEATS; expected two numbers, as in '10,5', or 0", param, ctx)
        return [int(part) for part in parts]
