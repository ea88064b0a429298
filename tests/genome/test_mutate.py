"""Mutations: every mutant is valid and differs in one place, and the kinds have the stated frequencies."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.genome_checks import check_decay, check_frequency, check_genome, decays_of

from nos_sym import catalog
from nos_sym.errors import GenomeError
from nos_sym.genome.decay_values import in_unit
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode
from nos_sym.genome.genome import DecayGraph, Genome, GraphNode
from nos_sym.genome.mutate import Mutation, MutationKind, mutate
from nos_sym.genome.mutate_decay import mutate_decay
from nos_sym.genome.sample import sample
from nos_sym.genome.sample_decay import sample_decay
from nos_sym.genome.settings import GenomeSettings

DEFAULT = GenomeSettings()


@given(seed=st.integers(0, 2**32), hidden=st.integers(1, 6))
@settings(max_examples=25)
def test_every_mutant_of_a_chain_is_valid(seed: int, hidden: int) -> None:
    rng = np.random.default_rng(seed)
    chosen = GenomeSettings(hidden_nodes=hidden)
    genome = sample(rng, chosen)
    for _ in range(20):
        mutation = mutate(genome, rng, chosen)
        check_genome(mutation.genome, hidden)
        check_mutation(genome, mutation)
        genome = mutation.genome


def changed_places(before: Genome, after: Genome) -> list[int]:
    return [i for i, (a, b) in enumerate(zip(before.nodes, after.nodes, strict=True)) if a != b]


def check_mutation(before: Genome, mutation: Mutation) -> None:
    """Assert that exactly what the kind says has changed, at one active node."""
    after, kind = mutation.genome, mutation.kind
    assert after != before
    assert after.ascent == before.ascent
    places = changed_places(before, after)
    if kind is MutationKind.MOMENTUM:
        assert not places and after.momentum is not before.momentum
        return
    assert after.momentum is before.momentum
    (place,) = places
    assert place == len(before.hidden) or place in before.active()
    check_node_change(before.nodes[place], after.nodes[place], kind)


def check_node_change(old: GraphNode, new: GraphNode, kind: MutationKind) -> None:
    if kind is MutationKind.ARITY:
        assert {old.form.arity, new.form.arity} == {1, 2}
        shorter, longer = sorted((old.arguments, new.arguments), key=len)
        assert shorter[0] in longer
        return
    assert old.form.arity == new.form.arity
    assert (old.form != new.form) == (kind is MutationKind.OPERATION)
    pairs = list(zip(old.arguments, new.arguments, strict=True))
    if kind is MutationKind.OPERATION:
        assert old.arguments == new.arguments
    elif kind is MutationKind.SWAP:
        assert old.arguments == new.arguments[::-1]
    elif kind is MutationKind.CONNECTION:
        assert [a.decay for a, _ in pairs] == [b.decay for _, b in pairs]
        assert sum(a.source != b.source for a, b in pairs) == 1
    else:
        assert [a.source for a, _ in pairs] == [b.source for _, b in pairs]
        assert sum(a.decay != b.decay for a, b in pairs) == 1


@pytest.fixture(scope="module")
def mutations() -> list[tuple[Genome, Mutation]]:
    rng = np.random.default_rng(30)
    parents = [sample(rng) for _ in range(10_000)]
    return [(parent, mutate(parent, rng)) for parent in parents]


def test_the_six_kinds_have_the_stated_frequencies(mutations: list[tuple[Genome, Mutation]]) -> None:
    kinds = Counter(m.kind for _, m in mutations)
    total = len(mutations)
    assert set(kinds) == set(MutationKind)
    check_frequency(kinds[MutationKind.OPERATION], total, 0.40)
    check_frequency(kinds[MutationKind.CONNECTION] + kinds[MutationKind.SWAP], total, 0.30)
    check_frequency(kinds[MutationKind.ARITY], total, 0.10)
    check_frequency(kinds[MutationKind.MOMENTUM], total, 0.10)
    check_frequency(kinds[MutationKind.DECAY], total, 0.10)


def test_one_in_five_connection_mutations_of_a_binary_node_swaps(
    mutations: list[tuple[Genome, Mutation]],
) -> None:
    of_binary = [
        m.kind
        for parent, m in mutations
        if m.kind in (MutationKind.CONNECTION, MutationKind.SWAP)
        and parent.nodes[changed_places(parent, m.genome)[0]].form.arity == 2
    ]
    check_frequency(sum(k is MutationKind.SWAP for k in of_binary), len(of_binary), 0.2)


def test_every_active_node_is_mutated_alike(mutations: list[tuple[Genome, Mutation]]) -> None:
    hit = total = 0
    for parent, m in mutations:
        if m.kind is MutationKind.OPERATION and len(parent.active()) == 1:
            total += 1
            hit += changed_places(parent, m.genome) == [len(parent.hidden)]
    check_frequency(hit, total, 0.5)


def test_decays_are_created_deleted_and_changed(mutations: list[tuple[Genome, Mutation]]) -> None:
    deleted = changed = created = 0
    for parent, m in mutations:
        if m.kind is MutationKind.DECAY:
            difference = len(decays_of(m.genome)) - len(decays_of(parent))
            created += difference == 1
            deleted += difference == -1
            changed += difference == 0
    assert created > deleted
    check_frequency(deleted, deleted + changed, 0.5)


def test_inactive_nodes_survive_and_become_active_again() -> None:
    rng = np.random.default_rng(31)
    revived = 0
    for _ in range(200):
        genome = sample(rng)
        for _ in range(10):
            after = mutate(genome, rng).genome
            inactive = set(range(4)) - genome.active()
            # Whatever a mutation does, nodes without a part in the output are as they were.
            assert all(after.hidden[i] == genome.hidden[i] for i in inactive)
            revived += bool(inactive & after.active())
            genome = after
    assert revived > 20


def test_a_node_that_was_cut_off_comes_back_as_it_was() -> None:
    """An active node becomes inactive by one mutation, and by a later one active, with all that it had."""
    rng = np.random.default_rng(32)
    for _ in range(3000):
        genome = sample(rng)
        cut = mutate(genome, rng).genome
        lost = genome.active() - cut.active()
        back = mutate(cut, rng).genome
        returned = lost & back.active()
        if returned:
            assert all(back.hidden[i] == genome.hidden[i] for i in returned)
            return
    pytest.fail("no node came back in 3000 tries")


def test_only_decays_changes_nothing_else() -> None:
    rng = np.random.default_rng(33)
    genome = encode(catalog.entry("Adam"))
    chosen = GenomeSettings(only_decays=True)
    bare = [replace_decays(n) for n in genome.nodes]
    seen = set()
    for _ in range(300):
        mutation = mutate(genome, rng, chosen)
        assert mutation.kind is MutationKind.DECAY
        assert [replace_decays(n) for n in mutation.genome.nodes] == bare
        assert mutation.genome.momentum is genome.momentum
        for found in decays_of(mutation.genome):
            check_decay(found)
        genome = mutation.genome
        seen.add(decode(genome))
    assert len(seen) > 250


def replace_decays(node: GraphNode) -> GraphNode:
    return replace(node, arguments=tuple(replace(c, decay=None) for c in node.arguments))


def test_probabilities_of_the_settings_are_used() -> None:
    rng = np.random.default_rng(34)
    chosen = GenomeSettings(
        mutate_operation=0, mutate_connection=1, mutate_arity=0, mutate_momentum=0, mutate_decay=0, swap=0
    )
    kinds = {mutate(sample(rng), rng, chosen).kind for _ in range(200)}
    assert kinds == {MutationKind.CONNECTION}


def decay_change(before: DecayGraph, after: DecayGraph) -> str:
    (place,) = [i for i, (a, b) in enumerate(zip(before.nodes, after.nodes, strict=True)) if a != b]
    assert place == len(before.hidden) or place in before.active()
    old, new = before.nodes[place], after.nodes[place]
    if old.form.arity != new.form.arity:
        return "arity"
    if old.form != new.form:
        assert old.arguments == new.arguments
        return "operation"
    if old.arguments == new.arguments[::-1] and len(old.arguments) == 2:
        return "swap"
    assert sum(a != b for a, b in zip(old.arguments, new.arguments, strict=True)) == 1
    return "connection"


def test_mutations_of_decay_functions_have_the_stated_frequencies() -> None:
    rng = np.random.default_rng(35)
    kinds: Counter[str] = Counter()
    for _ in range(4000):
        before = sample_decay(rng, DEFAULT)
        after = mutate_decay(before, rng, DEFAULT)
        check_decay(after)
        kinds[decay_change(before, after)] += 1
    total = kinds.total()
    check_frequency(kinds["operation"], total, 0.60)
    check_frequency(kinds["connection"] + kinds["swap"], total, 0.25)
    check_frequency(kinds["arity"], total, 0.15)
    assert kinds["swap"] > 10


def test_the_authors_ignore_the_check_of_a_mutated_decay() -> None:
    rng = np.random.default_rng(36)
    chosen = GenomeSettings(check_mutated_decays=False)
    outside = sum(not in_unit(mutate_decay(sample_decay(rng, chosen), rng, chosen), 100) for _ in range(300))
    assert outside > 10


def test_what_cannot_be_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.genome import mutate_decay as module

    monkeypatch.setattr(module, "in_unit", lambda decay, steps: False)
    with pytest.raises(GenomeError, match="no mutation of a decay function"):
        mutate_decay(sample_decay(np.random.default_rng(0), DEFAULT), np.random.default_rng(0), DEFAULT)
