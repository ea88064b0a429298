"""The text of a rule in Python, ``repr``, gives the rule where it is evaluated."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support.random_blocks import random_block
from support.random_rules import random_rule

import nos_sym
from nos_sym.language.registry import apply


def _expect_round_trip(rule: nos_sym.Rule | nos_sym.Block | nos_sym.Schedule) -> None:
    made = eval(repr(rule), {"nos_sym": nos_sym})
    assert type(made) is type(rule)
    assert made == rule
    assert (made.name, made.source, made.settings) == (rule.name, rule.source, rule.settings)
    assert str(made) == str(rule)
    assert "\n" not in repr(rule)


def test_it_is_the_call_that_gives_the_rule() -> None:
    assert repr(nos_sym.parse("none ~ g")) == "nos_sym.parse('none ~ g')"
    named = nos_sym.parse('Mine = none ~ g from "a paper"')
    assert repr(named) == "nos_sym.parse('Mine = none ~ g from \"a paper\"')"
    assert repr([named, named]) == f"[{named!r}, {named!r}]"


def test_of_the_catalog() -> None:
    for name in nos_sym.catalog.names():
        _expect_round_trip(nos_sym.catalog.entry(name))


def test_of_rules_without_the_name_that_their_settings_need() -> None:
    for name in ("AdamW", "SGDTorch", "Lion", "WarmupLinear"):
        rule = nos_sym.catalog.entry(name)
        _expect_round_trip(rule.named("", ""))
        _expect_round_trip(rule.named("", "a paper"))
        _expect_round_trip(rule.named("", "O'Neill & <b>"))


@pytest.mark.parametrize("seed", range(60))
def test_of_random_rules(seed: int) -> None:
    rng = random.Random(seed)
    rule = random_rule(rng)
    _expect_round_trip(rule)
    _expect_round_trip(rule.named("Mine", "a paper, it's said"))


@pytest.mark.parametrize("seed", range(20))
def test_of_random_blocks(seed: int) -> None:
    block = random_block(random.Random(seed))
    _expect_round_trip(block)
    _expect_round_trip(block.named("Mine", "a paper"))


def test_of_schedules() -> None:
    _expect_round_trip(nos_sym.Schedule(apply("mul", apply("a1"), apply("a4")), "Mine", "a paper"))
    _expect_round_trip(nos_sym.Schedule(apply("a1")))


@pytest.mark.parametrize("seed", range(5))
def test_of_genomes(seed: int) -> None:
    genome = nos_sym.sample(np.random.default_rng(seed))
    assert eval(repr(genome), {"nos_sym": nos_sym}) == genome
    assert str(genome) == str(nos_sym.decode(genome))
