"""From a rule to a genome that means it, so that any optimizer can be where a search begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sympy.core.basic import Basic

from nos_sym.errors import GenomeError
from nos_sym.genome.encode_decay import decay_hidden_needed, encode_decay
from nos_sym.genome.form import form_of
from nos_sym.genome.genome import Connection, Genome, GraphNode, Source
from nos_sym.genome.operand import operand_text
from nos_sym.genome.sample import sample_hidden
from nos_sym.genome.search_space import IDENTITY, OPERANDS
from nos_sym.genome.settings import DEFAULT, MAX_HIDDEN, GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number, kind_of
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Rule
from nos_sym.language.setting import with_values
from nos_sym.language.traversal import walk

_AT_MOST = f"at most {MAX_HIDDEN}"


def encode(
    rule: Rule,
    settings: GenomeSettings = DEFAULT,
    rng: np.random.Generator | None = None,
    space: SearchSpace = PAPER,
) -> Genome:
    """Return a genome of ``rule``: ``decode`` of it is the rule again, or proved equal to it.

    Operands of Table 2, and the same with other constants, are operands; every other operation is a node, and
    equal parts share one. Identities are added where the graph needs a node, and left out where the rule has
    more than there is room for. Hidden nodes that are left over are inactive: random ones of ``space`` where
    there is ``rng``, else identities. A genome has numbers and no settings, so that settings are taken at
    their defaults.

    Raises:
        GenomeError: the rule needs more hidden nodes than ``settings.hidden_nodes``, or one of its decay
            functions more than ``settings.decay_hidden_nodes``, and how many; or it is outside what graphs
            can say: a decay function that is no factor, a parameter that is no number, a leaf that is no
            operand, two dropouts that share a mask.
    """
    update = _checked_update(rule)
    graph = _draw_graph(update, settings, rng, space)
    if len(graph.hidden) > settings.hidden_nodes:
        graph = _draw_graph(without_identities(update), settings, rng, space)
    if len(graph.hidden) > settings.hidden_nodes:
        raise GenomeError(
            f"the rule needs {len(graph.hidden)} hidden nodes, and a genome has {settings.hidden_nodes}; "
            f"set hidden_nodes to {len(graph.hidden)} or more"
            + (f" ({_AT_MOST})" if len(graph.hidden) > MAX_HIDDEN else "")
        )
    hidden = _fill(graph.hidden, settings, rng, space)
    return Genome(tuple(hidden), graph.output, rule.momentum, rule.ascent)


def with_room(settings: GenomeSettings, rule: Rule) -> GenomeSettings:
    """Return settings with as many more hidden nodes as ``rule`` needs, in its graph and its decay functions.

    Raises:
        GenomeError: no genome can hold the rule.
    """
    update = without_identities(_checked_update(rule))
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


def _draw_graph(
    update: Basic, settings: GenomeSettings, rng: np.random.Generator | None, space: SearchSpace = PAPER
) -> _Graph:
    hidden: list[GraphNode] = []
    positions: dict[Basic, int] = {}

    def add(node: GraphNode) -> int:
        hidden.append(node)
        return len(hidden) - 1

    def source(expression: Basic) -> Source:
        text = operand_text(expression)
        if text is not None:
            return text
        if expression not in positions:
            positions[expression] = add(node(expression))
        return positions[expression]

    def node(expression: Basic) -> GraphNode:
        if operand_text(expression) is not None or _is_factor(expression):
            return GraphNode(IDENTITY, (connection(expression),))
        if not isinstance(expression, Node) or not expression.operands:
            raise GenomeError(
                f"the search space has no operand '{_shortened(expression)}'; "
                "expected one of Table 2, or the same with other constants"
            )
        form = form_of(expression)
        return GraphNode(form, tuple(connection(a) for a in expression.operands[: form.arity]))

    def connection(expression: Basic) -> Connection:
        if _is_factor(expression):
            decay, operand = expression.args
            return Connection(source(operand), encode_decay(decay, settings, rng, space))
        return Connection(source(expression))

    output = node(update)
    if not output.hidden_arguments:
        first, *others = output.arguments
        position = add(GraphNode(IDENTITY, (Connection(first.source),)))
        output = GraphNode(output.form, (Connection(position, first.decay), *others))
    return _Graph(hidden, output)


def _is_factor(expression: Basic) -> bool:
    """Return whether an expression is ``[d] x``: a connection with a decay function."""
    return isinstance(expression, Node) and expression.operation.role is Role.SCALE


def without_identities(expression: Basic) -> Basic:
    """Return an expression with ``id(x)`` replaced by x."""
    if not isinstance(expression, Node):
        return expression
    operands = [without_identities(a) for a in expression.operands]
    if expression.operation.name == IDENTITY.operation:
        return operands[0]
    return expression.func(*operands, *expression.parameters)


def _fill(
    hidden: list[GraphNode], settings: GenomeSettings, rng: np.random.Generator | None, space: SearchSpace
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
            node = sample_hidden(rng, index, edges, settings, space)
        edges[index] = node.hidden_arguments
        filled.append(node)
    return filled


def _checked_update(rule: Rule) -> Basic:
    """Return the update with settings at their defaults, or raise where a graph cannot say a node of it."""
    update = with_values(rule.update)
    masks: dict[Basic, Node] = {}
    for node in walk(update):
        _check_parameters(node)
        _check_factors(node)
        if node.operation.optional:
            # In a genome every dropout node draws its own mask.
            draw = node.parameters[-1]
            if masks.setdefault(draw, node) != node:
                raise GenomeError(
                    f"two dropouts of the rule share the mask {draw}; in a genome each has its own: "
                    "give them different draws"
                )
    return update


def _check_parameters(node: Node) -> None:
    for parameter, value in zip(node.operation.parameters, node.parameters, strict=True):
        if not is_number(value):
            raise GenomeError(
                f"parameter {parameter.name} of '{node.operation.name}' is '{_shortened(value)}'; "
                "a genome has numbers as parameters: write one"
            )


def _check_factors(node: Node) -> None:
    if node.kind is Kind.STEP:
        return
    arguments = node.operands[1:] if _is_factor(node) else node.operands
    for argument in arguments:
        if kind_of(argument) is Kind.STEP:
            text = _shortened(argument)
            raise GenomeError(
                f"the decay function '{text}' is an argument of '{node.operation.name}'; in the search space "
                "a decay function only multiplies a tensor: write it as a factor, as in '[a1] g'"
            )


def _shortened(expression: Basic) -> str:
    return print_expression(expression)[:60]
