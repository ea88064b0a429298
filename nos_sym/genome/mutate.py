"""Mutations of a genome: one change of one active node, of the momentum type, or of a decay function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from nos_sym.errors import GenomeError
from nos_sym.genome.chance import choose, draw_index
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, DecayGraph, Genome, GraphNode, Source
from nos_sym.genome.mutate_decay import mutate_decay
from nos_sym.genome.sample import allowed_sources, sample_connection, sample_form, sample_source
from nos_sym.genome.sample_decay import sample_decay
from nos_sym.genome.settings import DEFAULT, GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace
from nos_sym.language.rule import Momentum

_TRIES = 10_000


class MutationKind(Enum):
    """What a mutation changes.

    operation: the operation of a node. connection: an argument of a node; whether its decay function stays is
    a setting. swap: the order of the two arguments, each with its decay function. arity: a unary node becomes
    binary by a second argument, a binary one unary by the loss of one. momentum: the momentum type. decay:
    the decay function of one connection is created, deleted or changed.
    """

    OPERATION = "operation"
    CONNECTION = "connection"
    SWAP = "swap"
    ARITY = "arity"
    MOMENTUM = "momentum"
    DECAY = "decay"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed genome, and the kind of the change."""

    genome: Genome
    kind: MutationKind


def mutate(
    genome: Genome,
    rng: np.random.Generator,
    settings: GenomeSettings = DEFAULT,
    space: SearchSpace = PAPER,
) -> Mutation:
    """Return a genome with one change.

    The kind of change is drawn first; node and change are drawn until the genome is valid and another one, so
    that a redraw leaves the frequencies of the kinds as they are. Nodes are drawn among the active ones, the
    output node included; inactive nodes stay as they are and may become active by a connection.

    Raises:
        GenomeError: no such change exists, as where ``only_decays`` asks for one that is always redrawn.
    """
    kind = _draw_kind(rng, settings)
    if kind is MutationKind.MOMENTUM:
        momentum = choose(rng, tuple(Momentum), (genome.momentum,))
        return Mutation(replace(genome, momentum=momentum), kind)
    positions = [*sorted(genome.active()), len(genome.hidden)]
    for _ in range(_TRIES):
        position = choose(rng, positions)
        node = genome.nodes[position]
        changed: GraphNode | None
        actual = kind
        if kind is MutationKind.OPERATION:
            form = sample_form(rng, node.form.arity, settings, [node.form], space)
            changed = replace(node, form=form)
        elif kind is MutationKind.ARITY:
            changed = _change_arity(genome, position, rng, settings, space)
        elif kind is MutationKind.DECAY:
            changed = _change_decay(node, rng, settings, space)
        elif node.form.arity == 2 and rng.random() < settings.swap:
            actual = MutationKind.SWAP
            changed = replace(node, arguments=node.arguments[::-1])
        else:
            changed = _change_connection(genome, position, rng, settings, space)
        if changed is not None and changed != node:
            return Mutation(_with_node(genome, position, changed), actual)
    raise GenomeError(f"no mutation of the kind '{kind.value}' was found in {_TRIES} draws")


def _draw_kind(rng: np.random.Generator, settings: GenomeSettings) -> MutationKind:
    if settings.only_decays:
        return MutationKind.DECAY
    kinds = (
        (MutationKind.OPERATION, settings.mutate_operation),
        (MutationKind.CONNECTION, settings.mutate_connection),
        (MutationKind.ARITY, settings.mutate_arity),
        (MutationKind.MOMENTUM, settings.mutate_momentum),
        (MutationKind.DECAY, settings.mutate_decay),
    )
    return kinds[draw_index(rng, [weight for _, weight in kinds])][0]


def _sources(genome: Genome, position: int) -> list[int]:
    """Return the hidden nodes that the node at ``position`` may take without a cycle."""
    if position == len(genome.hidden):
        return list(range(position))
    return allowed_sources([n.hidden_arguments for n in genome.hidden], position)


