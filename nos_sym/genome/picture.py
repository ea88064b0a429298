"""The picture of a genome as SVG, in the manner of Figures 1 and 2 of the paper.

Operands stand at the left, the output node at the right. Inactive nodes and their connections are gray and
dashed. A decay function stands on the connection that it multiplies; its own graph is drawn below.
"""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from nos_sym.genome.decode import decode, decode_decay
from nos_sym.genome.diagram import BoxKind, decay_names, diagram_of, diagram_of_decay
from nos_sym.genome.genome import DecayGraph, Genome
from nos_sym.genome.layout import BOX_HEIGHT, SMALL_CHARACTER, Layout, Placed, Point, lay_out
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Momentum

_MARGIN = 24.0
_LINE = 19.0
_SPACE = 22.0
_ARROW = 66.0
_NARROWEST = 420.0
_TEXT_CHARACTER = 7.35
_INK = "#1f2933"
_GRAY = "#9aa5b1"
_FILL = {BoxKind.OPERAND: "#ffffff", BoxKind.HIDDEN: "#dbeafe", BoxKind.OUTPUT: "#fde68a"}
_STROKE = {BoxKind.OPERAND: "#7b8794", BoxKind.HIDDEN: "#1d4ed8", BoxKind.OUTPUT: "#b45309"}
_DECAY_FILL, _DECAY_STROKE = "#d1fae5", "#047857"
_FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"

_STEPS = {
    Momentum.NONE: ("w <- w {sign} lr * U",),
    Momentum.MOMENTUM: ("m <- mu * m {sign} lr * U", "w <- w + m"),
    Momentum.NESTEROV: ("m <- mu * m {sign} lr * U", "w <- w + mu * m {sign} lr * U"),
}
"""Table 1, as it stands below the picture."""


def draw(genome: Genome, title: str = "", *, active: bool = False) -> str:
    """Return the picture of a genome as the text of an SVG file; arguments are those of :func:`tree`."""
    return Xml.tostring(tree(genome, title, active=active), encoding="unicode") + "\n"


def tree(genome: Genome, title: str = "", *, active: bool = False, decays: bool = True) -> Xml.Element:
    """Return the picture of a genome as the elements of SVG.

    Args:
        genome: what is drawn.
        title: stands above it where it is not empty.
        active: leave out what has no part in the update, in place of drawing it gray and dashed.
        decays: whether the graphs of its decay functions are drawn below it.
    """
    rule = decode(genome)
    names = decay_names(genome)
    diagram = diagram_of(genome, names)
    main = lay_out(diagram.of_active() if active else diagram)
    canvas = _Canvas(max(main.width + _ARROW, _NARROWEST))
    if title:
        canvas.write(title, size=16, weight="bold")
    text = textwrap.wrap(print_body(rule), int(canvas.width / _TEXT_CHARACTER), subsequent_indent="    ")
    sign = "+" if genome.ascent else "-"
    text += [line.format(sign=sign) for line in _STEPS[genome.momentum]]
    if len(genome.active()) < len(genome.hidden) and not active:
        text.append("gray and dashed: inactive")
    for line in text:
        canvas.write(line)
    canvas.graph(main, "U")
    if decays:
        _decays(canvas, genome, names, active)
    return canvas.finish(title or print_body(rule))


def tree_of_decays(genome: Genome, title: str = "", *, active: bool = False) -> Xml.Element:
    """Return the picture of the decay functions of a genome alone; arguments are those of :func:`tree`."""
    canvas = _Canvas(_NARROWEST)
    if title:
        canvas.write(title, size=16, weight="bold")
    _decays(canvas, genome, decay_names(genome), active)
    return canvas.finish(title or "decay functions")


def _decays(canvas: _Canvas, genome: Genome, names: Mapping[DecayGraph, str], active: bool) -> None:
    alive = {c.decay for node in genome.active_nodes for c in node.arguments}
    for decay, name in names.items():
        caption = f"{name} = {print_expression(decode_decay(decay))}"
        if decay not in alive:
            if active:
                continue
            caption += " (inactive)"
        shown = diagram_of_decay(decay)
        canvas.graph(lay_out(shown.of_active() if active else shown), name, caption)


