"""Random decay functions (Section 3.1.2, Tables 6 and 7)."""

from __future__ import annotations

import numpy as np

from nos_sym.errors import GenomeError
from nos_sym.genome.chance import choose
from nos_sym.genome.decay_values import in_unit
from nos_sym.genome.genome import DecayGraph, DecayNode, Source
from nos_sym.genome.graphs import Edges, reaches
from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace

_TRIES = 10_000
"""Draws before a sampler gives up; about seven in ten decay functions lie in [0, 1]."""


def sample_decay(
    rng: np.random.Generator, settings: GenomeSettings, space: SearchSpace = PAPER
) -> DecayGraph:
    """Return a random decay function that lies in [0, 1] at every step of ``settings.decay_steps``."""
    for _ in range(_TRIES):
        decay = draw_decay(rng, settings, space)
        if in_unit(decay, settings.decay_steps):
            return decay
    raise GenomeError(f"no decay function in [0, 1] was found in {_TRIES} draws; change the settings")


def draw_decay(rng: np.random.Generator, settings: GenomeSettings, space: SearchSpace = PAPER) -> DecayGraph:
    """Return a random decay function, whatever its values.

    A hidden node takes schedules, or other hidden nodes where there are several and no cycle arises.
    """
    count = settings.decay_hidden_nodes
    edges: list[tuple[int, ...]] = [()] * count
    hidden = []
    for index in range(count):
        node = draw_decay_hidden(rng, index, edges, settings, space)
        edges[index] = node.hidden_arguments
        hidden.append(node)
    return DecayGraph(tuple(hidden), _draw_output(rng, count, settings, space))


def draw_decay_hidden(
    rng: np.random.Generator,
    index: int,
    edges: Edges,
    settings: GenomeSettings,
    space: SearchSpace = PAPER,
) -> DecayNode:
    """Return a random node to stand at ``index`` of hidden nodes that are connected by ``edges``."""
    return _draw_node(rng, decay_sources(edges, index, space), settings, space)


def _draw_node(
    rng: np.random.Generator, sources: list[Source], settings: GenomeSettings, space: SearchSpace
) -> DecayNode:
    if rng.random() < settings.decay_unary:
        return DecayNode(choose(rng, space.decay_unary), (choose(rng, sources),))
    first = choose(rng, sources)
    return DecayNode(choose(rng, space.binary_of_decays(settings)), (first, choose(rng, sources, (first,))))


def _draw_output(
    rng: np.random.Generator, count: int, settings: GenomeSettings, space: SearchSpace
) -> DecayNode:
    node = _draw_node(rng, [*space.schedules, *range(count)], settings, space)
    if rng.random() >= settings.decay_takes_hidden:
        return node
    taken: Source = int(rng.integers(count))
    if node.form.arity == 1:
        return DecayNode(node.form, (taken,))
    other = choose(rng, [*space.schedules, *range(count)], (taken,))
    return DecayNode(node.form, (taken, other) if rng.random() < 0.5 else (other, taken))


def decay_sources(edges: Edges, index: int, space: SearchSpace = PAPER) -> list[Source]:
    """Return what the hidden node at ``index`` of a decay function may take without a cycle."""
    return [*space.schedules, *(i for i in range(len(edges)) if not reaches(edges, i, index))]
