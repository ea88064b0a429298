"""How often genomes and mutations have each property, and how often the authors' script says.

Counted on the records alone. A share has a name, observed counts and expected ones. Where a probability
depends on the genome, such as that of an operand among sources without a cycle, expected counts are sums of
probabilities; their variance is then smaller than the chi-squared test assumes, so that a right sampler fails
no more often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import chisquare

from nos_sym.genome.genome import Connection, DecayGraph, Genome, GraphNode
from nos_sym.genome.mutate import Mutation, MutationKind
from nos_sym.genome.search_space import BINARY, IDENTITY, OPERANDS, SCHEDULES, UNARY
from nos_sym.language.rule import Momentum

SIGNIFICANCE = 1e-3
"""Of all shares of a test together, by Bonferroni's correction; seeds are fixed."""


@dataclass
class Shares:
    """Counts of categories, and what they should be."""

    observed: dict[str, Counter[Any]] = field(default_factory=dict)
    expected: dict[str, Counter[Any]] = field(default_factory=dict)

    def see(self, name: str, what: Any, probabilities: dict[Any, float]) -> None:
        """Count one draw whose outcomes have some probabilities."""
        self.observed.setdefault(name, Counter())[what] += 1
        expected = self.expected.setdefault(name, Counter())
        for outcome, probability in probabilities.items():
            expected[outcome] += probability

    def is_it(self, name: str, holds: bool, probability: float) -> None:
        """Count one draw of two outcomes."""
        self.see(name, bool(holds), {True: probability, False: 1 - probability})

    def p_values(self) -> dict[str, float]:
        """Return the p-value of each share; 0 where an outcome was seen that should not be."""
        found = {}
        for name, expected in self.expected.items():
            outcomes = [o for o, mean in expected.items() if mean > 0]
            seen = self.observed[name]
            if set(seen) - set(outcomes) or len(outcomes) == 1:
                found[name] = float(not set(seen) - set(outcomes))
                continue
            means = np.array([expected[o] for o in outcomes])
            counts = np.array([seen[o] for o in outcomes])
            found[name] = float(chisquare(counts, means * counts.sum() / means.sum()).pvalue)
        return found

    def wrong(self) -> dict[str, float]:
        """Return the shares that are not what they should be, with their p-values."""
        values = self.p_values()
        return {name: p for name, p in values.items() if not p >= SIGNIFICANCE / len(values)}


def uniform(outcomes: Iterable[Any]) -> dict[Any, float]:
    """Return equal probabilities."""
    listed = list(outcomes)
    return dict.fromkeys(listed, 1 / len(listed))


def of_genomes(genomes: Iterable[Genome], *, unary_output_decay: float) -> Shares:
    """Return the shares of sampled genomes."""
    shares = Shares()
    for genome in genomes:
        shares.see("momentum type", genome.momentum, uniform(Momentum))
        for index, node in enumerate(genome.hidden):
            shares.is_it("hidden node is unary", node.form.arity == 1, 0.75)
            _see_sources(shares, genome.hidden, index)
        shares.is_it("output node is unary", genome.output.form.arity == 1, 0.25)
        for node in genome.nodes:
            _see_forms(shares, node)
        _see_output(shares, genome)
        for node, connection in connections(genome):
            alone = node is genome.output and node.form.arity == 1
            name = "decay of the unary output" if alone else "decay of another connection"
            shares.is_it(name, connection.decay is not None, unary_output_decay if alone else 0.15)
    return shares


def connections(genome: Genome) -> Iterator[tuple[GraphNode, Connection]]:
    """Yield all connections with the node that they lead to."""
    for node in genome.nodes:
        for connection in node.arguments:
            yield node, connection


def _see_sources(shares: Shares, hidden: Sequence[GraphNode], index: int) -> None:
    """See the arguments of a hidden node, which was drawn when those after it had none."""
    edges = [n.hidden_arguments if i < index else () for i, n in enumerate(hidden)]
    free = [i for i in range(len(hidden)) if not leads_to(edges, i, index)]
    taken: list[Any] = []
    for side, connection in enumerate(hidden[index].arguments):
        left = [i for i in free if i not in taken]
        source = connection.source
        kind = "unary" if hidden[index].form.arity == 1 else ("binary, left", "binary, right")[side]
        shares.is_it(
            f"argument of a hidden node is an operand ({kind})", isinstance(source, str), 0.8 if left else 1.0
        )
        if isinstance(source, str):
            shares.see("operand", source, uniform(o for o in OPERANDS if o not in taken))
        else:
            shares.is_it("hidden argument is the first that may be", source == left[0], 1 / len(left))
        taken.append(source)
    assert len(set(taken)) == len(taken)


