"""What a figure shows, before anything is drawn: lines in panels, and surfaces over two inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

__all__ = ["Array", "Figure", "FigureError", "Line", "Panel", "Surface", "name_of", "numbers"]

Array = npt.NDArray[np.float64]


class FigureError(NosSymError):
    """Something cannot be drawn as it was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve.

    Attributes:
        label: what the legend says.
        x, y: its points, of one shape; what is not finite is left out.
        color: number of its color, the same for an optimizer in every figure; ``None`` draws a dashed gray
            line for reference.
    """

    label: str
    x: Array
    y: Array
    color: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One pair of axes.

    Attributes:
        title: above it; empty where the figure needs none.
        x_label, y_label: names of the axes with their units.
        lines: its curves, in the order of the legend.
        log_x, log_y: whether an axis is logarithmic.
        contours: ``(x, y, z)`` of a function that is drawn as level lines below the curves.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    log_x: bool = False
    log_y: bool = False
    contours: tuple[Array, Array, Array] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A function of two inputs.

    Attributes:
        title: above it.
        x_label, y_label, z_label: names of the axes.
        x, y: the grid, one-dimensional.
        z: shape ``(len(y), len(x))``.
    """

    title: str
    x_label: str
    y_label: str
    z_label: str
    x: Array
    y: Array
    z: Array


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn on one page, side by side.

    Attributes:
        parts: panels and surfaces.
        caption: a sentence that says what was computed, and from what; it goes into the file as its title.
    """

    parts: tuple[Panel | Surface, ...]
    caption: str


def name_of(rule: Rule | Block | Schedule) -> str:
    """Return what a figure calls a rule: its name, or its text where it has none."""
    return rule.name or str(rule)


def numbers(values: Any) -> Array:
    """Return values as float64."""
    return np.asarray(values, np.float64)
