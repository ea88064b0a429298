"""From a rule to a genome that means it, so that any optimizer can be where a search begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sympy.core.basic import Basic

from nos_sym.errors import GenomeError
from nos_sym.genome.encode_decay import decay_hidden_needed, encode_decay
from nos_sym.genome.genome import Connection, Genome, GraphNode, Source
from nos_sym.genome.sample import sample_hidden
from nos_sym.genome.settings import DEFAULT, MAX_HIDDEN, GenomeSettings
from nos_sym.genome.vocabulary import IDENTITY, OPERANDS, form_of, operand_text
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk

_AT_MOST = f"at most {MAX_HIDDEN}"


def encode(rule: Rule, settings: GenomeSettings = DEFAULT, rng: np.random.Generator | None = None) -> Genome:
    """Return a genome of ``rule``: ``decode`` of it is the rule again, or proved equal to it.

    Operands of Table 2, and the same with other constants, are operands; every other operation is a node, and
    equal parts share one. Identities are added where the graph needs a node, and left out where the rule has
    more than there is room for. Hidden nodes that are left over are inactive: random ones where there is
    ``rng``, else identities.

    Raises:
        GenomeError: the rule needs more hidden nodes than ``settings.hidden_nodes``, or one of its decay
            functions more than ``settings.decay_hidden_nodes``, and how many; or two of its dropouts share a
            mask.
    """
    _check_masks(rule)
    graph = _draw_graph(rule.update, settings, rng)
    if len(graph.hidden) > settings.hidden_nodes:
        graph = _draw_graph(without_identities(rule.update), settings, rng)
    if len(graph.hidden) > settings.hidden_nodes:
        raise GenomeError(
            f"the rule needs {len(graph.hidden)} hidden nodes, and a genome has {settings.hidden_nodes}; "
            f"set hidden_nodes to {len(graph.hidden)} or more"
            + (f" ({_AT_MOST})" if len(graph.hidden) > MAX_HIDDEN else "")
        )
    hidden = _fill(graph.hidden, settings, rng)
    return Genome(tuple(hidden), graph.output, rule.momentum, rule.ascent)


def with_room(settings: GenomeSettings, rule: Rule) -> GenomeSettings:
    """Return settings with as many more hidden nodes as ``rule`` needs, in its graph and its decay functions.

    Raises:
        GenomeError: no genome can hold the rule.
    """
    update = without_identities(rule.update)
    decays = [n.operands[0] for n in walk(update) if n.operation.role is Role.SCALE]
    depth = max(map(decay_hidden_needed, decays), default=1)
    if depth > MAX_HIDDEN:
        raise GenomeError(f"a decay function of the rule needs {depth} hidden nodes; one has {_AT_MOST}")
    roomy = replace(settings, decay_hidden_nodes=max(settings.decay_hidden_nodes, depth))
    needed = len(_draw_graph(update, roomy, None).hidden)
    if needed > MAX_HIDDEN:
        raise GenomeError(f"the rule needs {needed} hidden nodes; a genome has {_AT_MOST}")
    return replace(roomy, hidden_nodes=max(settings.hidden_nodes, needed))


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes without those that are inactive; arguments stand before the nodes that use them."""

    hidden: list[GraphNode]
    output: GraphNode


def _draw_graph(update: Basic, settings: GenomeSettings, rng: np.random.Generator | None) -> _Graph:
    hidden: list[GraphNode] = []
    places: dict[Basic, int] = {}

    def add(node: GraphNode) -> int:
        hidden.append(node)
        return len(hidden) - 1

    def source(expression: Basic) -> Source:
        text = operand_text(expression)
        if text is not None:
            return text
        if expression not in places:
            places[expression] = add(node(expression))
        return places[expression]

    def node(expression: Basic) -> GraphNode:
        if not _is_operation(expression):
            return GraphNode(IDENTITY, (connection(expression),))
        assert isinstance(expression, Node)
        form = form_of(expression)
        return GraphNode(form, tuple(connection(a) for a in expression.operands[: form.arity]))

    def connection(expression: Basic) -> Connection:
        if isinstance(expression, Node) and expression.operation.role is Role.SCALE:
            decay, operand = expression.operands
            return Connection(source(operand), encode_decay(decay, settings, rng))
        return Connection(source(expression))

    output = node(update)
    if not output.hidden_arguments:
        first, *others = output.arguments
        place = add(GraphNode(IDENTITY, (Connection(first.source),)))
        output = GraphNode(output.form, (Connection(place, first.decay), *others))
    return _Graph(hidden, output)


def _is_operation(expression: Basic) -> bool:
    """Return whether an expression is an operation: no operand and no decayed argument."""
    if operand_text(expression) is not None:
        return False
    return isinstance(expression, Node) and expression.operation.role is not Role.SCALE


def without_identities(expression: Basic) -> Basic:
    """Return an expression with ``id(x)`` replaced by x."""
    if not isinstance(expression, Node):
        return expression
    operands = [without_identities(a) for a in expression.operands]
    if expression.operation.name == IDENTITY.operation:
        return operands[0]
    return expression.func(*operands, *expression.parameters)


def _fill(
    hidden: list[GraphNode], settings: GenomeSettings, rng: np.random.Generator | None
) -> list[GraphNode]:
    """Return the hidden nodes and, after them, inactive ones up to the number of the settings."""
    count = settings.hidden_nodes
    filled = list(hidden)
    edges = [n.hidden_arguments for n in filled] + [()] * (count - len(filled))
    while len(filled) < count:
        index = len(filled)
        if rng is None:
            node = GraphNode(IDENTITY, (Connection(OPERANDS[0]),))
        else:
            node = sample_hidden(rng, index, edges, settings)
        edges[index] = node.hidden_arguments
        filled.append(node)
    return filled


def _check_masks(rule: Rule) -> None:
    """Every node draws its own mask: raise where two dropouts have the same and are not the same node."""
    masks: dict[object, Node] = {}
    for node in walk(rule.update):
        if node.operation.role is Role.RANDOM:
            draw = node.parameters[-1]
            if masks.setdefault(draw, node) != node:
                raise GenomeError(
                    f"two dropouts of the rule share the mask {draw}; in a genome each has its own: "
                    "give them different draws"
                )