def leads_to(edges: Sequence[Sequence[int]], start: int, target: int) -> bool:
    """Return whether a node is another one or has it among the arguments of its arguments."""
    return start == target or any(leads_to(edges, next_, target) for next_ in edges[start])


def _see_forms(shares: Shares, node: GraphNode) -> None:
    dormant = node.dormant
    assert dormant is not None and dormant.arity == 3 - node.form.arity
    for what, form in (("operation", node.form), ("dormant operation", dormant)):
        if form.arity == 1:
            shares.is_it(f"unary {what} is the identity", form == IDENTITY, 0.2)
            if form != IDENTITY:
                shares.see(f"other unary {what}", form, uniform(f for f in UNARY if f != IDENTITY))
        else:
            shares.see(f"binary {what}", form, uniform(BINARY))


def _see_output(shares: Shares, genome: Genome) -> None:
    sources = [c.source for c in genome.output.arguments]
    if len(sources) == 1:
        shares.see("unary output takes", sources[0], uniform(range(len(genome.hidden))))
        return
    sides = tuple("operand" if isinstance(s, str) else "hidden" for s in sources)
    pairs = {("operand", "hidden"): 0.80, ("hidden", "operand"): 0.16, ("hidden", "hidden"): 0.04}
    shares.see("arguments of the binary output", sides, pairs)


def of_decays(decays: Iterable[DecayGraph]) -> Shares:
    """Return the shares of decay functions before the check of their range."""
    shares = Shares()
    leaves = [*SCHEDULES, 0]
    for decay in decays:
        (hidden,), output = decay.hidden, decay.output
        shares.is_it("decay: hidden node is unary", hidden.form.arity == 1, 0.8)
        shares.is_it("decay: output node is unary", output.form.arity == 1, 0.8)
        if output.form.arity == 1:
            chances = {leaf: 0.8 / 15 + 0.2 * (leaf == 0) for leaf in leaves}
            shares.see("decay: unary output takes", output.arguments[0], chances)
        else:
            takes = 0.2 + 0.8 * 2 / 15
            chances = {"left": takes / 2, "right": takes / 2, "neither": 1 - takes}
            where = {0: "left", 1: "right"}
            side = next((where[i] for i, a in enumerate(output.arguments) if a == 0), "neither")
            shares.see("decay: binary output takes the hidden node", side, chances)
    return shares


_TENTHS = dict.fromkeys((MutationKind.ARITY, MutationKind.MOMENTUM, MutationKind.DECAY), 0.10)
_MIXED = {MutationKind.OPERATION: 0.40, "connection": 0.30, **_TENTHS}


def of_mutations(pairs: Iterable[tuple[Genome, Mutation]]) -> Shares:
    """Return the shares of mutations, each of a parent."""
    shares = Shares()
    for parent, mutation in pairs:
        kind, child = mutation.kind, mutation.genome
        of_connection = kind in (MutationKind.CONNECTION, MutationKind.SWAP)
        shares.see("kind of mutation", "connection" if of_connection else kind, _MIXED)
        if kind is MutationKind.MOMENTUM:
            others = [m for m in Momentum if m is not parent.momentum]
            shares.is_it("momentum type is the first of the others", child.momentum is others[0], 0.5)
            continue
        (position,) = (i for i, (a, b) in enumerate(zip(parent.nodes, child.nodes, strict=True)) if a != b)
        active = [*sorted(parent.active()), len(parent.hidden)]
        before, after = parent.nodes[position], child.nodes[position]
        if kind is MutationKind.OPERATION:
            # Only here is no node drawn again, because every node has another operation.
            place = active.index(position)
            shares.see(f"which of {len(active)} active nodes", place, uniform(range(len(active))))
            _see_new_form(shares, before, after)
        elif of_connection:
            if before.form.arity == 2:
                shares.is_it("connection of a binary node: swap", kind is MutationKind.SWAP, 0.2)
            if kind is MutationKind.CONNECTION:
                _see_new_source(shares, parent, position, after)
        elif kind is MutationKind.ARITY:
            _see_new_arity(shares, parent, position, after)
        else:
            _see_new_decay(shares, before, after)
    return shares


