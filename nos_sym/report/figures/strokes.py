"""What every drawing shares: dashes and marks, texts of bounded length, and the numbers that can be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.report.figures.colors import rgb, shade
from nos_sym.report.figures.model import Array, Line

__all__ = [
    "DASHES", "MARKERS", "curve_style", "cut", "drawable", "exponent_of", "finite", "in_units",
    "labeled",
]  # fmt: skip

DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (10, 3)), (0, (1, 1)),
    (0, (8, 2, 1, 2, 1, 2)), (0, (4, 4)),
)  # fmt: skip
"""Curves of one figure differ in their dashes, too, so that it can be read in gray."""

MARKERS = ("o", "s", "^", "D", "v", "P", "<", "X", ">", "*", "p")
"""And in the marks that stand on them here and there: dashes alone are too much alike where curves are short,
or beside a dashed line for reference."""

_EVERY = 0.16
"""Distance of the marks of a curve, as a part of the diagonal of its axes."""

_LONGEST = 60
_LARGEST = 100
"""Decimal exponent of numbers whose squares and differences are still numbers."""


def drawable(values: Array) -> Array:
    """Return values without those that are infinite, or so large that their differences are."""
    return np.where(np.abs(values) < 10.0**_LARGEST, values, np.nan)


def curve_style(line: Line, number: int, several: bool) -> dict[str, Any]:
    """Return how the curve with a number among those of a pair of axes is drawn.

    Args:
        line: the curve, with a color or a shade.
        number: from 0.
        several: whether it is one of several, which marks tell apart.
    """
    style: dict[str, Any] = {
        "color": rgb(line.color or 0) if line.shade is None else shade(line.shade),
        "linestyle": DASHES[number % len(DASHES)],
    }
    if several:
        # Each begins elsewhere, so that curves that lie upon each other show the marks of all.
        start = _EVERY * ((0.1 + 0.37 * number) % 1)
        style |= {"marker": MARKERS[number % len(MARKERS)], "markevery": (start, _EVERY), "markersize": 4.0}
    return style


def exponent_of(values: Iterable[Array], least: int = -_LARGEST, most: int = _LARGEST) -> int:
    """Return the decimal exponent of the unit in which values are drawn; 0 for themselves.

    Args:
        values: what one axis shows; what is not finite counts for nothing.
        least, most: decimal exponents of the largest of them between which no unit is needed.
    """
    largest = max((float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0)) for a in values), default=0.0)
    if largest == 0:
        return 0
    exponent = int(np.floor(np.log10(largest)))
    return 0 if least <= exponent < most else exponent


def in_units(values: Array, exponent: int) -> Array:
    """Return values in units of a power of ten."""
    # In two steps, since the power itself may be no number of this type.
    half = exponent // 2
    return values if exponent == 0 else values / 10.0**half / 10.0 ** (exponent - half)


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


def labeled(text: str, exponent: int, longest: int = _LONGEST) -> str:
    """Return the name of an axis, with the unit in which its values are drawn."""
    name = cut(text, longest)
    return name if exponent == 0 else f"{name} (1e{exponent})"
