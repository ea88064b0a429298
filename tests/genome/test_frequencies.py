"""Frequencies of the presets against every share that the authors' script has, by a chi-squared test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.shares import Shares, of_decay_mutations, of_decays, of_genomes, of_mutations

from nos_sym.genome.mutate import mutate
from nos_sym.genome.mutate_decay import mutate_decay
from nos_sym.genome.sample import sample
from nos_sym.genome.sample_decay import draw_decay, sample_decay
from nos_sym.genome.settings import GenomeSettings
from nos_sym.search.settings import preset

PRESETS = pytest.mark.parametrize(("name", "output_decay"), [("paper", 0.15), ("authors-script", 0.85)])


def genomes_of(settings: GenomeSettings, count: int, output_decay: float) -> Shares:
    rng = np.random.default_rng(2024)
    return of_genomes((sample(rng, settings) for _ in range(count)), unary_output_decay=output_decay)


def mutations_of(settings: GenomeSettings, count: int) -> Shares:
    rng = np.random.default_rng(2025)
    parents = (sample(rng, settings) for _ in range(count))
    return of_mutations((parent, mutate(parent, rng, settings)) for parent in parents)


def decay_mutations_of(settings: GenomeSettings, count: int) -> Shares:
    rng = np.random.default_rng(2026)
    parents = (sample_decay(rng, settings) for _ in range(count))
    pairs = ((parent, mutate_decay(parent, rng, settings)) for parent in parents)
    return of_decay_mutations(pairs, checked=settings.check_mutated_decays)


def check_all(name: str, output_decay: float, genomes: int, mutations: int) -> None:
    settings = preset(name).genome
    assert genomes_of(settings, genomes, output_decay).wrong() == {}
    assert mutations_of(settings, mutations).wrong() == {}
    rng = np.random.default_rng(2027)
    assert of_decays(draw_decay(rng, settings) for _ in range(genomes)).wrong() == {}
    assert decay_mutations_of(settings, mutations).wrong() == {}


@PRESETS
def test_shares_are_those_of_the_script(name: str, output_decay: float) -> None:
    check_all(name, output_decay, genomes=600, mutations=500)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@PRESETS
def test_shares_are_those_of_the_script_in_20_000_genomes(name: str, output_decay: float) -> None:
    check_all(name, output_decay, genomes=20_000, mutations=6_000)


@pytest.mark.parametrize(
    ("change", "share"),
    [
        ({"ordered_output": False}, "arguments of the binary output"),
        ({"inverted_output_decay": False}, "decay of the unary output"),
        ({"operand": 0.65}, "argument of a hidden node is an operand (unary)"),
    ],
)
def test_a_sampler_that_draws_otherwise_is_seen(change: dict[str, float], share: str) -> None:
    settings = replace(preset("authors-script").genome, **change)
    assert share in genomes_of(settings, 600, 0.85).wrong()


@pytest.mark.parametrize(
    ("change", "share"),
    [
        ({"either_side": False}, "unary to binary: the new argument is left"),
        ({"uniform_sources": False}, "new source is an operand"),
        ({"delete_decay": 0.9}, "a decay that is there is deleted"),
        ({"mutate_operation": 0.15, "mutate_connection": 0.55}, "kind of mutation"),
    ],
)
def test_a_mutation_that_draws_otherwise_is_seen(change: dict[str, float], share: str) -> None:
    # Binary nodes and decay functions that are many make their shares visible in few mutations.
    many = {"hidden_unary": 0.5, "decay": 0.6, "operand": 0.4}
    settings = replace(preset("authors-script").genome, **many, **change)
    assert share in mutations_of(settings, 500).wrong()
