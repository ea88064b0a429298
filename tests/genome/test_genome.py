"""Genomes as records: what is refused, what is active, and their JSON."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from nos_sym.errors import GenomeError
from nos_sym.genome.decode import decode
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, DecayGraph, DecayNode, Genome, GraphNode
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.rule import Momentum

TANH, MUL, IDENTITY, DROP = Form("tanh"), Form("mul"), Form("id"), Form("drop", ("0.5",))


def node(form: Form, *sources: int | str) -> GraphNode:
    return GraphNode(form, tuple(Connection(s) for s in sources))


def genome(*hidden: GraphNode, output: GraphNode) -> Genome:
    return Genome(hidden, output, Momentum.NONE)


DECAY = DecayGraph((DecayNode(IDENTITY, ("a1",)),), DecayNode(MUL, (0, "a2")))
EXAMPLE = Genome(
    (node(TANH, "g"), GraphNode(MUL, (Connection(0, DECAY), Connection("v_hat"))), node(TANH, 1)),
    node(MUL, "g", 1),
    Momentum.NESTEROV,
    True,
)


def test_decode_reads_the_graph() -> None:
    assert str(decode(EXAMPLE)) == "nesterov ascent ~ g * ([id(a1) * a2] tanh(g) * v_hat)"


def test_active_nodes_are_those_that_reach_the_output() -> None:
    assert EXAMPLE.active() == {0, 1}
    assert EXAMPLE.active_nodes == (EXAMPLE.output, EXAMPLE.hidden[0], EXAMPLE.hidden[1])
    assert DECAY.active() == {0}


def test_inactive_nodes_mean_nothing_but_count() -> None:
    other = Genome((*EXAMPLE.hidden[:2], node(TANH, 0)), EXAMPLE.output, Momentum.NESTEROV, True)
    assert other != EXAMPLE
    assert decode(other) == decode(EXAMPLE)


def test_every_dropout_node_draws_its_own_mask_and_a_shared_one_draws_once() -> None:
    two = genome(node(DROP, "g"), node(DROP, "g"), output=node(MUL, 0, 1))
    assert str(decode(two)) == "none ~ drop(g, 0.5) * drop(g, 0.5)"
    assert decode(two).update.operands[0] != decode(two).update.operands[1]
    one = genome(node(DROP, "g"), node(TANH, 0), output=node(MUL, 0, 1))
    left, right = decode(one).update.operands
    assert right.operands[0] == left


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: genome(node(TANH, 0), output=node(TANH, 0)), "depends on itself"),
        (lambda: genome(node(TANH, 1), node(TANH, 0), output=node(TANH, 0)), "depends on itself"),
        (lambda: genome(node(TANH, "g"), node(TANH, 2), node(TANH, 1), output=node(TANH, 0)), "on itself"),
        (lambda: genome(node(TANH, "g"), output=node(TANH, 1)), "no hidden node 1"),
        (lambda: genome(node(TANH, "g"), output=node(TANH, -1)), "no hidden node -1"),
        (lambda: genome(node(TANH, "g"), output=node(TANH, "g")), "operands alone"),
        (lambda: genome(output=node(TANH, 0)), "0 hidden nodes; expected 1 to 32"),
        (lambda: node(TANH, "g", "g"), "has 2 arguments; expected 1 argument"),
        (lambda: node(MUL, "g"), "has 1 arguments; expected 2 arguments"),
        (lambda: node(TANH, "h"), "unknown name 'h'"),
        (lambda: DecayNode(Form("ema", ("0.9",)), ("a1",)), "acts on tensors"),
        (lambda: DecayNode(TANH, ("g",)), "not a leaf"),
        (lambda: DecayGraph((DecayNode(TANH, (0,)),), DecayNode(TANH, (0,))), "depends on itself"),
        (lambda: Genome(EXAMPLE.hidden, EXAMPLE.output, "none"), "momentum type"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_genome_is_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(GenomeError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_json_is_exact_and_plain() -> None:
    data = EXAMPLE.to_json()
    assert Genome.from_json(data) == EXAMPLE
    assert data["hidden"][1]["arguments"][0] == {
        "source": 0,
        "decay": {
            "hidden": [{"operation": "id", "arguments": ["a1"]}],
            "output": {"operation": "mul", "arguments": [0, "a2"]},
        },
    }


BROKEN: list[tuple[list[Any], Any, str]] = [
    ([], 7, "version"),
    (["version"], 2, "version"),
    (["momentum"], "fast", "momentum type"),
    (["ascent"], 1, "true or false"),
    (["hidden"], {}, "a list"),
    (["hidden", 0], [], "a node"),
    (["hidden", 0, "operation"], 3, "strings"),
    (["hidden", 0, "parameters"], ["0.5"], "parameters"),
    (["hidden", 0, "arguments", 0, "source"], True, "index"),
    (["hidden", 0, "arguments", 0, "source"], 1.0, "index"),
    (["hidden", 0, "arguments", 0, "extra"], 1, "has no 'extra'"),
    (["hidden", 1, "arguments", 0, "decay"], {"hidden": []}, "lacks 'output'"),
    (["hidden", 1, "arguments", 0, "decay", "hidden", 0, "arguments"], ["tanh(a1)"], "not a leaf"),
]


@pytest.mark.parametrize(("path", "value", "message"), BROKEN)
def test_json_that_is_no_genome_is_refused_in_one_line(path: list[Any], value: Any, message: str) -> None:
    data: Any = {"whole": copy.deepcopy(EXAMPLE.to_json())}
    at = data
    for key in ["whole", *path][:-1]:
        at = at[key]
    at[["whole", *path][-1]] = value
    with pytest.raises(GenomeError, match=message) as error:
        Genome.from_json(data["whole"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_nodes": 0}, "'hidden_nodes' is 0; expected an integer from 1 to 32"),
        ({"hidden_nodes": 4.0}, "'hidden_nodes' is 4.0"),
        ({"hidden_nodes": True}, "'hidden_nodes' is True"),
        ({"operand": 1.2}, "'operand' is 1.2; expected a probability"),
        ({"decay": float("nan")}, "'decay' is nan"),
        ({"only_decays": 1}, "'only_decays' is 1; expected true or false"),
        ({"mutate_decay": 0.2}, "is 1.1; expected 1"),
        ({"decay_mutate_arity": 0.0}, "is 0.85; expected 1"),
    ],
)
def test_wrong_settings_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(GenomeError, match=message):
        GenomeSettings(**change)


def test_the_same_generator_gives_the_same_genomes() -> None:
    first = [sample(np.random.default_rng(5)) for _ in range(3)]
    assert first[0] == first[1] == first[2]
    assert sample(np.random.default_rng(6)) != first[0]
