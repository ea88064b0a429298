"""Figures as PDF, SVG and PNG, by Matplotlib; the same figure gives the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.report.figures.clouds import draw_cloud, height_of
from nos_sym.report.figures.colors import rgb
from nos_sym.report.figures.model import Cloud, Figure, FigureError, Line, Panel, Surface
from nos_sym.report.figures.strokes import DASHES, cut, drawable

if TYPE_CHECKING:
    from collections.abc import Callable

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
    height = max([_HEIGHT, *(height_of(part) for part in figure.parts if isinstance(part, Cloud))])
    width = _WIDE if columns == 1 and isinstance(figure.parts[0], Cloud) else _WIDTH

    def fill(canvas: Canvas) -> None:
        canvas.set_layout_engine("constrained")
        grid = canvas.add_gridspec(rows, columns)
        for place, part in enumerate(figure.parts):
            at = grid[place // columns, place % columns]
            if isinstance(part, Surface):
                _surface(canvas.add_subplot(at, projection="3d"), part)
            elif isinstance(part, Cloud):
                draw_cloud(canvas, at, part)
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
    drawn = 0
    for line in panel.lines:
        _line(axes, line, drawn)
        drawn += line.color is not None
    axes.set(title=cut(panel.title), xlabel=cut(panel.x_label), ylabel=cut(panel.y_label))
    # Where nothing is above 0, a logarithmic axis has no numbers.
    if panel.log_x and any(np.any(drawable(line.x) > 0) for line in panel.lines):
        axes.set_xscale("log")
    if panel.log_y and any(np.any(drawable(line.y) > 0) for line in panel.lines):
        axes.set_yscale("log")
    if len(panel.lines) > _MOST_WITHIN:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        axes.legend(loc="best")


def _line(axes: Axes, line: Line, number: int) -> None:
    x, y = line.x, drawable(line.y)
    if line.color is None:
        marker = "x" if len(x) == 1 else None
        axes.plot(x, y, color="#555555", linestyle="--", linewidth=1.1, marker=marker, label=cut(line.label))
        return
    axes.plot(
        x, y,
        color=rgb(line.color), linestyle=DASHES[number % len(DASHES)], linewidth=1.5,
        label=cut(line.label),
    )  # fmt: skip


def _surface(axes: Any, surface: Surface) -> None:
    x, y = np.meshgrid(surface.x, surface.y)
    z = drawable(surface.z)
    axes.plot_surface(x, y, z, cmap="viridis", linewidth=0.2, edgecolor="#33333355", rcount=40, ccount=40)
    axes.set(title=cut(surface.title), xlabel=cut(surface.x_label), ylabel=cut(surface.y_label))
    axes.yaxis.labelpad = axes.xaxis.labelpad = 9
    axes.set_zlabel(cut(surface.z_label))
    axes.view_init(elev=25, azim=-125)
