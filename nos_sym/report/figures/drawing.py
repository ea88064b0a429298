"""Figures as PDF, SVG and PNG, by Matplotlib; the same figure gives the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.report.figures.clouds import draw_cloud, height_of
from nos_sym.report.figures.model import Cloud, Figure, FigureError, Line, Panel, Ranking, Surface
from nos_sym.report.figures.rankings import draw_ranking, height_of_ranking
from nos_sym.report.figures.strokes import curve_style, cut, drawable, exponent_of, in_units, labeled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = ["FORMATS", "draw", "save"]

FORMATS = ("pdf", "svg", "png")
"""What a figure is written as, by the ending of the file's name."""

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.grid": True,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "svg.hashsalt": "nos-sym",
    "svg.fonttype": "path",
    "text.usetex": False,
}
_METADATA: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None, "Creator": "nos-sym"},
    "svg": {"Date": None, "Creator": "nos-sym"},
    "png": {"Software": "nos-sym"},
}
_WIDTH, _HEIGHT, _WIDE = 4.6, 3.2, 6.4
_COLUMNS = 3
_START: dict[str, Any] = {
    "linestyle": "none", "marker": "o", "markersize": 6, "markerfacecolor": "white", "zorder": 6.0,
    "markeredgecolor": "#222222", "label": "start",
}  # fmt: skip
_TITLE, _OF_CHARACTER = 10.8, 0.62
"""Size of a title in points, and the mean width of a character as a part of it."""
_ALONG_EDGE, _LONGEST_OF_EDGE = 82.0, 26
"""Points, and characters, that the name of an axis of a surface may take."""
_WITHIN, _BESIDE_LEGEND = 300.0, 230.0
"""Points that a title may take over axes alone, and over those with a legend beside them."""
_MOST_WITHIN = 5
"""Lines that a legend within the axes has at most."""


