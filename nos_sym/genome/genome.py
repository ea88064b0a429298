"""The genome: the graph of an update, with active and inactive nodes (Section 3.1 and Figures 1 and 2).

A graph has hidden nodes and an output node. An argument of a node is an operand, given by its text, or a
hidden node, given by its index; its connection may carry a decay function, which is a graph of the same kind
over schedules. Hidden nodes that do not reach the output are inactive: they mean nothing, stay where they
are, and may become active again by mutation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.errors import GenomeError
from nos_sym.genome.form import Form
from nos_sym.genome.graphs import find_cycle, reachable
from nos_sym.genome.operand import leaf, operand
from nos_sym.genome.settings import MAX_HIDDEN
from nos_sym.language.rule import Momentum
from nos_sym.language.shown import Shown

Source = int | str
"""Where an argument comes from: the index of a hidden node, or the text of an operand or of a schedule."""


@dataclass(frozen=True, slots=True)
class DecayNode:
    """A node of a decay function.

    Attributes:
        form: its operation, one of those that act on functions of the step.
        arguments: hidden nodes by their index, schedules (``a1``) and other leaves by their text.
    """

    form: Form
    arguments: tuple[Source, ...]

    def __post_init__(self) -> None:
        _check_arity(self.form, self.arguments)
        if not self.form.in_decays:
            raise GenomeError(f"'{self.form.operation}' acts on tensors; it cannot stand in a decay function")
        for source in self.arguments:
            if not isinstance(source, int):
                leaf(source)

    @property
    def hidden_arguments(self) -> tuple[int, ...]:
        """The hidden nodes among the arguments."""
        return tuple(a for a in self.arguments if isinstance(a, int))


@dataclass(frozen=True, slots=True)
class DecayGraph:
    """A decay function d(t): a graph over the schedules of Table 7, whose output multiplies a connection."""

    hidden: tuple[DecayNode, ...]
    output: DecayNode

    def __post_init__(self) -> None:
        _check_graph(self.hidden, self.output, "decay function")

    @property
    def nodes(self) -> tuple[DecayNode, ...]:
        """The hidden nodes and, last, the output node."""
        return (*self.hidden, self.output)

    def active(self) -> frozenset[int]:
        """Return the indices of the hidden nodes that reach the output."""
        return reachable([n.hidden_arguments for n in self.hidden], self.output.hidden_arguments)


@dataclass(frozen=True, slots=True)
class Connection:
    """An argument of a node: where it comes from, and the decay function that multiplies it."""

    source: Source
    decay: DecayGraph | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.source, int):
            operand(self.source)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of the graph of an update: an operation and one connection for each argument.

    Attributes:
        form: the operation.
        arguments: its connections.
        dormant: the operation of the other number of arguments, which a mutation of that number takes. It
            means nothing now; where it is ``None``, it is drawn then.
        resting: decay functions of connections that the node had before, by their sources. They mean nothing,
            and come back with the source.
    """

    form: Form
    arguments: tuple[Connection, ...]
    dormant: Form | None = None
    resting: tuple[Connection, ...] = ()

    def __post_init__(self) -> None:
        _check_arity(self.form, self.arguments)
        if self.dormant is not None and self.dormant.arity == self.form.arity:
            raise GenomeError(
                f"'{self.dormant.operation}' lies dormant behind '{self.form.operation}'; expected an "
                f"operation of {3 - self.form.arity} arguments"
            )
        sources = [connection.source for connection in (*self.resting, *self.arguments)]
        if any(
            connection.decay is None or sources.count(connection.source) > 1 for connection in self.resting
        ):
            raise GenomeError("a decay function rests for each source once, and for none that is an argument")

    @property
    def hidden_arguments(self) -> tuple[int, ...]:
        """The hidden nodes among the arguments."""
        return tuple(a.source for a in self.arguments if isinstance(a.source, int))


@dataclass(frozen=True, slots=True, repr=False)
class Genome(Shown):
    """An optimizer as the search changes it.

    Attributes:
        hidden: the hidden nodes, active and inactive.
        output: the output node; at least one of its arguments is a hidden node.
        momentum: momentum type (Table 1).
        ascent: whether the update enters with the opposite sign.

    Raises:
        GenomeError: there is a cycle, an index of no hidden node, or an output node without a hidden
            argument. What is wrong with one node, its connections or its decay functions is found when they
            are made.
    """

    hidden: tuple[GraphNode, ...]
    output: GraphNode
    momentum: Momentum
    ascent: bool = False

    def __post_init__(self) -> None:
        _check_graph(self.hidden, self.output, "genome")
        for node in self.nodes:
            for connection in node.resting:
                source = connection.source
                if isinstance(source, int) and not 0 <= source < len(self.hidden):
                    raise GenomeError(
                        f"a decay function rests for the hidden node {source}; there are {len(self.hidden)}, "
                        "counted from 0"
                    )
        if not self.output.hidden_arguments:
            raise GenomeError("the output node has operands alone; expected a hidden node as an argument")
        if not isinstance(self.momentum, Momentum) or not isinstance(self.ascent, bool):
            raise GenomeError("a genome needs a momentum type, and true or false for ascent")

    def __repr__(self) -> str:
        return f"nos_sym.Genome.from_json({self.to_json()!r})"

    def __str__(self) -> str:
        from nos_sym.genome.decode import decode

        return str(decode(self))

    @property
    def nodes(self) -> tuple[GraphNode, ...]:
        """The hidden nodes and, last, the output node."""
        return (*self.hidden, self.output)

    def active(self) -> frozenset[int]:
        """Return the indices of the hidden nodes that reach the output."""
        return reachable([n.hidden_arguments for n in self.hidden], self.output.hidden_arguments)

    @property
    def active_nodes(self) -> tuple[GraphNode, ...]:
        """The output node, and the hidden nodes that reach it in the order of their indices."""
        return (self.output, *(self.hidden[i] for i in sorted(self.active())))

    def to_json(self) -> dict[str, Any]:
        """Return the genome as JSON data; :meth:`from_json` reads it."""
        from nos_sym.genome.json_form import genome_to_json

        return genome_to_json(self)

    @staticmethod
    def from_json(data: Any) -> Genome:
        """Read what :meth:`to_json` returned.

        Raises:
            GenomeError: the data is no genome of this version.
        """
        from nos_sym.genome.json_form import genome_from_json

        return genome_from_json(data)


def _check_arity(form: Form, arguments: Sequence[Any]) -> None:
    if len(arguments) != form.arity:
        noun = "argument" if form.arity == 1 else "arguments"
        raise GenomeError(f"'{form.operation}' has {len(arguments)} arguments; expected {form.arity} {noun}")


def _check_graph(
    hidden: Sequence[GraphNode] | Sequence[DecayNode], output: GraphNode | DecayNode, what: str
) -> None:
    count = len(hidden)
    if not 1 <= count <= MAX_HIDDEN:
        raise GenomeError(f"a {what} has {count} hidden nodes; expected 1 to {MAX_HIDDEN}")
    edges = [node.hidden_arguments for node in hidden]
    for sources in (*edges, output.hidden_arguments):
        for source in sources:
            if not 0 <= source < count:
                raise GenomeError(f"a {what} has no hidden node {source}; it has {count}, counted from 0")
    looped = find_cycle(edges)
    if looped is not None:
        raise GenomeError(f"hidden node {looped} of a {what} depends on itself; expected no cycle")
