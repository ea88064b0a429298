"""The optimizer of Figures 1 and 2: a genome right after random initialization, and its decay function.

The paper shows one of its own, which neither its text nor the released code lets anyone draw again. This one
is drawn from the same search space with the same probabilities.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np

from nos_sym.genome.decode import decode
from nos_sym.genome.genome import DecayGraph, Genome, GraphNode
from nos_sym.genome.picture import tree, tree_of_decays
from nos_sym.genome.sample import sample
from nos_sym.report.figures.graphs import picture
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.settings import Dedup

__all__ = ["GRAPHS", "example", "graph"]

GRAPHS = (1, 2)
"""Numbers of the figures that are graphs."""


@cache
def example() -> tuple[Genome, int]:
    """Return a random genome that shows what genomes have, and the seed that it is drawn with.

    It is that of the first seed with active hidden nodes and inactive ones, and with one decay function,
    whose graph uses its hidden node, and without which it would be another optimizer.
    """
    for seed in itertools.count():
        genome = sample(np.random.default_rng(seed))
        if _shows_what_there_is(genome):
            return genome, seed
    raise AssertionError


def _shows_what_there_is(genome: Genome) -> bool:
    every = _decays(genome.nodes)
    if not 1 < len(genome.active()) < len(genome.hidden) or len(every) != 1:
        return False
    if _decays(genome.active_nodes) != every or not every[0].active():
        return False
    prints = Fingerprints(Dedup.EXACT)
    return prints.of(decode(genome)) != prints.of(decode(_without_decays(genome)))


def _without_decays(genome: Genome) -> Genome:
    hidden, output = genome.hidden, genome.output
    return replace(genome, hidden=tuple(map(_bare, hidden)), output=_bare(output))


def _bare(node: GraphNode) -> GraphNode:
    return replace(node, arguments=tuple(replace(argument, decay=None) for argument in node.arguments))


def _decays(nodes: Iterable[GraphNode]) -> list[DecayGraph]:
    return [argument.decay for node in nodes for argument in node.arguments if argument.decay is not None]


def graph(number: int, format: str) -> bytes:
    """Return Figure 1, the graph of the example, or 2, that of its decay function, as the bytes of a file.

    Args:
        number: one of :data:`GRAPHS`.
        format: one of :data:`~nos_sym.report.figures.drawing.FORMATS`.

    Raises:
        FigureError: Matplotlib is not installed, or there is no such format.
    """
    genome, _ = example()
    return picture(tree(genome, decays=False) if number == 1 else tree_of_decays(genome), format)
