"""Search spaces of one's own: operations added to those of the paper and removed from them."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.errors import GenomeError
from nos_sym.genome.decode import decode
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Genome
from nos_sym.genome.mutate import mutate
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import DEFAULT, GenomeSettings
from nos_sym.genome.space import PAPER, OperationSettings
from nos_sym.language.node import Node
from nos_sym.language.traversal import walk

OWN = OperationSettings(
    add=("sign", "ema(0.99)", "qhm(0.5)", "remaining"), remove=("exp", "max", "s_hat", "a14", "sqrt")
)


def names_of(genome: Genome) -> set[str]:
    """Return the operations of an update and its decay functions."""
    return {node.operation.name for node in walk(decode(genome).update) if isinstance(node, Node)}


def genomes(count: int, operations: OperationSettings, settings: GenomeSettings = DEFAULT) -> list[Genome]:
    """Return samples, and mutants of them."""
    rng = np.random.default_rng(3)
    found = [sample(rng, settings, operations.space()) for _ in range(count)]
    return found + [mutate(genome, rng, settings, operations.space()).genome for genome in found]


def test_what_is_added_is_drawn_and_what_is_removed_is_not() -> None:
    often = GenomeSettings(decay=0.7)
    drawn = genomes(250, OWN, often)
    names = set().union(*map(names_of, drawn))
    assert {"sign", "ema", "remaining"} <= names
    assert not {"exp", "max", "a14", "sqrt"} & names
    forms = {node.form for genome in drawn for node in genome.nodes}
    assert {Form("sign"), Form("ema", ("0.99",))} <= forms
    sources = {c.source for genome in drawn for node in genome.nodes for c in node.arguments}
    assert "qhm(0.5)" in sources and "s_hat" not in sources
    # Without the change, the same draws have them all.
    assert {"exp", "max", "a14", "sqrt"} <= set().union(
        *map(names_of, genomes(250, OperationSettings(), often))
    )


def test_without_changes_it_is_the_space_of_the_paper() -> None:
    assert OperationSettings().space() == PAPER
    assert genomes(20, OperationSettings()) == [
        *(g := [sample(rng, DEFAULT) for rng in [np.random.default_rng(3)] for _ in range(20)]),
        *genomes(20, OperationSettings())[len(g) :],
    ]


def test_an_operation_that_is_removed_is_in_no_operand() -> None:
    space = OperationSettings(remove=("sign",)).space()
    assert {"sign(g)", "sign(v_hat)"} == set(PAPER.operands) - set(space.operands)
    only = OperationSettings(remove=("drop(0.5)",)).space()
    assert set(PAPER.unary) - set(only.unary) == {Form("drop", ("0.5",))}
    assert PAPER.operands == only.operands


@pytest.mark.parametrize(
    ("removed", "gone"),
    [
        ("v_hat", {"v_hat", "sign(v_hat)", "qhm(0.7)"}),
        ("s_hat", {"s_hat", "qhm2(0.95)"}),
        ("lam_hat", {"lam_hat", "qhm3(0.99)"}),
        ("g^2", {"g^2", "s_hat", "qhm2(0.95)", "agg_s"}),
        ("sign(g)", {"sign(g)"}),
        ("sign( v_hat )", {"sign(v_hat)"}),
        ("0.0001*w", {"1e-4 * w"}),
        ("2", {"2"}),
        ("qhm(0.7)", {"qhm(0.7)"}),
    ],
)
def test_an_operand_that_is_removed_is_in_no_other_operand(removed: str, gone: set[str]) -> None:
    space = OperationSettings(remove=(removed,)).space()
    assert set(PAPER.operands) - set(space.operands) == gone
    # Also where one of them is named, which goes with it.
    assert OperationSettings(remove=(removed, *sorted(gone))).space() == space


def test_an_operand_may_be_added_however_it_is_written() -> None:
    assert OperationSettings(add=("0.01*w",)).space().operands == (*PAPER.operands, "0.01 * w")


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        ("i1e", "i1e"),
        ("sign(ema(g, 0.5))", "sign"),
        ("qhm(0.5)", "v_hat"),
        ("drop(0.7)", "drop"),
        ("a3", "a3"),
    ],
)
def test_what_is_removed_is_not_added(add: str, remove: str) -> None:
    with pytest.raises(GenomeError, match=f"'remove' has '{remove}', which 'add' has too") as caught:
        OperationSettings((add,), (remove,))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("add", "remove", "message"),
    [
        ("tanhh", "", "'add' has 'tanhh': .*; did you mean 'tanh'?"),
        ("tanh", "", "'add' has 'tanh': the search space has it already"),
        ("ema", "", "'add' has 'ema': it has 0 constants; expected beta, as in 'ema"),
        ("ema(2)", "", "'add' has 'ema.2.': parameter beta of 'ema' is out of range"),
        ("where", "", "one or two arguments, which are no conditions"),
        ("norm2", "", "has a tensor as its result"),
        ("scale", "", "how decay functions multiply"),
        ("t", "", "'add' has 't': 't' is not a leaf of a decay function"),
        ("", "i1ee", "'remove' has 'i1ee': .*; did you mean 'i1e'?"),
        ("", "sign(w)", "'remove' has 'sign.w.': it is no operand of graphs"),
        ("", "qhm(0.5)", "the search space has no such operation or operand"),
        ("", "drop(0.4)", "the search space has no such operation or operand"),
        ("", "id", "set 'genome.identity' to 0"),
    ],
)
def test_what_is_refused_is_one_line(add: str, remove: str, message: str) -> None:
    with pytest.raises(GenomeError, match=message) as caught:
        OperationSettings(tuple(filter(None, [add])), tuple(filter(None, [remove])))
    assert "\n" not in str(caught.value)


def test_a_table_keeps_as_many_as_a_mutation_needs() -> None:
    others = tuple(f"a{number}" for number in range(1, 13))
    with pytest.raises(GenomeError, match="'remove' leaves 2 of the table schedules; expected at least 3"):
        OperationSettings(remove=others)
    few = OperationSettings(
        remove=(*others[1:], "sub", "mul", "min", "div", "rdiv", "clip", "wmean", "abspow"),
    )
    binary = GenomeSettings(decay=0.9, hidden_unary=0, output_unary=0, decay_unary=0, decay_hidden_nodes=2)
    assert len(genomes(40, few, binary)) == 80
