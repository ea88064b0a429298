"""Random genomes, with the probabilities of the authors' search script as settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nos_sym.errors import GenomeError, described
from nos_sym.genome.chance import choose
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, Genome, GraphNode, Source
from nos_sym.genome.graphs import Edges, reaches
from nos_sym.genome.sample_decay import sample_decay
from nos_sym.genome.search_space import IDENTITY
from nos_sym.genome.settings import DEFAULT, GenomeSettings
from nos_sym.genome.space import PAPER, SearchSpace
from nos_sym.language.rule import Momentum

_MOMENTA = tuple(Momentum)


def sample(
    rng: np.random.Generator, settings: GenomeSettings = DEFAULT, space: SearchSpace = PAPER
) -> Genome:
    """Return a random genome.

    Hidden nodes are drawn one after the other. A hidden node that is drawn as an argument is any that makes
    no cycle; where there is none, the argument is an operand. The two arguments of a binary node differ.
    Those of the output node are as if drawn until one is a hidden node, or in the order of the authors'
    script with ``settings.ordered_output``. The sign is that of descent. Operations, operands and schedules
    are those of ``space``.

    Raises:
        GenomeError: no generator of random numbers is given, or no settings.
    """
    if not isinstance(rng, np.random.Generator):
        expected = "a generator such as numpy.random.default_rng(0)"
        raise GenomeError(f"expected {expected}, not {described(rng)}")
    if not isinstance(settings, GenomeSettings):
        raise GenomeError(f"'settings' are GenomeSettings, not {described(settings)}")
    count = settings.hidden_nodes
    edges: list[tuple[int, ...]] = [()] * count
    hidden = []
    for index in range(count):
        node = sample_hidden(rng, index, edges, settings, space)
        edges[index] = node.hidden_arguments
        hidden.append(node)
    output = _sample_output(rng, count, settings, space)
    return Genome(tuple(hidden), output, choose(rng, _MOMENTA))


def sample_hidden(
    rng: np.random.Generator,
    index: int,
    edges: Edges,
    settings: GenomeSettings,
    space: SearchSpace = PAPER,
) -> GraphNode:
    """Return a random node to stand at ``index`` of hidden nodes that are connected by ``edges``."""
    form = sample_form(rng, 1 if rng.random() < settings.hidden_unary else 2, settings, space=space)
    sources: list[Source] = []
    while len(sources) < form.arity:
        hidden = allowed_sources(edges, index)
        sources.append(sample_source(rng, hidden, settings, excluded=sources, space=space))
    return _grown(rng, form, sources, settings, space)


def _grown(
    rng: np.random.Generator,
    form: Form,
    sources: Sequence[Source],
    settings: GenomeSettings,
    space: SearchSpace,
) -> GraphNode:
    """Return a node whose connections carry decay functions at random, with what lies dormant in it."""
    arguments = tuple(sample_connection(rng, source, settings, space) for source in sources)
    dormant = sample_form(rng, 3 - form.arity, settings, space=space) if settings.dormant_operations else None
    return GraphNode(form, arguments, dormant)


def _sample_output(
    rng: np.random.Generator, count: int, settings: GenomeSettings, space: SearchSpace
) -> GraphNode:
    arity = 1 if rng.random() < settings.output_unary else 2
    sources: list[Source]
    if arity == 1:
        sources = [int(rng.integers(count))]
    elif settings.ordered_output:
        sources = _ordered_pair(rng, count, settings, space)
    else:
        sources = _any_pair(rng, count, settings, space)
    form = sample_form(rng, arity, settings, space=space)
    if arity == 1 and settings.inverted_output_decay:
        settings = replace(settings, decay=1 - settings.decay)
    return _grown(rng, form, sources, settings, space)


def _any_pair(
    rng: np.random.Generator, count: int, settings: GenomeSettings, space: SearchSpace
) -> list[Source]:
    """Return the arguments of a binary output node as if drawn until one is a hidden node."""
    sources: list[Source] = [int(rng.integers(count))]
    hidden = 1 - settings.operand
    # Of pairs that hold a hidden node, these hold two.
    both = count > 1 and rng.random() < hidden / (2 - hidden)
    other = choose(rng, range(count), sources) if both else choose(rng, space.operands)
    sources.insert(int(rng.integers(2)), other)
    return sources


def _ordered_pair(
    rng: np.random.Generator, count: int, settings: GenomeSettings, space: SearchSpace
) -> list[Source]:
    """Return the arguments of a binary output node as the authors' script draws them, one after the other."""
    hidden = range(count)
    first = sample_source(rng, hidden, settings, space=space)
    if not isinstance(first, int):
        return [first, choose(rng, hidden)]
    return [first, sample_source(rng, hidden, settings, [first], space)]


def sample_form(
    rng: np.random.Generator,
    arity: int,
    settings: GenomeSettings,
    excluded: Sequence[Form] = (),
    space: SearchSpace = PAPER,
) -> Form:
    """Return a random operation of Tables 3 and 5 (one argument) or 4 (two) other than ``excluded``."""
    if arity == 2:
        return choose(rng, space.binary, excluded)
    if IDENTITY not in excluded and rng.random() < settings.identity:
        return IDENTITY
    return choose(rng, space.unary, (IDENTITY, *excluded))


def sample_source(
    rng: np.random.Generator,
    hidden: Sequence[int],
    settings: GenomeSettings,
    excluded: Sequence[Source] = (),
    space: SearchSpace = PAPER,
) -> Source:
    """Return a random argument: one of ``hidden`` or an operand, other than those ``excluded``."""
    candidates = [h for h in hidden if h not in excluded]
    if candidates and rng.random() >= settings.operand:
        return choose(rng, candidates)
    return choose(rng, space.operands, excluded)


def sample_connection(
    rng: np.random.Generator, source: Source, settings: GenomeSettings, space: SearchSpace = PAPER
) -> Connection:
    """Return a connection from ``source``, at random with a random decay function."""
    return Connection(source, sample_decay(rng, settings, space) if rng.random() < settings.decay else None)


def allowed_sources(edges: Edges, index: int) -> list[int]:
    """Return the hidden nodes that the node at ``index`` may take without a cycle."""
    return [i for i in range(len(edges)) if not reaches(edges, i, index)]
