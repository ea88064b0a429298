"""Clouds of points by Matplotlib: marks of several outlines, lines, and rows of what has no value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from nos_sym.report.figures.colors import rgb
from nos_sym.report.figures.model import Cloud, Line, Marks, numbers
from nos_sym.report.figures.strokes import curve_style, cut, drawable, exponent_of, finite, in_units, labeled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.gridspec import SubplotSpec

__all__ = ["draw_cloud", "height_of"]

_SHAPES: dict[str, dict[str, Any]] = {
    "dot": {"marker": "o", "alpha": 0.55, "markeredgewidth": 0},
    "ring": {"marker": "o", "markersize": 3.6, "markerfacecolor": "none", "markeredgewidth": 0.7},
    "cross": {"marker": "x", "markersize": 3.0, "markeredgewidth": 0.6, "alpha": 0.6},
    "star": {"marker": "*", "markersize": 13, "markeredgecolor": "black", "markeredgewidth": 0.6},
    "disk": {"marker": "o", "markersize": 6, "markeredgecolor": "black", "markeredgewidth": 0.6},
    "bar": {"marker": "_", "markersize": 5, "markeredgewidth": 1.2},
}
_GRAY = {"cross": "#9a9a9a", "dot": "#6e6e6e", "ring": "#333333", "bar": "#000000"}
_HEIGHT, _OF_ROW, _OF_ENTRY = 3.6, 0.21, 0.17
_LONGEST = 88
_MANY = 2000
"""More points than these are a picture within the file, which would be slow to open otherwise."""

_MARGIN = 0.04


def height_of(cloud: Cloud) -> float:
    """Return the height of a cloud in inches, with its rows and a legend below it."""
    labels = [*(line.label for line in cloud.lines), *(marks.label for marks in cloud.marks)]
    entries = sum(map(bool, labels)) if cloud.wide else 0
    return _HEIGHT + _OF_ROW * len(cloud.rows) + _OF_ENTRY * entries


def draw_cloud(canvas: Canvas, at: SubplotSpec, cloud: Cloud) -> None:
    """Draw a cloud at a place of a canvas.

    Args:
        canvas: what is drawn on.
        at: a cell of its grid.
        cloud: what is drawn.
    """
    cloud = _in_units(cloud)
    count = len(cloud.rows)
    if count:
        parts = at.subgridspec(2, 1, height_ratios=(_HEIGHT - 0.7, _OF_ROW * count), hspace=0.02)
        axes = canvas.add_subplot(parts[0])
        below: Axes | None = canvas.add_subplot(parts[1], sharex=axes)
    else:
        axes, below = canvas.add_subplot(at), None
    curves = 0
    for line in cloud.lines:
        _line(axes, line, curves)
        curves += line.style == "curve" and line.color is not None
    for marks in cloud.marks:
        _marks(axes, marks, cloud.low)
    _limits(axes, cloud)
    axes.set(ylabel=cloud.y_label)
    if cloud.log_x:
        axes.set_xscale("log")
    elif cloud.whole_x:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        left, right = axes.get_xlim()
        if right - left < 1:
            middle = round((left + right) / 2)
            axes.set_xlim(middle - 1, middle + 1)
    lowest = axes if below is None else below
    lowest.set(xlabel=cut(cloud.x_label))
    if below is not None:
        _rows(below, cloud)
        axes.tick_params(labelbottom=False)
    _legend(canvas, axes, cloud)


def _in_units(cloud: Cloud) -> Cloud:
    """Return a cloud whose values can be drawn, in units that its axis names."""
    unit = exponent_of([*(line.y for line in cloud.lines), *(marks.y for marks in cloud.marks)])
    low = cloud.low
    return dataclasses.replace(
        cloud,
        y_label=labeled(cloud.y_label, unit),
        lines=tuple(dataclasses.replace(line, y=in_units(line.y, unit)) for line in cloud.lines),
        marks=tuple(dataclasses.replace(marks, y=in_units(marks.y, unit)) for marks in cloud.marks),
        low=low if low is None else float(in_units(numbers(low), unit)),
    )


def _line(axes: Axes, line: Line, number: int) -> None:
    style: dict[str, Any] = {"label": _label(line.label), "zorder": 4.0}
    if line.style == "thin":
        style |= {"color": "#8c8c8c", "linewidth": 0.6, "zorder": 2.0}
    elif line.color is None:
        dashes = "-" if line.style == "solid" else (0, (4, 1.5))
        style |= {"color": "#222222", "linewidth": 1.2, "linestyle": dashes}
    else:
        # The points that such a line goes through are few.
        style |= {"linewidth": 1.6, **curve_style(line, number, True), "markevery": None}
    if line.style == "steps":
        style["drawstyle"] = "steps-mid"
    # A line of one point would not be seen.
    lonely = np.isfinite(line.y).sum() == 1
    if lonely:
        style |= {"marker": "o", "markersize": 3}
    axes.plot(line.x, drawable(line.y), **style)


def _marks(axes: Axes, marks: Marks, low: float | None) -> None:
    color = _GRAY.get(marks.shape, "#444444") if marks.color is None else rgb(marks.color)
    y = drawable(marks.y)
    y = y if low is None else np.where(y >= low, y, np.nan)
    style = {"color": color, "markersize": _size_of_dots(len(y)), **_SHAPES[marks.shape]}
    axes.plot(
        marks.x, y, linestyle="none", label=_label(marks.label), rasterized=len(y) > _MANY,
        zorder=5.0 if marks.color is not None else 3.0, **style,
    )  # fmt: skip
    for text, at, value in zip(marks.names, marks.x, y, strict=False):
        if text and np.isfinite(value):
            axes.annotate(
                cut(text), (at, value), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=8,
                zorder=6,
            )  # fmt: skip


def _size_of_dots(count: int) -> float:
    """Return the size of dots in points: few can be larger."""
    return 4.0 if count < 200 else 2.6 if count < _MANY else 1.6


def _label(text: str) -> str:
    """Return a label as Matplotlib has them: one that begins with a line is none of a legend."""
    return cut(text, _LONGEST) if text else "_nothing"


def _limits(axes: Axes, cloud: Cloud) -> None:
    """Let the vertical axis begin where the cloud says, with a margin as it has above."""
    values = [*(line.y for line in cloud.lines), *(marks.y for marks in cloud.marks)]
    shown = finite(np.concatenate([np.zeros(0), *values]))
    if cloud.low is None or not len(shown):
        return
    high = float(shown.max())
    room = _MARGIN * (high - cloud.low) or max(abs(high) * _MARGIN, 1e-12)
    # Above, a name may stand over the highest point.
    axes.set_ylim(cloud.low - room, high + 2 * room)


def _rows(axes: Axes, cloud: Cloud) -> None:
    count = len(cloud.rows)
    for number, row in enumerate(cloud.rows):
        axes.plot(
            row.x, np.full(len(row.x), float(count - number)), linestyle="none", marker="|", markersize=6,
            markeredgewidth=0.6, color="#333333", alpha=0.7, rasterized=len(row.x) > _MANY,
        )  # fmt: skip
    places = [float(count - number) for number in range(count)]
    axes.set_yticks(places, [cut(row.label) for row in cloud.rows])
    axes.set_ylim(0.4, count + 0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)


def _legend(canvas: Canvas, axes: Axes, cloud: Cloud) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    if cloud.wide:
        canvas.legend(handles, labels, loc="outside lower left", ncols=1, borderaxespad=0.2)
    else:
        axes.legend(loc="best")
