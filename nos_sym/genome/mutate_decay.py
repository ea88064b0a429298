"""Mutations of a decay function: one change of one of its active nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nos_sym.errors import GenomeError
from nos_sym.genome.chance import choose, draw_index
from nos_sym.genome.decay_values import in_unit
from nos_sym.genome.genome import DecayGraph, DecayNode, Source
from nos_sym.genome.sample_decay import decay_sources
from nos_sym.genome.settings import GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace

_KINDS = 50
_TRIES = 200
"""Draws of one kind, after which the kind is drawn again: none of the kind may lie in [0, 1]."""


def mutate_decay(
    decay: DecayGraph, rng: np.random.Generator, settings: GenomeSettings, space: SearchSpace = PAPER
) -> DecayGraph:
    """Return a decay function with one change.

    The kind of change is drawn first; node and change are drawn until the decay function is another one and,
    with ``settings.check_mutated_decays``, lies in [0, 1].

    Raises:
        GenomeError: no such change was found.
    """
    weights = (
        settings.decay_mutate_operation,
        settings.decay_mutate_connection,
        settings.decay_mutate_arity,
    )
    for _ in range(_KINDS):
        change = (_change_operation, _change_arguments, _change_arity)[draw_index(rng, weights)]
        for _ in range(_TRIES):
            position = choose(rng, [*sorted(decay.active()), len(decay.hidden)])
            changed = change(decay, position, rng, settings, space)
            mutant = _with_node(decay, position, changed)
            valid = not settings.check_mutated_decays or in_unit(mutant, settings.decay_steps)
            if changed != decay.nodes[position] and valid:
                return mutant
    raise GenomeError(f"no mutation of a decay function was found in {_KINDS * _TRIES} draws")


def _change_operation(
    decay: DecayGraph,
    position: int,
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> DecayNode:
    node = decay.nodes[position]
    forms = space.decay_unary if node.form.arity == 1 else space.binary_of_decays(settings)
    return DecayNode(choose(rng, forms, (node.form,)), node.arguments)


def _change_arguments(
    decay: DecayGraph,
    position: int,
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> DecayNode:
    node = decay.nodes[position]
    if node.form.arity == 2 and rng.random() < settings.swap:
        return DecayNode(node.form, node.arguments[::-1])
    arguments = list(node.arguments)
    index = int(rng.integers(len(arguments)))
    arguments[index] = _other_source(decay, position, rng, node.arguments, space)
    return DecayNode(node.form, tuple(arguments))


def _change_arity(
    decay: DecayGraph,
    position: int,
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> DecayNode:
    node = decay.nodes[position]
    if node.form.arity == 2:
        return DecayNode(choose(rng, space.decay_unary), (node.arguments[int(rng.integers(2))],))
    (first,) = node.arguments
    second = _other_source(decay, position, rng, [first], space)
    left = settings.either_side and rng.random() < 0.5
    form = choose(rng, space.binary_of_decays(settings))
    return DecayNode(form, (second, first) if left else (first, second))


def _other_source(
    decay: DecayGraph,
    position: int,
    rng: np.random.Generator,
    taken: Sequence[Source],
    space: SearchSpace,
) -> Source:
    """Return any schedule or hidden node that makes no cycle, other than those ``taken``."""
    if position == len(decay.hidden):
        sources: list[Source] = [*space.schedules, *range(position)]
    else:
        sources = decay_sources([n.hidden_arguments for n in decay.hidden], position, space)
    return choose(rng, sources, taken)


def _with_node(decay: DecayGraph, position: int, node: DecayNode) -> DecayGraph:
    if position == len(decay.hidden):
        return DecayGraph(decay.hidden, node)
    return DecayGraph((*decay.hidden[:position], node, *decay.hidden[position + 1 :]), decay.output)