class _Canvas:
    """Writes and draws one part below the other, and graphs beside each other where there is room."""

    def __init__(self, width: float) -> None:
        self.root = Xml.Element("g")
        self.width = width
        self.x = 0.0
        self.y = _MARGIN
        self.below = _MARGIN

    def write(self, text: str, size: float = 12, weight: str = "normal") -> None:
        """Write a line of text."""
        self.y += _LINE if size < 14 else _LINE + 5
        self._text(self.root, text, _MARGIN, self.y - 6, size, _INK, "start", weight)
        self.width = max(self.width, len(text) * size * 0.61)
        self.below = self.y

    def graph(self, layout: Layout, arrow: str, caption: str = "") -> None:
        """Draw a graph, with an arrow named ``arrow`` out of its output node, under a caption."""
        width = max(layout.width + _ARROW, len(caption) * _TEXT_CHARACTER)
        if self.x + width > self.width or not caption:
            self.x, self.y = 0.0, self.below + _SPACE
        self.width = max(self.width, width)
        left, top = _MARGIN + self.x, self.y
        if caption:
            self._text(self.root, caption, left, top + 13, 12, _INK, "start")
            top += _LINE + 8
        group = Xml.SubElement(self.root, "g", transform=f"translate({left:.1f} {top:.1f})")
        # What is inactive lies below what is active.
        for line in sorted(layout.lines, key=lambda line: line.edge.active):
            name = "xy"[line.edge.port] if line.edge.ports > 1 else ""
            self._line(group, line.points, name, line.edge.active)
        for placed in sorted(layout.boxes, key=lambda placed: placed.box.active):
            self._box(group, placed)
            if placed.box.kind is BoxKind.OUTPUT:
                right = placed.x + placed.width / 2
                self._line(group, ((right, placed.y), (right + 34, placed.y)), "", True)
                self._text(group, arrow, right + 38, placed.y + 4.5, 13, _INK, "start")
        for line in layout.lines:
            if line.edge.decay:
                self._decay(group, line.edge.decay, *line.decay, line.edge.active)
        self.x += width + 2 * _SPACE
        self.below = max(self.below, top + layout.height)
        if not caption:
            self.x = math.inf

    def finish(self, title: str) -> Xml.Element:
        """Return the whole."""
        width, height = self.width + 2 * _MARGIN, self.below + _MARGIN
        svg = Xml.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "width": f"{width:.0f}",
                "height": f"{height:.0f}",
                "viewBox": f"0 0 {width:.0f} {height:.0f}",
                "font-family": _FONT,
                "role": "img",
            },
        )
        Xml.SubElement(svg, "title").text = title
        Xml.SubElement(svg, "rect", width="100%", height="100%", fill="#ffffff")
        svg.append(self.root)
        Xml.indent(svg)
        return svg

    def _box(self, group: Xml.Element, placed: Placed) -> None:
        box = placed.box
        style = {
            "x": f"{placed.x - placed.width / 2:.1f}",
            "y": f"{placed.y - BOX_HEIGHT / 2:.1f}",
            "width": f"{placed.width:.1f}",
            "height": f"{BOX_HEIGHT:g}",
            "rx": "15" if box.kind is BoxKind.OPERAND else "5",
            "fill": _FILL[box.kind] if box.active else "#ffffff",
            "stroke": _STROKE[box.kind] if box.active else _GRAY,
            "class": f"{box.kind.value} {'active' if box.active else 'inactive'}",
        }
        if not box.active:
            style["stroke-dasharray"] = "5 4"
        Xml.SubElement(group, "rect", style)
        self._text(group, box.label, placed.x, placed.y + 4.5, 13, _INK if box.active else _GRAY)

    def _decay(self, group: Xml.Element, text: str, x: float, y: float, active: bool) -> None:
        width = SMALL_CHARACTER * len(text) + 12
        style = {
            "x": f"{x - width / 2:.1f}",
            "y": f"{y - 10:.1f}",
            "width": f"{width:.1f}",
            "height": "20",
            "rx": "3",
            "fill": _DECAY_FILL if active else "#ffffff",
            "stroke": _DECAY_STROKE if active else _GRAY,
            "class": f"decay {'active' if active else 'inactive'}",
        }
        if not active:
            style["stroke-dasharray"] = "5 4"
        Xml.SubElement(group, "rect", style)
        self._text(group, text, x, y + 4, 11, _INK if active else _GRAY)

    def _line(self, group: Xml.Element, points: Sequence[Point], name: str, active: bool) -> None:
        color = _INK if active else _GRAY
        x, y = points[-1]
        path = f"M {points[0][0]:.1f} {points[0][1]:.1f}"
        for (left, above), (right, below) in itertools.pairwise(points):
            middle = (left + right) / 2
            path += f" C {middle:.1f} {above:.1f} {middle:.1f} {below:.1f} {right:.1f} {below:.1f}"
        style = {
            "d": path,
            "fill": "none",
            "stroke": color,
            "class": f"edge {'active' if active else 'inactive'}",
        }
        if not active:
            style["stroke-dasharray"] = "5 4"
        Xml.SubElement(group, "path", style)
        head = f"{x:.1f},{y:.1f} {x - 8:.1f},{y - 3.5:.1f} {x - 8:.1f},{y + 3.5:.1f}"
        Xml.SubElement(group, "polygon", points=head, fill=color)
        if name:
            self._text(group, name, x - 9, y - 6 if name == "x" else y + 13, 10, color)

    @staticmethod
    def _text(
        group: Xml.Element,
        text: str,
        x: float,
        y: float,
        size: float,
        color: str,
        anchor: str = "middle",
        weight: str = "normal",
    ) -> None:
        style = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size:g}", "fill": color}
        if anchor != "start":
            style["text-anchor"] = anchor
        if weight != "normal":
            style["font-weight"] = weight
        style["xml:space"] = "preserve"
        Xml.SubElement(group, "text", style).text = text
