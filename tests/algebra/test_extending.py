"""What a plug-in tells the algebra: forms, identities, facts; digests without names; parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from support.dummies import DUMMIES, registered
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra import forms
from nos_sym.algebra.canonical import canonical, key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.factor import factor
from nos_sym.algebra.identities import IDENTITIES, Identity, identity
from nos_sym.algebra.kernel import add, fresh_workspace, note, power, state_facts
from nos_sym.algebra.kernel.kinds import forget_facts
from nos_sym.algebra.levels import Level
from nos_sym.algebra.text import canonical_rule
from nos_sym.algebra.verdicts import Different, Equal, Unknown
from nos_sym.errors import RuleError
from nos_sym.language.parser import parse
from nos_sym.language.registry import CLASSES, REGISTRY, apply, number, register
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting


@pytest.fixture
def dummies() -> Iterator[None]:
    """The dummies, opaque: without definitions and ranges."""
    with registered(["definition", "range"]):
        yield


def rule(update: Basic) -> Rule:
    return Rule(Momentum.NONE, update)


def key(text: str) -> str:
    with fresh_workspace():
        return key_of(parse(f"none ~ {text}"))


def test_a_form_is_used_and_its_identity_shown(dummies: None) -> None:
    def constructor(x: forms.Poly) -> forms.Poly:
        note("bump-shift")
        return add(power(x, 2), forms.constant(1))

    entry = Identity("bump-shift", "dummy_bump(x)", "x^2 + 1", "an example")
    forms.form("dummy_bump", constructor)
    try:
        identity(entry)
        with pytest.raises(RuleError, match="'dummy_bump' is registered twice"):
            forms.form("dummy_bump", constructor)
        with pytest.raises(RuleError, match="'bump-shift' is registered twice"):
            identity(entry)
        found = compare(parse("none ~ dummy_bump(w) - 1"), parse("none ~ w^2"))
        assert isinstance(found, Equal)
        assert entry in found.first
    finally:
        forms._FORMS.pop("dummy_bump")
        IDENTITIES.pop("bump-shift")


def test_facts_that_a_record_cannot_say_are_stated(dummies: None) -> None:
    assert key("dummy_bump(g) / dummy_bump(g)") != key("1")
    state_facts("dummy_bump", nonzero=True)
    try:
        assert key("dummy_bump(g) / dummy_bump(g)") == key("1")
        assert key("dummy_total(g) / dummy_total(g)") != key("1")
        with pytest.raises(RuleError, match="facts of 'dummy_bump' are stated twice"):
            state_facts("dummy_bump", analytic=True)
    finally:
        forget_facts("dummy_bump")
    with pytest.raises(RuleError, match="'linear' cannot be stated; expected analytic, divisible"):
        state_facts("dummy_sinh", linear=True)


def test_a_range_that_fails_is_an_error_in_one_line() -> None:
    broken = replace(DUMMIES["dummy_bump"], meaning=replace(DUMMIES["dummy_bump"].meaning, definition=None,
                     range=lambda x: 1 / 0))  # fmt: skip
    register(broken)
    try:
        with pytest.raises(RuleError, match=r"'dummy_bump': its range of .* failed: division by zero"):
            key("dummy_bump(g)")
    finally:
        REGISTRY.pop("dummy_bump")
        CLASSES.pop("dummy_bump")


@pytest.mark.parametrize("name", ["dummy_total", "dummy_squash"])
def test_renaming_an_operation_keeps_keys(name: str) -> None:
    meaning = replace(DUMMIES[name].meaning, definition=None)
    keys = []
    for called in (name, "dummy_renamed"):
        register(replace(DUMMIES[name], name=called, digest="as_ever", meaning=meaning))
        try:
            keys.append(key(f"{called}(g) * w"))
        finally:
            REGISTRY.pop(called)
            CLASSES.pop(called)
    assert keys[0] == keys[1]


@pytest.mark.parametrize("name", ["mask", "prime"])
def test_an_operation_may_bear_a_name_of_the_kernels_own_atoms(name: str) -> None:
    """``mask(g + w)`` is no mask of the kernel, whatever an operation is called."""
    register(replace(DUMMIES["dummy_total"], name=name, digest=name))
    try:
        texts = [f"{name}(g + w)", "g + w", f"1 / {name}(g + w)", "1 / (g + w)", f"{name}(2)", "2", "sqrt(2)"]
        assert len({key(text) for text in texts}) == len(texts)
        assert f"{name}(g + w)" in str(canonical_rule(parse(f"none ~ {name}(g + w)")))
    finally:
        REGISTRY.pop(name)
        CLASSES.pop(name)


def test_a_state_of_a_decay_is_a_tensor(dummies: None) -> None:
    made = parse("none ~ dummy_total([a2] 1) * g")
    assert canonical(canonical_rule(made)) is canonical(made)
    assert not factor(made).has_schedule


G = apply("g")
SLOW = apply("mul", number("0.5"), apply("p"))
"""A beta that varies with the step: p / 2."""


def test_a_setting_counts_as_its_default() -> None:
    beta = setting("beta", Rational("0.9"))
    assert key_of(rule(apply("ema", G, beta=beta))) == key("ema(g, 0.9)")
    assert key_of(rule(apply("ema_hat", G, beta=beta))) == key("v_hat")
    assert key_of(rule(apply("mul", beta, G))) == key("0.9 * g")
    verdict = compare(rule(apply("ema", G, beta=beta)), parse("none ~ ema(g, 0.8)"))
    assert isinstance(verdict, Different)
    decayed = rule(apply("scale", apply("a1"), apply("ema", G, beta=beta)))
    assert factor(decayed).has_schedule
    assert str(canonical_rule(decayed)) == str(canonical_rule(parse("none ~ [a1] ema(g, 0.9)")))


def test_a_parameter_that_varies_makes_an_opaque_state() -> None:
    average = rule(apply("ema", G, beta=SLOW))
    assert key_of(average) == key_of(rule(apply("ema", G, beta=apply("sub", number("0.5"), apply("mul", number("0.5"), apply("a1"))))))  # fmt: skip  # noqa: E501
    assert key_of(average) != key("ema(g, 0.5)")
    assert key_of(average) != key("g")
    twice = rule(apply("ema", apply("mul", number(2), G), beta=SLOW))
    assert key_of(twice) != key_of(
        rule(apply("mul", number(2), average.update))
    )  # linear, but nobody said so
    assert canonical(canonical_rule(average)) is canonical(average)
    # A number is a number, however it is written.
    half = apply("sub", number(1), number("0.5"))
    assert key_of(rule(apply("ema", G, beta=half))) == key("ema(g, 0.5)")
    with np.errstate(all="ignore"):
        assert isinstance(compare(average, twice), Different | Unknown)


def test_a_form_may_take_a_parameter_that_varies() -> None:
    mean = rule(apply("wmean", G, apply("w"), weight=apply("p")))
    assert key_of(mean) == key("[p] g + [1 - p] w")


@pytest.mark.parametrize("level", list(Level))
def test_levels_of_a_rule_with_a_varying_parameter(level: Level) -> None:
    average = rule(apply("ema", G, beta=SLOW))
    with np.errstate(all="ignore"):
        assert isinstance(compare(average, average, level), Equal)
        assert not isinstance(compare(average, parse("none ~ v_hat"), level), Equal)


def test_the_sum_of_the_entries_is_no_sum_that_stays_one_factor() -> None:
    """The reduction bears the name of one of the kernel's own atoms."""
    texts = ["sum(g + w)", "g + w", "1 / sum(g + w)", "1 / (g + w)", "sum(2)", "2"]
    assert len({key(text) for text in texts}) == len(texts)
    assert key("sum(g + w)") == key("sum(g) + sum(w)")
