"""Samples: every one is valid, and they have the stated frequencies."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.genome_checks import check_decay, check_frequency, check_genome, decays_of

from nos_sym.genome.decay_values import ROUNDING, decay_values, in_unit
from nos_sym.genome.decode import decode, decode_decay
from nos_sym.genome.form import Form
from nos_sym.genome.genome import DecayGraph, DecayNode, Genome
from nos_sym.genome.sample import sample
from nos_sym.genome.sample_decay import draw_decay, sample_decay
from nos_sym.genome.search_space import BINARY, IDENTITY, OPERANDS, SCHEDULES, UNARY
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.rule import Schedule
from nos_sym.program.interpreter import schedule_values

DEFAULT = GenomeSettings()
probability = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])


@given(
    seed=st.integers(0, 2**32),
    hidden=st.integers(1, 8),
    decay_hidden=st.integers(1, 3),
    operand=probability,
    decay=probability,
    unary=probability,
)
@settings(max_examples=150)
def test_every_sample_is_valid(
    seed: int, hidden: int, decay_hidden: int, operand: float, decay: float, unary: float
) -> None:
    chosen = GenomeSettings(
        hidden_nodes=hidden, decay_hidden_nodes=decay_hidden, operand=operand, decay=decay,
        hidden_unary=unary, output_unary=unary,
    )  # fmt: skip
    genome = sample(np.random.default_rng(seed), chosen)
    check_genome(genome, hidden)
    assert not genome.ascent
    decode(genome)


@pytest.fixture(scope="module")
def samples() -> list[Genome]:
    rng = np.random.default_rng(20)
    return [sample(rng) for _ in range(3000)]


def test_nodes_have_the_stated_frequencies(samples: list[Genome]) -> None:
    hidden = [n for g in samples for n in g.hidden]
    unary = [n for n in hidden if n.form.arity == 1]
    check_frequency(len(unary), len(hidden), 0.75)
    check_frequency(sum(n.form == IDENTITY for n in unary), len(unary), 0.2)
    # The first node that is drawn has all others to choose from.
    first = [c for g in samples for c in g.hidden[0].arguments]
    check_frequency(sum(isinstance(c.source, str) for c in first), len(first), 0.8)
    check_frequency(sum(g.output.form.arity == 1 for g in samples), len(samples), 0.25)
    for output in (g.output for g in samples):
        if output.form.arity == 1:
            assert isinstance(output.arguments[0].source, int)
    binary = [g.output for g in samples if g.output.form.arity == 2]
    # Of pairs of which one is an operand with probability 0.8, those with a hidden node have two like this.
    check_frequency(sum(len(n.hidden_arguments) == 2 for n in binary), len(binary), 0.2 / 1.8)


def test_connections_carry_decays_and_momentum_is_uniform(samples: list[Genome]) -> None:
    connections = [c for g in samples for n in g.nodes for c in n.arguments]
    check_frequency(sum(c.decay is not None for c in connections), len(connections), 0.15)
    outputs = [g.output.arguments[0] for g in samples if g.output.form.arity == 1]
    check_frequency(sum(c.decay is not None for c in outputs), len(outputs), 0.15)
    for count in Counter(g.momentum for g in samples).values():
        check_frequency(count, len(samples), 1 / 3)


def test_every_operation_and_operand_is_drawn_alike(samples: list[Genome]) -> None:
    nodes = [n for g in samples for n in g.nodes]
    forms = Counter(n.form for n in nodes)
    unary = sum(forms[f] for f in UNARY)
    for form in UNARY:
        check_frequency(forms[form], unary, 0.2 if form == IDENTITY else 0.8 / 25)
    binary = sum(forms[f] for f in BINARY)
    for form in BINARY:
        check_frequency(forms[form], binary, 1 / 10)
    operands = Counter(c.source for n in nodes for c in n.arguments if isinstance(c.source, str))
    for text in OPERANDS:
        check_frequency(operands[text], operands.total(), 1 / 20)


def test_decay_functions_before_the_check_have_the_stated_frequencies() -> None:
    rng = np.random.default_rng(21)
    drawn = [draw_decay(rng, DEFAULT) for _ in range(4000)]
    for node in ([d.hidden[0] for d in drawn], [d.output for d in drawn]):
        check_frequency(sum(n.form.arity == 1 for n in node), len(node), 0.8)
    unary = [d for d in drawn if d.output.form.arity == 1]
    check_frequency(sum(bool(d.active()) for d in unary), len(unary), 0.2 + 0.8 / 15)
    binary = [d for d in drawn if d.output.form.arity == 2]
    check_frequency(sum(bool(d.active()) for d in binary), len(binary), 0.2 + 0.8 * 2 / 15)
    schedules = Counter(a for d in drawn for n in d.hidden for a in n.arguments)
    assert set(schedules) == set(SCHEDULES)
    for count in schedules.values():
        check_frequency(count, schedules.total(), 1 / 14)


@given(seed=st.integers(0, 2**32), hidden=st.integers(1, 4))
@settings(max_examples=100)
def test_sampled_decay_functions_lie_in_the_unit_interval(seed: int, hidden: int) -> None:
    check_decay(sample_decay(np.random.default_rng(seed), GenomeSettings(decay_hidden_nodes=hidden)))


def test_values_are_those_of_the_interpreter() -> None:
    rng = np.random.default_rng(22)
    inside = outside = 0
    for _ in range(60):
        decay = draw_decay(rng, DEFAULT)
        for total in (1, 35):
            found = decay_values(decay, total)
            expected = schedule_values(Schedule(decode_decay(decay)), total)
            np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-300)
            valid = bool(np.all((expected >= -ROUNDING) & (expected <= 1 + ROUNDING)))
            assert in_unit(decay, total) == valid
            inside += valid
            outside += not valid
    assert inside and outside


def decay(output: DecayNode) -> DecayGraph:
    return DecayGraph((DecayNode(IDENTITY, ("a1",)),), output)


@pytest.mark.parametrize(
    ("output", "valid"),
    [
        (DecayNode(Form("add"), ("a1", "a2")), True),  # 1 up to rounding
        (DecayNode(Form("add"), ("a12", "a9")), False),  # of the log, up to 1.9
        (DecayNode(Form("sub"), ("a1", "a2")), False),
        (DecayNode(Form("div"), ("a4", "a8")), False),
        (DecayNode(Form("div"), ("a2", "a2")), True),  # 0/0 is 0 by the guard, then 1
        (DecayNode(Form("id"), ("a14",)), True),
    ],
)
def test_the_unit_check(output: DecayNode, valid: bool) -> None:
    assert in_unit(decay(output), 100) == valid


def test_the_unit_check_refuses_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.genome import decay_values as module

    monkeypatch.setattr(module, "decay_values", lambda graph, steps: np.array([0.5, np.nan]))
    assert not module.in_unit(decay(DecayNode(IDENTITY, ("a1",))), 2)


def test_nothing_is_sampled_out_of_the_unit_interval(samples: list[Genome]) -> None:
    found = [d for g in samples for d in decays_of(g)]
    assert len(found) > 1000
    assert all(in_unit(d, 100) for d in found)