def draw(figure: Figure, format: str) -> bytes:
    """Return a figure as the bytes of a file.

    Args:
        figure: what is drawn.
        format: one of :data:`FORMATS`.

    Raises:
        FigureError: Matplotlib is not installed, or there is no such format.
    """
    columns = min(len(figure.parts), _COLUMNS)
    rows = -(-len(figure.parts) // columns)
    clouds = [height_of(part) for part in figure.parts if isinstance(part, Cloud)]
    rankings = [height_of_ranking(part) for part in figure.parts if isinstance(part, Ranking)]
    height = max([*clouds, *rankings, 0.0 if len(rankings) == len(figure.parts) else _HEIGHT])
    width = _WIDE if columns == 1 and isinstance(figure.parts[0], Cloud | Ranking) else _WIDTH

    def fill(canvas: Canvas) -> None:
        canvas.set_layout_engine("constrained")
        grid = canvas.add_gridspec(rows, columns)
        for place, part in enumerate(figure.parts):
            at = grid[place // columns, place % columns]
            if isinstance(part, Surface):
                _surface(canvas.add_subplot(at, projection="3d"), part)
            elif isinstance(part, Cloud):
                draw_cloud(canvas, at, part)
            elif isinstance(part, Ranking):
                draw_ranking(canvas.add_subplot(at), part)
            else:
                _panel(canvas.add_subplot(at), part)

    return save(fill, (width * columns, height * rows), figure.caption, format)


def save(fill: Callable[[Canvas], None], size: tuple[float, float], title: str, format: str) -> bytes:
    """Return what is drawn on a canvas as the bytes of a file.

    Args:
        fill: draws on the canvas.
        size: width and height in inches.
        title: what the file says that it is.
        format: one of :data:`FORMATS`.

    Raises:
        FigureError: Matplotlib is not installed, or there is no such format.
    """
    if format not in FORMATS:
        raise FigureError(f"a figure is no {format!r}; expected one of {', '.join(FORMATS)}")
    try:
        from matplotlib import rc_context, rcdefaults, rcParams
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise FigureError(
            f"figures are drawn by Matplotlib, which cannot be imported: {one_line(str(error))}; install "
            "nos-sym[plot]"
        ) from None
    with rc_context():
        # Whatever a matplotlibrc says.
        rcdefaults()
        rcParams.update(_STYLE)
        canvas = Canvas(figsize=size)
        FigureCanvasAgg(canvas)
        fill(canvas)
        stream = io.BytesIO()
        metadata = {"Title": one_line(title), **_METADATA[format]}
        canvas.savefig(stream, format=format, dpi=160, metadata=metadata)
    return stream.getvalue()


def _panel(axes: Axes, panel: Panel) -> None:
    if panel.contours is not None:
        x, y, z = panel.contours
        levels = np.geomspace(max(z.min(), z.max() * 1e-7), z.max(), 16)
        axes.contour(x, y, z, levels=levels, colors="#b8b8b8", linewidths=0.5)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
    several = sum(not line.is_reference for line in panel.lines) > 1
    # Level lines have their own numbers, and what leaves them is not shown.
    units = [
        0 if log or panel.contours is not None else exponent_of([getattr(line, name) for line in panel.lines])
        for name, log in (("x", panel.log_x), ("y", panel.log_y))
    ]
    drawn = 0
    for line in panel.lines:
        _line(axes, line, drawn, several, units)
        drawn += not line.is_reference
    labels = [labeled(text, unit) for text, unit in zip((panel.x_label, panel.y_label), units, strict=True)]
    outside = len(panel.lines) > _MOST_WITHIN
    _title(axes, panel.title, _BESIDE_LEGEND if outside else _WITHIN)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    if panel.starts:
        starts = [(line.x[0], line.y[0]) for line in panel.lines if not line.is_reference and len(line.x)]
        if starts:
            at = np.array(list(dict.fromkeys(starts)))
            axes.plot(at[:, 0], at[:, 1], **_START)
    # Where nothing is above 0, a logarithmic axis has no numbers.
    if panel.log_x and any(np.any(drawable(line.x) > 0) for line in panel.lines):
        axes.set_xscale("log")
    if panel.log_y and any(np.any(drawable(line.y) > 0) for line in panel.lines):
        axes.set_yscale("log")
    if outside:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        axes.legend(loc="best")


def _title(axes: Any, text: str, room: float) -> None:
    """Write a title, smaller where it is long: it stands over the middle of the axes and is not broken."""
    line = cut(text)
    axes.set_title(line, fontsize=min(_TITLE, room / (_OF_CHARACTER * max(len(line), 1))))


def _line(axes: Axes, line: Line, number: int, several: bool, units: Sequence[int]) -> None:
    x, y = (drawable(in_units(v, unit)) for v, unit in zip((line.x, line.y), units, strict=True))
    if line.is_reference:
        marker = "x" if len(x) == 1 else None
        style: dict[str, Any] = {
            "color": "#6a6a6a",
            "linestyle": (0, (3, 2)),
            "linewidth": 1.0,
            "marker": marker,
        }
    else:
        style = {"linewidth": 1.5, **curve_style(line, number, several)}
    axes.plot(x, y, label=cut(line.label), **style)


def _surface(axes: Any, surface: Surface) -> None:
    # In three dimensions a power of ten at the end of an axis stands upon its name.
    names = (surface.x_label, surface.y_label, surface.z_label)
    shown, labels = [], []
    for values, name in zip((surface.x, surface.y, surface.z), names, strict=True):
        unit = exponent_of([values], -2, 4)
        shown.append(drawable(in_units(values, unit)))
        labels.append(labeled(name, unit, _LONGEST_OF_EDGE))
    x, y = np.meshgrid(shown[0], shown[1])
    axes.plot_surface(
        x, y, shown[2], cmap="viridis", linewidth=0.2, edgecolor="#33333355", rcount=40, ccount=40
    )
    _title(axes, surface.title, _WITHIN)
    for axis, label in zip((axes.xaxis, axes.yaxis, axes.zaxis), labels, strict=True):
        axis.set_label_text(label, fontsize=min(9.0, _ALONG_EDGE / (_OF_CHARACTER * len(label) or 1)))
    axes.yaxis.labelpad = axes.xaxis.labelpad = 9
    axes.view_init(elev=25, azim=-125)
    # No layout asks for the room of labels in three dimensions.
    axes.set_box_aspect((4, 4, 3), zoom=0.86)
