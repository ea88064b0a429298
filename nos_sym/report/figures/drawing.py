"""Figures as PDF, SVG and PNG, by Matplotlib; the same figure gives the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.report.figures.colors import rgb
from nos_sym.report.figures.model import Array, Figure, FigureError, Line, Panel, Surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = ["FORMATS", "draw", "save"]

FORMATS = ("pdf", "svg", "png")
"""What a figure is written as, by the ending of the file's name."""

_DASHES: tuple[Any, ...] = (
    "-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (10, 3)), (0, (1, 1)),
    (0, (8, 2, 1, 2, 1, 2)), (0, (4, 4)),
)  # fmt: skip
"""Curves of one figure differ in their dashes, too, so that it can be read in gray."""

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
_WIDTH, _HEIGHT = 4.6, 3.2
_LONGEST = 60
_LARGEST = 1e100
_COLUMNS = 3
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

    def fill(canvas: Canvas) -> None:
        canvas.set_layout_engine("constrained")
        for place, part in enumerate(figure.parts, 1):
            if isinstance(part, Surface):
                _surface(canvas.add_subplot(rows, columns, place, projection="3d"), part)
            else:
                _panel(canvas.add_subplot(rows, columns, place), part)

    return save(fill, (_WIDTH * columns, _HEIGHT * rows), figure.caption, format)


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
    drawn = 0
    for line in panel.lines:
        _line(axes, line, drawn)
        drawn += line.color is not None
    axes.set(title=_cut(panel.title), xlabel=_cut(panel.x_label), ylabel=_cut(panel.y_label))
    # Where nothing is above 0, a logarithmic axis has no numbers.
    if panel.log_x and any(np.any(_drawable(line.x) > 0) for line in panel.lines):
        axes.set_xscale("log")
    if panel.log_y and any(np.any(_drawable(line.y) > 0) for line in panel.lines):
        axes.set_yscale("log")
    if len(panel.lines) > _MOST_WITHIN:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        axes.legend(loc="best")


def _line(axes: Axes, line: Line, number: int) -> None:
    x, y = line.x, _drawable(line.y)
    if line.color is None:
        marker = "x" if len(x) == 1 else None
        axes.plot(x, y, color="#555555", linestyle="--", linewidth=1.1, marker=marker, label=_cut(line.label))
        return
    axes.plot(
        x, y,
        color=rgb(line.color), linestyle=_DASHES[number % len(_DASHES)], linewidth=1.5,
        label=_cut(line.label),
    )  # fmt: skip


def _drawable(values: Array) -> Array:
    """Return values without those that are infinite, or so large that their differences are."""
    return np.where(np.abs(values) < _LARGEST, values, np.nan)


def _surface(axes: Any, surface: Surface) -> None:
    x, y = np.meshgrid(surface.x, surface.y)
    z = _drawable(surface.z)
    axes.plot_surface(x, y, z, cmap="viridis", linewidth=0.2, edgecolor="#33333355", rcount=40, ccount=40)
    axes.set(title=_cut(surface.title), xlabel=_cut(surface.x_label), ylabel=_cut(surface.y_label))
    axes.yaxis.labelpad = axes.xaxis.labelpad = 9
    axes.set_zlabel(_cut(surface.z_label))
    axes.view_init(elev=25, azim=-125)


def _cut(text: str) -> str:
    """Return one line of bounded length, in which a dollar sign begins no mathematics.

    Names and rules may be long, or hold line ends.
    """
    line = one_line(text)
    return (line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "...").replace("$", r"\$")
