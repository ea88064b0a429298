"""What a figure shows, before anything is drawn: lines in panels, clouds of points, surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

__all__ = [
    "Array", "Cloud", "Figure", "FigureError", "Line", "Marks", "Panel", "Ranked", "Ranking", "Row", "Shape",
    "Surface", "counted", "name_of", "numbers",
]  # fmt: skip

Array = npt.NDArray[np.float64]

Shape = Literal["dot", "ring", "cross", "star", "disk", "bar"]
"""Marks that differ in their outline, so that they can be told apart in gray."""


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
        shade: in place of a color, where a curve is in a sequence, from 0 to 1: the colors of optimizers are
            for optimizers.
        style: ``steps`` stay at a value around each ``x``; ``thin`` lines are many in one, parted where ``y``
            is not finite, and gray; ``solid`` ones without a color are black.
    """

    label: str
    x: Array
    y: Array
    color: int | None
    style: Literal["curve", "steps", "thin", "solid"] = "curve"
    shade: float | None = None

    @property
    def is_reference(self) -> bool:
        """Whether it is there for reference: no optimizer's, and in no sequence."""
        return self.color is None and self.shade is None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One pair of axes.

    Attributes:
        title: above it; empty where the figure needs none.
        x_label, y_label: names of the axes with their units.
        lines: its curves, in the order of the legend.
        log_x, log_y: whether an axis is logarithmic.
        contours: ``(x, y, z)`` of a function that is drawn as level lines below the curves.
        starts: whether the first point of each curve is marked, as that of a path.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    log_x: bool = False
    log_y: bool = False
    contours: tuple[Array, Array, Array] | None = None
    starts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Points of one kind.

    Attributes:
        label: what the legend says; nothing where it is empty.
        x, y: the points, of one shape; what is not finite is left out.
        shape: how each is drawn.
        color: number of its color, as that of a line; ``None`` is gray.
        names: a text beside each point; none where it is empty.
    """

    label: str
    x: Array
    y: Array
    shape: Shape = "dot"
    color: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Points that have no value on the vertical axis, or none that fits: a row of ticks below it.

    Attributes:
        label: what they are.
        x: where they are.
    """

    label: str
    x: Array


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """One pair of axes with many points, and rows of those that have no value below it.

    Attributes:
        x_label, y_label: names of the axes with their units.
        lines, marks: what is drawn, lines that are thin below the points, others above them.
        rows: from above to below.
        low: the lowest value that the vertical axis shows, and marks have; ``None`` for the lowest of all.
        whole_x: whether numbers on the horizontal axis are whole.
        log_x: whether it is logarithmic.
        wide: whether the legend stands below the axes, one entry in a line, because its texts are long.
    """

    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    marks: tuple[Marks, ...] = ()
    rows: tuple[Row, ...] = ()
    low: float | None = None
    whole_x: bool = False
    log_x: bool = False
    wide: bool = False


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
class Ranked:
    """What one optimizer came to.

    Attributes:
        name: of the optimizer.
        mean: the middle of its repeats.
        low, high: ends of the interval of the mean; ``None`` where it has none.
        values: of the repeats, each a dot; none where they are not known.
        color: number of its color; ``None`` is gray.
    """

    name: str
    mean: float
    low: float | None
    high: float | None
    values: tuple[float, ...] = ()
    color: int | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Optimizers below each other, each with its mean and its interval on one axis.

    Attributes:
        title: above it.
        label: name of the axis with its unit.
        entries: from above to below.
    """

    title: str
    label: str
    entries: tuple[Ranked, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn on one page, side by side.

    Attributes:
        parts: panels, clouds, surfaces and rankings.
        caption: a sentence that says what was computed, and from what; it goes into the file as its title.
    """

    parts: tuple[Panel | Cloud | Surface | Ranking, ...]
    caption: str


def name_of(rule: Rule | Block | Schedule) -> str:
    """Return what a figure calls a rule: its name, or its text where it has none."""
    return rule.name or str(rule)


def numbers(values: Any) -> Array:
    """Return values as float64."""
    return np.asarray(values, np.float64)


def counted(count: int, what: str) -> str:
    """Return a number of things, as in ``1 step`` and ``100 steps``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