def _other_source(
    genome: Genome,
    position: int,
    taken: Sequence[Source],
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> Source | None:
    """Return a source that is no argument yet; ``None`` for one that would make a cycle."""
    allowed = _sources(genome, position)
    if not settings.uniform_sources:
        return sample_source(rng, allowed, settings, taken, space)
    others = (index for index in range(len(genome.hidden)) if index != position)
    sources: list[Source] = [*space.operands, *others]
    source = choose(rng, sources, taken)
    return source if not isinstance(source, int) or source in allowed else None


def _change_connection(
    genome: Genome,
    position: int,
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> GraphNode | None:
    node = genome.nodes[position]
    index = int(rng.integers(node.form.arity))
    old = node.arguments[index]
    taken: list[Source] = [a.source for a in node.arguments]
    must_be_hidden = position == len(genome.hidden) and not any(
        isinstance(a.source, int) for i, a in enumerate(node.arguments) if i != index
    )
    source: Source | None
    if must_be_hidden:
        candidates = [h for h in _sources(genome, position) if h not in taken]
        source = choose(rng, candidates) if candidates else None
    else:
        source = _other_source(genome, position, taken, rng, settings, space)
    if source is None:
        return None
    arguments = list(node.arguments)
    arguments[index] = Connection(source, _resting(node, source) if settings.decays_of_pairs else old.decay)
    return _rearranged(node, node.form, arguments, settings)


def _change_arity(
    genome: Genome,
    position: int,
    rng: np.random.Generator,
    settings: GenomeSettings,
    space: SearchSpace,
) -> GraphNode | None:
    node = genome.nodes[position]
    if node.form.arity == 2:
        is_output = position == len(genome.hidden)
        kept = node.arguments[int(rng.integers(2))]
        if is_output and settings.output_keeps_hidden:
            kept = choose(rng, [a for a in node.arguments if isinstance(a.source, int)])
        form = _awakened(node, rng, settings, space)
        if is_output and not isinstance(kept.source, int):
            return None
        return _rearranged(node, form, [kept], settings)
    (first,) = node.arguments
    source = _other_source(genome, position, [first.source], rng, settings, space)
    if source is None:
        return None
    if settings.decays_of_pairs:
        second = Connection(source, _resting(node, source))
    else:
        second = sample_connection(rng, source, settings, space)
    form = _awakened(node, rng, settings, space)
    left = settings.either_side and rng.random() < 0.5
    return _rearranged(node, form, [second, first] if left else [first, second], settings)


def _awakened(
    node: GraphNode, rng: np.random.Generator, settings: GenomeSettings, space: SearchSpace
) -> Form:
    """Return the operation of the other number of arguments: what lies dormant, or a random one."""
    if settings.dormant_operations and node.dormant is not None:
        return node.dormant
    return sample_form(rng, 3 - node.form.arity, settings, space=space)


def _resting(node: GraphNode, source: Source) -> DecayGraph | None:
    return next((each.decay for each in node.resting if each.source == source), None)


def _rearranged(
    node: GraphNode, form: Form, arguments: Sequence[Connection], settings: GenomeSettings
) -> GraphNode:
    """Return a node with another operation and other arguments, which keeps what it has no use for now."""
    dormant, resting = node.dormant, node.resting
    if form.arity != node.form.arity:
        dormant = node.form if settings.dormant_operations else None
    if settings.decays_of_pairs:
        resting = (*resting, *(a for a in node.arguments if a.decay is not None))
    now = {argument.source for argument in arguments}
    return GraphNode(form, tuple(arguments), dormant, tuple(r for r in resting if r.source not in now))


def _change_decay(
    node: GraphNode, rng: np.random.Generator, settings: GenomeSettings, space: SearchSpace
) -> GraphNode:
    index = int(rng.integers(node.form.arity))
    source, decay = node.arguments[index].source, node.arguments[index].decay
    if decay is None:
        decay = sample_decay(rng, settings, space)
    elif rng.random() < settings.delete_decay:
        decay = None
    else:
        decay = mutate_decay(decay, rng, settings, space)
    arguments = list(node.arguments)
    arguments[index] = Connection(source, decay)
    return replace(node, arguments=tuple(arguments))


def _with_node(genome: Genome, position: int, node: GraphNode) -> Genome:
    if position == len(genome.hidden):
        return replace(genome, output=node)
    hidden = (*genome.hidden[:position], node, *genome.hidden[position + 1 :])
    return replace(genome, hidden=hidden)
