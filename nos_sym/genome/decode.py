"""From a genome to the rule that it means."""

from __future__ import annotations

from functools import lru_cache
from itertools import count

from sympy.core.basic import Basic

from nos_sym.genome.genome import Connection, DecayGraph, Genome, GraphNode, Source
from nos_sym.genome.operand import leaf, operand
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule


def decode(genome: Genome) -> Rule:
    """Return the rule of a genome: what its output node computes; inactive nodes have no part in it.

    Identities are kept, as the authors' log writes them. A hidden node with several consumers is computed
    once; every dropout node draws a mask of its own.

    Raises:
        RuleError: the graph repeats so much that its rule is larger than a rule may be.
    """
    draws = count(1)
    known: dict[int, Basic] = {}

    def node(n: GraphNode) -> Basic:
        operands = [connection(c) for c in n.arguments]
        return n.form.expression(*operands, draw=next(draws) if n.form.draws else 0)

    def connection(c: Connection) -> Basic:
        value = argument(c.source)
        return value if c.decay is None else apply("scale", decode_decay(c.decay), value)

    def argument(source: Source) -> Basic:
        if isinstance(source, str):
            return operand(source)
        if source not in known:
            known[source] = node(genome.hidden[source])
        return known[source]

    return Rule(genome.momentum, node(genome.output), genome.ascent)


@lru_cache(maxsize=4096)
def decode_decay(decay: DecayGraph) -> Basic:
    """Return the expression of a decay function."""

    def argument(source: Source) -> Basic:
        if isinstance(source, str):
            return leaf(source)
        hidden = decay.hidden[source]
        return hidden.form.expression(*(argument(a) for a in hidden.arguments))

    return decay.output.form.expression(*(argument(a) for a in decay.output.arguments))
