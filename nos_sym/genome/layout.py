"""Coordinates of a diagram: columns from left to right, boxes near those that take them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from nos_sym.genome.diagram import Box, Diagram, Edge

CHARACTER = 7.9
"""Width of a character in units of the picture, at the size of a box's label."""

SMALL_CHARACTER = 6.7
"""The same at the size of what stands on an edge."""

BOX_HEIGHT = 30.0
_BOX_PADDING = 20.0
_ROW = 50.0
_GAP = 56.0
_BEFORE_DECAY = 14.0
_DECAY_PADDING = 12.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its coordinates: its center and its width."""

    box: Box
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """A connection with its coordinates.

    Attributes:
        edge: what it is in the diagram.
        points: from the right of its first box to the left of its last one, past the boxes between them.
        decay: center of what stands on it.
    """

    edge: Edge
    points: tuple[Point, ...]
    decay: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """A diagram with coordinates from 0 to ``width`` and ``height``."""

    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Item:
    """What has a place in a column: a box, or an edge on its way through it."""

    layer: int
    active: bool
    width: float


def lay_out(diagram: Diagram) -> Layout:
    """Return coordinates for a diagram whose edges lead to the right."""
    items = [_Item(b.layer, b.active, CHARACTER * len(b.label) + _BOX_PADDING) for b in diagram.boxes]
    # An edge over several columns has a place in each, so that it passes beside their boxes.
    paths = [list(_path(edge, items)) for edge in diagram.edges]
    ys = _rows(diagram, items, paths)
    xs, width = _columns(diagram, items)
    top = min(ys) - BOX_HEIGHT / 2
    boxes = tuple(
        Placed(box, xs[box.layer], y - top, item.width)
        for box, item, y in zip(diagram.boxes, items, ys, strict=False)
    )
    lines = []
    for edge, path in zip(diagram.edges, paths, strict=True):
        start, end = boxes[edge.start], boxes[edge.end]
        port = end.y + BOX_HEIGHT * ((edge.port + 0.5) / edge.ports - 0.5) * 0.8
        between = [(xs[items[i].layer], ys[i] - top) for i in path[1:-1]]
        points = ((start.x + start.width / 2, start.y), *between, (end.x - end.width / 2, port))
        lines.append(Line(edge, points, _decay_center(edge, points, xs, items)))
    return Layout(boxes, tuple(lines), width, max(ys) - top + BOX_HEIGHT / 2)


def _path(edge: Edge, items: list[_Item]) -> Iterator[int]:
    """Yield the items of an edge, and add those between its boxes."""
    yield edge.start
    for layer in range(items[edge.start].layer + 1, items[edge.end].layer):
        items.append(_Item(layer, edge.active, 0.0))
        yield len(items) - 1
    yield edge.end


def _columns(diagram: Diagram, items: list[_Item]) -> tuple[list[float], float]:
    """Return the center of each column, with room behind it for what stands on its edges, and the width."""
    centers: list[float] = []
    right = 0.0
    for layer in range(1 + max(item.layer for item in items)):
        column = max((item.width for item in items if item.layer == layer), default=0.0)
        centers.append(right + column / 2)
        labels = [len(e.decay) for e in diagram.edges if items[e.start].layer == layer]
        label = max(labels, default=0)
        right += column + _GAP + (SMALL_CHARACTER * label + 2 * _DECAY_PADDING if label else 0.0)
    last = max(item.layer for item in items)
    width = max(item.width for item in items if item.layer == last)
    return centers, centers[-1] + width / 2


def _rows(diagram: Diagram, items: list[_Item], paths: list[list[int]]) -> list[float]:
    """Return the height of each item: columns from right to left, each item level with what takes it.

    What is inactive comes below what is active. Where active items of a column would overlap, they are moved
    apart about their middle.
    """
    takers: dict[int, list[tuple[int, float]]] = {}
    for edge, path in zip(diagram.edges, paths, strict=True):
        shift = _ROW * 0.9 * (edge.port - (edge.ports - 1) / 2)
        for first, second in itertools.pairwise(path):
            takers.setdefault(first, []).append((second, shift if second == edge.end else 0.0))
    ys = [0.0] * len(items)
    lowest = -math.inf
    for layer in range(max(item.layer for item in items), -1, -1):
        column = [i for i, item in enumerate(items) if item.layer == layer]
        wanted = {
            i: sum(ys[j] + shift for j, shift in takers[i]) / len(takers[i]) if i in takers else math.inf
            for i in column
        }
        column.sort(key=lambda i: (wanted[i], i))
        active = [i for i in column if items[i].active]
        previous = _place_active(active, wanted, ys)
        for i in column:
            if not items[i].active:
                free = max(previous + _ROW, lowest + 1.2 * _ROW if math.isinf(wanted[i]) else -math.inf)
                previous = ys[i] = free if math.isinf(wanted[i]) else max(free, wanted[i])
                lowest = max(lowest, ys[i])
        lowest = max([lowest, *(ys[i] for i in column)])
    return ys


def _place_active(column: list[int], wanted: dict[int, float], ys: list[float]) -> float:
    """Set the heights of active items in their order, and return the lowest."""
    previous = -math.inf
    for i in column:
        # Only the output node is active and has nothing that takes it.
        previous = ys[i] = max(0.0 if math.isinf(wanted[i]) else wanted[i], previous + _ROW)
    bound = [i for i in column if not math.isinf(wanted[i])]
    shift = sum(ys[i] - wanted[i] for i in bound) / len(bound) if bound else 0.0
    for i in column:
        ys[i] -= shift
    return max((ys[i] for i in column), default=-math.inf)


def _decay_center(edge: Edge, points: tuple[Point, ...], xs: list[float], items: list[_Item]) -> Point:
    """Return where what stands on an edge has its center: behind the column that the edge begins in."""
    half = SMALL_CHARACTER * len(edge.decay) / 2 + _DECAY_PADDING / 2
    layer = items[edge.start].layer
    column = max(item.width for item in items if item.layer == layer)
    x = xs[layer] + column / 2 + _BEFORE_DECAY + half
    return x, height_at(points[0], points[1], x)


def height_at(start: Point, end: Point, x: float) -> float:
    """Return the height at ``x`` of the curve between two points whose inner points lie half way."""
    low, high = 0.0, 1.0
    for _ in range(30):
        s = (low + high) / 2
        along = start[0] + (end[0] - start[0]) * (1.5 * s * (1 - s) + s**3)
        low, high = (s, high) if along < x else (low, s)
    return start[1] + (end[1] - start[1]) * (3 * low**2 - 2 * low**3)