def _see_new_form(shares: Shares, before: GraphNode, after: GraphNode) -> None:
    assert before.arguments == after.arguments and before.dormant == after.dormant
    forms = UNARY if before.form.arity == 1 else BINARY
    others = [f for f in forms if f != before.form]
    assert after.form in others
    if forms is UNARY and before.form != IDENTITY:
        shares.is_it("changed unary operation: the identity", after.form == IDENTITY, 0.2)
        others = [f for f in others if f != IDENTITY]
    if after.form in others:
        shares.see(f"changed operation of {before.form.arity}", after.form, uniform(others))


def _see_new_source(shares: Shares, parent: Genome, position: int, after: GraphNode) -> None:
    before = parent.nodes[position]
    ((old, new),) = (
        (a, b) for a, b in zip(before.arguments, after.arguments, strict=True) if a.source != b.source
    )
    assert new.decay is None and (old.decay is None or old in after.resting)
    others = [a for a in before.arguments if a is not old]
    if position == len(parent.hidden) and not any(isinstance(a.source, int) for a in others):
        assert isinstance(new.source, int)
        return
    _see_source(shares, parent, position, new.source)


def _see_source(shares: Shares, parent: Genome, position: int, source: int | str) -> None:
    """See a new source, which is any operand or node that is no argument and makes no cycle."""
    taken = [a.source for a in parent.nodes[position].arguments]
    edges = [n.hidden_arguments for n in parent.hidden]
    is_output = position == len(parent.hidden)
    nodes = [i for i in range(len(edges)) if is_output or not leads_to(edges, i, position)]
    free = [s for s in [*OPERANDS, *nodes] if s not in taken]
    operands = sum(isinstance(s, str) for s in free) / len(free)
    shares.is_it("new source is an operand", isinstance(source, str), operands)
    shares.see("new source", source, uniform(free))


def _see_new_arity(shares: Shares, parent: Genome, position: int, after: GraphNode) -> None:
    before = parent.nodes[position]
    assert (after.form, after.dormant) == (before.dormant, before.form)
    if before.form.arity == 1:
        (kept,) = before.arguments
        side = after.arguments.index(kept)
        shares.is_it("unary to binary: the new argument is left", side == 1, 0.5)
        new = after.arguments[1 - side]
        assert new.decay is None
        _see_source(shares, parent, position, new.source)
        return
    (kept,) = after.arguments
    assert kept in before.arguments
    hidden = [isinstance(a.source, int) for a in before.arguments]
    if position == len(parent.hidden) and not all(hidden):
        assert isinstance(kept.source, int)
        shares.is_it("binary to unary, output: the hidden argument is kept", True, 1.0)
    else:
        shares.is_it("binary to unary: the left argument is kept", kept == before.arguments[0], 0.5)


def _see_new_decay(shares: Shares, before: GraphNode, after: GraphNode) -> None:
    ((index, old, new),) = (
        (i, a.decay, b.decay)
        for i, (a, b) in enumerate(zip(before.arguments, after.arguments, strict=True))
        if a != b
    )
    if before.form.arity == 2:
        shares.is_it("decay of the left connection of two", index == 0, 0.5)
    if old is not None:
        shares.is_it("a decay that is there is deleted", new is None, 0.5)


def of_decay_mutations(pairs: Iterable[tuple[DecayGraph, DecayGraph]], *, checked: bool) -> Shares:
    """Return the shares of mutations of decay functions.

    Where the range is ``checked``, nodes and changes are redrawn until it fits, which leaves the kinds alone
    as they are stated.
    """
    shares = Shares()
    for before, after in pairs:
        (position,) = (i for i, (a, b) in enumerate(zip(before.nodes, after.nodes, strict=True)) if a != b)
        old, new = before.nodes[position], after.nodes[position]
        if old.form.arity != new.form.arity:
            kind = "arity"
        else:
            kind = "operation" if old.form != new.form else "connection"
        shares.see("decay: kind of mutation", kind, {"operation": 0.60, "connection": 0.25, "arity": 0.15})
        if checked:
            continue
        if before.active():
            shares.is_it("decay: the output is mutated", position == 1, 0.5)
        if kind == "connection" and old.form.arity == 2:
            swapped = new.arguments == old.arguments[::-1]
            shares.is_it("decay: connection of a binary node: swap", swapped, 0.2)
        elif kind == "arity" and new.form.arity == 2:
            left = new.arguments[1] == old.arguments[0]
            shares.is_it("decay: the new argument is left", left, 0.5)
        elif kind == "arity":
            shares.is_it("decay: the left argument is kept", new.arguments[0] == old.arguments[0], 0.5)
    return shares
