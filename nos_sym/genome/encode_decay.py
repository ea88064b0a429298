"""From the expression of a decay function to its graph."""

from __future__ import annotations

import numpy as np
from sympy.core.basic import Basic

from nos_sym.errors import GenomeError
from nos_sym.genome.form import form_of
from nos_sym.genome.genome import DecayGraph, DecayNode, Source
from nos_sym.genome.operand import is_leaf
from nos_sym.genome.sample_decay import draw_decay_hidden
from nos_sym.genome.search_space import IDENTITY, SCHEDULES
from nos_sym.genome.settings import MAX_HIDDEN, GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression


def encode_decay(
    expression: Basic,
    settings: GenomeSettings,
    rng: np.random.Generator | None = None,
    space: SearchSpace = PAPER,
) -> DecayGraph:
    """Return the graph of a decay function; whether its values lie in [0, 1] is not asked.

    Raises:
        GenomeError: it needs more hidden nodes than ``settings.decay_hidden_nodes``, and how many.
    """
    hidden, output = _draw_graph(expression)
    count = settings.decay_hidden_nodes
    if len(hidden) > count:
        raise GenomeError(
            f"the decay function '{print_expression(expression)[:60]}' needs {len(hidden)} hidden nodes, and "
            f"one of a genome has {count}; set decay_hidden_nodes to {len(hidden)} or more"
            + (f" (at most {MAX_HIDDEN})" if len(hidden) > MAX_HIDDEN else "")
        )
    edges = [n.hidden_arguments for n in hidden] + [()] * (count - len(hidden))
    while len(hidden) < count:
        index = len(hidden)
        if rng is None:
            filler = DecayNode(IDENTITY, (SCHEDULES[0],))
        else:
            filler = draw_decay_hidden(rng, index, edges, settings, space)
        edges[index] = filler.hidden_arguments
        hidden.append(filler)
    return DecayGraph(tuple(hidden), output)


def decay_hidden_needed(expression: Basic) -> int:
    """Return how many hidden nodes the graph of a decay function needs, of which it has at least one."""
    return max(1, len(_draw_graph(expression)[0]))


def _draw_graph(expression: Basic) -> tuple[list[DecayNode], DecayNode]:
    """Return the hidden nodes, arguments before the nodes that use them, and the output node."""
    hidden: list[DecayNode] = []
    positions: dict[Basic, int] = {}

    def source(part: Basic) -> Source:
        if is_leaf(part):
            return print_expression(part)
        if part not in positions:
            inner = node(part)
            hidden.append(inner)
            positions[part] = len(hidden) - 1
        return positions[part]

    def node(part: Basic) -> DecayNode:
        if is_leaf(part):
            return DecayNode(IDENTITY, (print_expression(part),))
        assert isinstance(part, Node)
        if not part.operands:
            raise GenomeError(
                f"'{print_expression(part)[:60]}' is not a leaf of a decay function; "
                "expected a1 to a14, or a number"
            )
        return DecayNode(form_of(part, in_decays=True), tuple(source(a) for a in part.operands))

    return hidden, node(expression)
