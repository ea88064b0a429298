"""What a picture of a genome shows: boxes in layers, and edges between them, without any coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from nos_sym.genome.decode import decode_decay
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, DecayGraph, DecayNode, Genome, GraphNode, Source
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import REGISTRY

LONGEST_LABEL = 26
"""Characters of a decay function that is written on its edge; a longer one has its name there."""


class BoxKind(Enum):
    """What a box stands for."""

    OPERAND = "operand"
    HIDDEN = "hidden"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Box:
    """A node or an operand.

    Attributes:
        label: the operation, with x and y for its arguments, or the text of an operand.
        kind: what it stands for.
        active: whether it has a part in what the output computes.
        layer: number of the column, counted from 0 at the left; arguments stand to the left.
    """

    label: str
    kind: BoxKind
    active: bool
    layer: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection.

    Attributes:
        start: index of the box that is the argument.
        end: index of the box that takes it.
        port: which argument it is, counted from 0.
        ports: number of arguments of ``end``.
        decay: what is written on it, empty where it has no decay function.
        active: whether ``end`` is active.
    """

    start: int
    end: int
    port: int
    ports: int
    decay: str
    active: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes and edges of one graph."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def of_active(self) -> Diagram:
        """Return the diagram of what has a part in what the output computes, in as few layers as it needs."""
        kept = [i for i, box in enumerate(self.boxes) if box.active]
        layers = sorted({self.boxes[i].layer for i in kept})
        boxes = tuple(replace(self.boxes[i], layer=layers.index(self.boxes[i].layer)) for i in kept)
        edges = tuple(
            replace(edge, start=kept.index(edge.start), end=kept.index(edge.end))
            for edge in self.edges
            if edge.active
        )
        return Diagram(boxes, edges)


def decay_names(genome: Genome) -> dict[DecayGraph, str]:
    """Return the decay functions of a genome with the names d1, d2, ...; those of active nodes come first."""
    order = (*genome.active_nodes, *genome.hidden)
    found = dict.fromkeys(c.decay for node in order for c in node.arguments if c.decay is not None)
    return {decay: f"d{number}" for number, decay in enumerate(found, 1)}


def diagram_of(genome: Genome, names: Mapping[DecayGraph, str] | None = None) -> Diagram:
    """Return the diagram of the graph of an update; ``names`` are those of its decay functions."""
    names = decay_names(genome) if names is None else names

    def decay_label(connection: Connection) -> str:
        if connection.decay is None:
            return ""
        text = print_expression(decode_decay(connection.decay))
        return text if len(text) <= LONGEST_LABEL else names[connection.decay]

    return _diagram(
        [_shown(n, [(c.source, decay_label(c)) for c in n.arguments]) for n in genome.nodes],
        genome.active(),
    )


def diagram_of_decay(decay: DecayGraph) -> Diagram:
    """Return the diagram of the graph of a decay function."""
    return _diagram([_shown(n, [(a, "") for a in n.arguments]) for n in decay.nodes], decay.active())


@dataclass(frozen=True, slots=True)
class _Shown:
    label: str
    arguments: Sequence[tuple[Source, str]]


def _shown(node: GraphNode | DecayNode, arguments: Sequence[tuple[Source, str]]) -> _Shown:
    return _Shown(form_label(node.form), arguments)


def _diagram(nodes: Sequence[_Shown], active: frozenset[int]) -> Diagram:
    """Return the diagram of nodes whose last one is the output node."""
    output = len(nodes) - 1
    layers = _layers(nodes)
    layers[output] = max(layers)
    boxes = [
        Box(
            node.label,
            BoxKind.OUTPUT if i == output else BoxKind.HIDDEN,
            i == output or i in active,
            layers[i],
        )
        for i, node in enumerate(nodes)
    ]
    edges = []
    for end, node in enumerate(nodes):
        alive = boxes[end].active
        for port, (source, decay) in enumerate(node.arguments):
            if isinstance(source, str):
                boxes.append(Box(source, BoxKind.OPERAND, alive, layers[end] - 1))
                source = len(boxes) - 1
            edges.append(Edge(source, end, port, len(node.arguments), decay, alive))
    return Diagram(tuple(boxes), tuple(edges))


def _layers(nodes: Sequence[_Shown]) -> list[int]:
    layers = [0] * len(nodes)

    def layer(index: int) -> int:
        if not layers[index]:
            hidden = [source for source, _ in nodes[index].arguments if isinstance(source, int)]
            layers[index] = 1 + max((layer(h) for h in hidden), default=0)
        return layers[index]

    return [layer(index) for index in range(len(nodes))]


def form_label(form: Form) -> str:
    """Return an operation as a reader knows it, with x and y for its arguments, as in ``x / y``."""
    operation = REGISTRY[form.operation]
    known = "(" not in operation.computes or f"{operation.name}(" in operation.computes
    if operation.standard and known and not form.parameters and form.literal is None:
        return operation.computes
    arguments = ["x", "y"][: form.arity] + ([] if form.literal is None else [form.literal])
    return f"{form.operation}({', '.join([*arguments, *form.parameters])})"
