"""Pictures of genomes as PDF and PNG: the SVG that :mod:`nos_sym.genome.picture` draws, drawn by Matplotlib.

It draws what stands there: groups that are moved, rectangles, paths of cubic curves, polygons and texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

from nos_sym.report.figures.drawing import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["picture"]

_POINTS = 0.75
"""Points of a pixel of CSS."""

_NUMBER = re.compile(r"-?[0-9.]+")
_ALIGNED = {"middle": "center"}


def picture(svg: Xml.Element, format: str) -> bytes:
    """Return the picture of a genome in another format than SVG, of the same size.

    Args:
        svg: what :func:`nos_sym.genome.picture.tree` returned.
        format: one of :data:`~nos_sym.report.figures.drawing.FORMATS`.

    Raises:
        FigureError: Matplotlib is not installed, or there is no such format.
    """
    width, height = (float(svg.get(name, "0")) for name in ("width", "height"))

    def fill(canvas: Any) -> None:
        axes = canvas.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for element in svg:
            _draw(axes, element, 0, 0)

    title = svg.findtext("title", "")
    return save(fill, (width * _POINTS / 72, height * _POINTS / 72), title, format)


def _draw(axes: Axes, element: Xml.Element, left: float, top: float) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

    tag = element.tag
    dashes: Any = (0, (5, 4)) if element.get("stroke-dasharray") else "-"
    if tag == "g":
        x, y = _numbers(element.get("transform", "0 0"))
        for part in element:
            _draw(axes, part, left + x, top + y)
    elif tag == "rect" and element.get("x"):
        x, y, width, height, radius = (
            float(element.get(n, "0")) for n in ("x", "y", "width", "height", "rx")
        )
        style = {"facecolor": element.get("fill"), "edgecolor": element.get("stroke"), "linestyle": dashes}
        shape = f"round,pad=0,rounding_size={min(radius, height / 2)}"
        axes.add_patch(FancyBboxPatch((left + x, top + y), width, height, shape, linewidth=_POINTS, **style))
    elif tag == "path":
        curve = _curve(element.get("d", ""), left, top)
        axes.add_patch(
            PathPatch(curve, fill=False, edgecolor=element.get("stroke"), linestyle=dashes, linewidth=_POINTS)
        )
    elif tag == "polygon":
        numbers = _numbers(element.get("points", ""))
        corners = [(left + x, top + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        axes.add_patch(Polygon(corners, facecolor=element.get("fill"), edgecolor="none"))
    elif tag == "text":
        axes.text(
            left + float(element.get("x", "0")),
            top + float(element.get("y", "0")),
            (element.text or "").replace("$", r"\$"),
            size=float(element.get("font-size", "12")) * _POINTS,
            color=element.get("fill"),
            family="DejaVu Sans Mono",
            weight=element.get("font-weight", "normal"),
            ha=_ALIGNED.get(element.get("text-anchor", ""), "left"),
            va="baseline",
        )


def _curve(text: str, left: float, top: float) -> Any:
    from matplotlib.path import Path

    numbers = _numbers(text)
    points = [(left + x, top + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]
