"""Schedules factored out: what leaves, what stays and why, and that nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from support.random_rules import random_rule
from sympy.core.basic import Basic

import nos_sym
from nos_sym import Rule, Schedule, catalog, factor
from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.factor import Factored, recombined
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.authors.log import read_authors_log
from nos_sym.program.interpreter import Guards, Interpreter, schedule_values


def factored(name_or_text: str) -> Factored:
    rule = nos_sym.parse(name_or_text) if "~" in name_or_text else catalog.entry(name_or_text)
    assert isinstance(rule, Rule)
    return factor(rule)


def same_schedule(schedule: Schedule, name: str) -> bool:
    known = catalog.entry(name)
    assert isinstance(known, Schedule)
    return polynomial(schedule.factor).digest == polynomial(known.factor).digest


@pytest.mark.parametrize(("name", "schedule"), [("Opt4", "LR1"), ("Opt5", "LR1"), ("Opt6", "LR2")])
def test_discovered_optimizers_hold_discovered_schedules(name: str, schedule: str) -> None:
    found = factored(name)
    assert same_schedule(found.schedule, schedule)
    assert str(found.constant) == "1"


def test_the_schedule_of_opt9_and_those_that_have_none() -> None:
    assert str(factored("Opt9").schedule) == "schedule ~ erfc(a11)"
    for name in ("Opt7", "Opt8", "Opt10"):
        found = factored(name)
        assert not found.has_schedule
        (kept,) = found.kept
        assert "does not distribute over products" in kept.reason


@pytest.mark.parametrize(
    ("text", "schedule", "constant", "core"),
    [
        ("none ~ [a1] g", "a1", "1", "none ~ g"),
        ("nesterov ~ -([2 * a1] g)", "a1", "-2", "nesterov ~ g"),
        ("none ascent ~ [a1] g / ([a2] w)", "a1 / a2", "-1", "none ~ g / w"),
        ("none ~ [a1] sqrt([a2] g)", "a1 * sqrt(a2)", "1", "none ~ sqrt(g)"),
        ("none ~ max([a2] g, [a2] w)", "a2", "-1", "none ~ min(-g, -w)"),
        ("none ~ ema(g, 0.5)", "1", "1", "none ~ ema(g, 0.5)"),
        ("none ~ [a1] ema(3 * g, 0.5)", "a1", "3", "none ~ ema(g, 0.5)"),
        ("none ~ 0 * g", "1", "1", "none ~ 0"),
        ("none ~ v_hat", "1", "1", "none ~ v_hat"),
    ],
)
def test_what_leaves(text: str, schedule: str, constant: str, core: str) -> None:
    found = factored(text)
    assert polynomial(found.schedule.factor) is polynomial(decay(schedule))
    assert polynomial(found.constant) is polynomial(rule(f"none ~ {constant}").update)
    assert nos_sym.key_of(found.core) == nos_sym.key_of(rule(core))
    assert found.core.momentum is rule(text).momentum
    assert found.kept == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("none ~ ema([a2] g, 0.5)", "average"),
        ("none ~ delta([a2] g)", "alternating difference"),
        ("none ~ running_max([a2] g)", "running maximum"),
        ("none ~ clip_norm([a2] g)", "norm clips"),
        ("none ~ tanh([a2] g)", "tanh, which does not distribute"),
        ("none ~ max([a2] g, w)", "do not share it"),
        ("none ~ g + [a2] w", "term"),
    ],
)
def test_what_stays_and_why(text: str, reason: str) -> None:
    found = factored(text)
    assert not found.has_schedule
    (kept,) = found.kept
    # The form may write it with a sign: a maximum is a minimum of the negated arguments.
    assert kept.decay in ("a2", "-a2", "-p")
    assert reason in kept.reason


def rule(text: str) -> Rule:
    found = nos_sym.parse(text)
    assert isinstance(found, Rule)
    return found


def decay(text: str) -> Basic:
    (found,) = nos_sym.parse_file(f"schedule ~ {text}")
    assert isinstance(found, Schedule)
    return found.factor


RULES = [r for r in catalog.entries() if isinstance(r, Rule)]


@pytest.mark.parametrize("known", RULES, ids=[r.name for r in RULES])
def test_multiplied_again_it_is_the_rule_of_the_catalog(known: Rule) -> None:
    assert recombined(factor(known)).digest == canonical(known).digest


def lost(rules: Iterable[Rule]) -> list[str]:
    return [str(r) for r in rules if recombined(factor(r)).digest != canonical(r).digest]


def test_multiplied_again_it_is_the_rule_of_the_log(shared_data: Path) -> None:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    rules = dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None)
    assert lost(list(rules)[::60]) == []


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_multiplied_again_it_is_every_rule_of_the_log(shared_data: Path) -> None:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    assert lost(dict.fromkeys(e.rule for e in log.evaluations if e.rule is not None)) == []


@pytest.mark.parametrize(
    "count", [30, pytest.param(400, marks=[pytest.mark.heavy, pytest.mark.timeout(3600)])]
)
def test_multiplied_again_it_is_the_random_rule(count: int) -> None:
    rng = random.Random(5)
    assert lost(random_rule(rng, depth=3) for _ in range(count)) == []


def test_schedule_times_constant_times_core_is_the_update_in_numbers() -> None:
    total, steps = 8, 4
    rng = np.random.default_rng(1)
    for name in ("Opt4", "Opt5", "Opt6", "Opt9"):
        known = catalog.entry(name)
        assert isinstance(known, Rule)
        found = factor(known)
        schedule = schedule_values(found.schedule, total)
        runs = [Interpreter(r, (3,), total_steps=total, guards=Guards.POLICY) for r in (known, found.core)]
        for t in range(steps):
            g, w = rng.normal(size=(2, 3))
            whole, core = (run.update(g, w) for run in runs)
            np.testing.assert_allclose(whole, schedule[t] * float(found.constant) * core, rtol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "none ~ g / (sqrt(g^2) + 1e-8)",
        "none ~ id(g * id(g))",
        "none ~ clip(agg_v, qhm(0.7) + [a1^2] lam_hat)",
        "nesterov ~ rdiv(g, sign(g) + 1e-5 * w)",
    ],
)
def test_where_nothing_leaves_the_core_is_the_rule_in_its_own_words(text: str) -> None:
    found = factored(text)
    assert (str(found.schedule.factor), str(found.constant), str(found.core)) == ("1", "1", text)


def test_what_leaves_makes_the_core_shorter() -> None:
    decayed = factored("momentum ~ g * [arctan(a4)] softplus([max(a9, a10)] g^3)")
    assert str(decayed.schedule.factor) == "arctan(a4)" and str(decayed.constant) == "1"
    assert str(decayed.core) == "momentum ~ g * softplus([max(a9, a10)] g^3)"
    assert [str(factored(t).constant) for t in ("none ~ 2 * tanh(g)", "none ~ -g")] == ["2", "-1"]
