"""What every drawing shares: dashes, texts of bounded length, and the numbers that can be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.report.figures.model import Array

__all__ = ["DASHES", "cut", "drawable", "finite"]

DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (10, 3)), (0, (1, 1)),
    (0, (8, 2, 1, 2, 1, 2)), (0, (4, 4)),
)  # fmt: skip
"""Curves of one figure differ in their dashes, too, so that it can be read in gray."""

_LONGEST = 60
_LARGEST = 1e100


def drawable(values: Array) -> Array:
    """Return values without those that are infinite, or so large that their differences are."""
    return np.where(np.abs(values) < _LARGEST, values, np.nan)


def finite(values: Array) -> Array:
    """Return the values that can be drawn."""
    shown = drawable(values)
    return shown[np.isfinite(shown)]


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return one line of bounded length, in which a dollar sign begins no mathematics.

    Names and rules may be long, or hold line ends.
    """
    line = one_line(text)
    return (line if len(line) <= longest else line[: longest - 3] + "...").replace("$", r"\$")
