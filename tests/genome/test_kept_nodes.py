"""What nodes keep for later, as in the authors' script: decay functions of pairs and dormant operations."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.genome_checks import check_genome

from nos_sym import catalog
from nos_sym.errors import GenomeError
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, DecayGraph, DecayNode, Genome, GraphNode
from nos_sym.genome.mutate import Mutation, MutationKind, mutate
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.rule import Momentum
from nos_sym.search.settings import preset

PAPER, SCRIPT = preset("paper").genome, preset("authors-script").genome
DECAY = DecayGraph((DecayNode(Form("id"), ("a1",)),), DecayNode(Form("sqrt"), (0,)))
TANH, ADD = Form("tanh"), Form("add")


def small(*arguments: Connection, form: Form = TANH, **kept: Any) -> Genome:
    """Return a genome of one node and an output node that passes it on."""
    node = GraphNode(form, arguments, **kept)
    return Genome((node,), GraphNode(Form("id"), (Connection(0),)), Momentum.NONE)


def first(genome: Genome, kind: MutationKind, chosen: GenomeSettings, holds: Any, seed: int = 0) -> Genome:
    """Return the first mutation of a kind for which something holds."""
    rng = np.random.default_rng(seed)
    for _ in range(20_000):
        mutation = mutate(genome, rng, chosen)
        if mutation.kind is kind and holds(mutation.genome):
            return mutation.genome
    pytest.fail("no such mutation was found")


@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_chains_of_mutations_stay_valid_and_what_is_kept_means_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    genome = sample(rng, PAPER)
    for _ in range(12):
        genome = mutate(genome, rng, PAPER).genome
        check_genome(genome)
        bare = [replace(node, dormant=None, resting=()) for node in genome.nodes]
        assert decode(replace(genome, hidden=tuple(bare[:-1]), output=bare[-1])) == decode(genome)


def test_a_changed_argument_loses_its_decay_and_finds_it_again_with_its_source() -> None:
    genome = small(Connection("g", DECAY))
    away = first(genome, MutationKind.CONNECTION, SCRIPT, lambda g: True)
    (argument,) = away.hidden[0].arguments
    assert argument.source != "g" and argument.decay is None
    assert away.hidden[0].resting == (Connection("g", DECAY),)
    back = first(away, MutationKind.CONNECTION, SCRIPT, lambda g: g.hidden[0].arguments[0].source == "g")
    assert back == genome
    kept = first(genome, MutationKind.CONNECTION, GenomeSettings(), lambda g: True)
    assert kept.hidden[0].arguments[0].decay == DECAY and not kept.hidden[0].resting


def test_a_node_changes_between_its_two_operations_and_a_lost_argument_rests() -> None:
    genome = small(Connection("g", DECAY), dormant=ADD)
    binary = first(genome, MutationKind.ARITY, SCRIPT, lambda g: g.hidden[0].form.arity == 2)
    node = binary.hidden[0]
    assert (node.form, node.dormant) == (ADD, TANH)
    new = next(a for a in node.arguments if a.source != "g")
    assert new.decay is None and Connection("g", DECAY) in node.arguments
    lost = first(binary, MutationKind.ARITY, SCRIPT, lambda g: g.hidden[0].arguments == (new,))
    assert (lost.hidden[0].form, lost.hidden[0].dormant) == (TANH, ADD)
    assert lost.hidden[0].resting == (Connection("g", DECAY),)
    found = first(
        lost, MutationKind.ARITY, SCRIPT,
        lambda g: "g" in [a.source for a in g.hidden[0].arguments],
    )  # fmt: skip
    assert Connection("g", DECAY) in found.hidden[0].arguments and not found.hidden[0].resting


def test_a_swap_takes_the_decays_along() -> None:
    pair = Connection("g", DECAY), Connection("s_hat")
    genome = small(*pair, form=Form("div"), dormant=TANH)
    swapped = first(genome, MutationKind.SWAP, SCRIPT, lambda g: True)
    assert swapped.hidden[0].arguments == pair[::-1] and swapped.hidden[0].dormant == TANH


def test_an_output_node_that_becomes_unary_keeps_its_hidden_node() -> None:
    sides = set()
    for arguments in ((Connection("g"), Connection(0)), (Connection(0), Connection("g"))):
        genome = Genome(
            (GraphNode(TANH, (Connection("g"),), ADD),), GraphNode(ADD, arguments, TANH), Momentum.NONE
        )
        only = replace(SCRIPT, mutate_arity=1.0, mutate_operation=0.0, mutate_connection=0.0,
                       mutate_momentum=0.0, mutate_decay=0.0)  # fmt: skip
        rng = np.random.default_rng(1)
        for _ in range(50):
            child = mutate(genome, rng, only).genome
            sides.add((child.output.form.arity, child.output.hidden_arguments))
    assert sides == {(1, (0,)), (2, (0,))}


def test_an_optimizer_that_is_given_gets_its_other_operation_when_it_needs_one() -> None:
    genome = encode(catalog.entry("AdamSearch"), PAPER, np.random.default_rng(0))
    assert genome.output.dormant is None
    child = first(genome, MutationKind.ARITY, PAPER, lambda g: g.output.form.arity == 1)
    assert child.output.dormant == genome.output.form
    again = first(child, MutationKind.ARITY, PAPER, lambda g: g.output.form.arity == 2)
    assert again.output.form == genome.output.form


def test_the_first_mutation_of_a_seed_is_what_it_was_where_nothing_is_set() -> None:
    rng = np.random.default_rng(8)
    genome = sample(rng)
    mutations: list[Mutation] = [mutate(genome, rng) for _ in range(30)]
    assert all(node.dormant is None and not node.resting for m in mutations for node in m.genome.nodes)


def test_settings_of_before_take_a_genome_that_keeps_something() -> None:
    kept = (Connection(0, DECAY), Connection("s_hat", DECAY))
    genome = small(Connection("g"), dormant=ADD)
    genome = replace(genome, output=replace(genome.output, dormant=ADD, resting=kept[1:]))
    rng = np.random.default_rng(3)
    for _ in range(300):
        genome = mutate(genome, rng).genome
    check_genome(genome, 1)


def test_json_keeps_what_nodes_keep_and_leaves_out_what_they_do_not() -> None:
    genome = small(Connection("g"), dormant=ADD, resting=(Connection(0, DECAY), Connection("s_hat", DECAY)))
    data = json.loads(json.dumps(genome.to_json()))
    assert Genome.from_json(data) == genome and hash(Genome.from_json(data)) == hash(genome)
    assert set(small(Connection("g")).to_json()["hidden"][0]) == {"operation", "arguments"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dormant": {"operation": "neg"}}, "'neg' lies dormant behind 'tanh'; expected an operation of 2"),
        ({"dormant": {"operation": "nonsense"}}, "unknown operation 'nonsense'"),
        ({"dormant": "add"}, "an operation in JSON is an object with operation"),
        ({"dormant": {"operation": "add", "arguments": []}}, "an operation in JSON has no 'arguments'"),
        ({"resting": 3}, "resting connections in JSON are a list"),
        ({"resting": [{"source": "s_hat"}]}, "a decay function rests for each source once"),
        ({"resting": ["g"]}, "a decay function rests for each source once, and for none that is an argument"),
        ({"resting": ["s_hat", "s_hat"]}, "a decay function rests for each source once"),
        ({"resting": [7]}, "a decay function rests for the hidden node 7; there are 1"),
        ({"resting": [-1]}, "a decay function rests for the hidden node -1; there are 1"),
        ({"resting": ["tanh(g)"]}, "not an operand"),
    ],
)
def test_what_no_node_keeps_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    data = small(Connection("g")).to_json()
    decay = small(Connection("g", DECAY)).to_json()["hidden"][0]["arguments"][0]["decay"]
    if isinstance(change.get("resting"), list):
        change = {
            "resting": [
                r if isinstance(r, dict) else {"source": r, "decay": decay} for r in change["resting"]
            ]
        }
    data["hidden"][0] |= change
    with pytest.raises(GenomeError, match=message) as caught:
        Genome.from_json(data)
    assert "\n" not in str(caught.value)
