"""Equality of two rules: proofs, counterexamples that hold, and what float32 cannot tell apart."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.random_rules import random_rule

import nos_sym
from nos_sym import Level, Rule
from nos_sym.algebra.canonical import VERSION, canonical
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.counterexample import LEARNING_RATE, MOMENTUM, Counterexample
from nos_sym.algebra.falsification.samples import find_counterexample
from nos_sym.algebra.identities import IDENTITIES
from nos_sym.algebra.levels import level_key
from nos_sym.algebra.verdicts import Different, Equal, Indistinguishable, Unknown
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Schedule
from nos_sym.program.interpreter import Guards, Interpreter

PROVED = (Level.EXACT, Level.SIGN, Level.SCALE, Level.SCHEDULE)


def rule(text: str) -> Rule:
    found = nos_sym.parse(text)
    assert isinstance(found, Rule)
    return found


def verdict(a: str, b: str, level: Level = Level.EXACT) -> object:
    return compare(rule(a), rule(b), level)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("none ~ g + w", "none ~ w + g"),
        ("none ~ clip_norm(clip_norm(g))", "none ~ clip_norm(g)"),
        ("none ~ rdiv(g, -w)", "none ~ rdiv(g, abs(w))"),
        ("none ~ clip(clip(g, w), w)", "none ~ clip(g, w)"),
        ("none ~ min(s_hat, 0)", "none ~ 0 * g"),
        ("none ~ min(sign(g), exp(1))", "none ~ sign(g)"),
        ("none ~ 1 / sign(g)", "none ~ sign(g)"),
        ("none ~ [a1] g + [a2] g", "none ~ g"),
        ("none ~ ema_hat(3 * g, 0.9)", "none ~ 3 * v_hat"),
        ("none ascent ~ g", "none ~ -g"),
        ("none ~ drop(g, 0.5, draw=2) * drop(w, 0.5, draw=1)", "none ~ drop(w, 0.5) * drop(g, 0.5)"),
    ],
)
def test_equal_rules_are_proved_equal(a: str, b: str) -> None:
    found = verdict(a, b)
    assert isinstance(found, Equal)
    assert found.level is Level.EXACT
    # The form is a rule of the language, and equal to both.
    assert isinstance(verdict(found.form, a), Equal)
    assert isinstance(verdict(found.form, b), Equal)


def test_a_proof_names_its_identities() -> None:
    found = verdict("none ~ w - tanh(-g)", "none ~ w + tanh(g)")
    assert isinstance(found, Equal)
    assert found.first
    assert all(i.name and i.left and i.right for i in found.first)
    assert found.assumptions == ()


@pytest.mark.parametrize(
    ("a", "b", "assumptions"),
    [
        ("none ~ w * (g / g)", "none ~ w", ("g",)),
        ("none ~ (g + g * w) / g", "none ~ w + g / g", ("g",)),
        ("none ~ g / (g + w) + w / (g + w)", "none ~ 1", ("g + w",)),
        ("none ~ ema_hat(sign(g)^2, 0.9) * w", "none ~ w", ("g",)),
        ("none ~ exp(ln(w)) + g / g", "none ~ abs(w) + 1", ("g", "w")),
        # Needed by neither: the assumption that g is not zero is not made.
        ("none ~ tanh(-g) * tanh(w)", "none ~ -tanh(g) * tanh(w)", ()),
    ],
)
def test_almost_everywhere_names_what_it_leaves_out(a: str, b: str, assumptions: tuple[str, ...]) -> None:
    everywhere = verdict(a, b)
    assert isinstance(everywhere, Different if assumptions else Equal)
    found = compare(rule(a), rule(b), almost=True)
    assert isinstance(found, Equal)
    assert found.assumptions == assumptions
    # What the two do where one of the expressions is zero.
    assert (found.where_zero is None) == (not assumptions)
    if found.where_zero is not None:
        check(rule(a), rule(b), found.where_zero, Level.EXACT)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("none ~ max(g, 0) / max(g, 0)", "none ~ 1"),
        ("none ~ [a2 / a2] g", "none ~ g"),
        ("none ~ g * sign(arctan(1 / g) + arctan(g) - 2 * arctan(1))^2", "none ~ g"),
        ("none ~ (v_hat - g) / (v_hat - g)", "none ~ 1"),
    ],
)
def test_a_set_that_is_no_null_set_is_not_left_out(a: str, b: str) -> None:
    assert not isinstance(compare(rule(a), rule(b), almost=True), Equal)


@pytest.mark.parametrize(
    ("a", "b", "zeros"),
    [
        ("none ~ [p] g", "none ~ g", 1),
        ("none ~ [r] g", "none ~ g", 2),
        ("none ~ g", "none ~ [2 * a4 * a1] g", 4),
        ("none ~ v_hat - [a2 / sqrt(1 + (a12 / a9)^2)] v_hat", "none ~ [dtanh(a1) * a2 * a12] v_hat", None),
        ("none ~ recip(lam_hat / 2)", "none ~ recip(agg_lam + g^3)", 0),
        ("none ~ [ln(a1)] g", "none ~ g", 1),
    ],
)
def test_schedules_that_vanish_at_a_few_steps_leave(a: str, b: str, zeros: int | None) -> None:
    found = verdict(a, b, Level.SCHEDULE)
    assert isinstance(found, Equal)
    assert zeros is None or found.zeros == zeros


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("none ~ max(0, g - w)", "none ~ abs(max(0, g - w))", True),
        ("none ~ min(0, g - w)", "none ~ -abs(min(0, g - w))", True),
        ("none ~ w - min(w, g)", "none ~ abs(w - min(w, g))", True),
        ("none ~ min(0, g - w)", "none ~ abs(min(0, g - w))", False),
        ("none ~ max(w, g - w)", "none ~ abs(max(w, g - w))", False),
    ],
)
def test_an_extremum_with_zero_has_a_sign(a: str, b: str, equal: bool) -> None:
    assert isinstance(verdict(a, b, Level.EXACT), Equal if equal else Different)


def test_a_decay_with_power_one_is_a_straight_line() -> None:
    rules = []
    for name in ("PolynomialDecay", "LinearDecay"):
        entry = nos_sym.catalog.entry(name)
        assert isinstance(entry, Schedule)
        rules.append(Rule(Momentum.NONE, apply("scale", entry.at_defaults().factor, apply("g"))))
    assert isinstance(compare(*rules), Equal)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("none ~ [max(a1 - 0.5, 0)] g", "none ~ g"),
        ("none ~ [min(0, a1 - 0.5)] g", "none ~ g"),
        ("none ~ [max(a5 - 0.5, 0)] g", "none ~ g"),
        ("none ~ (g - g) / ([a2] abs(g))", "none ~ 1"),
        ("none ~ g + [max(a2 - 0.5, 0)] w", "none ~ g"),
    ],
)
def test_a_factor_that_vanishes_on_a_range_is_no_schedule(a: str, b: str) -> None:
    assert isinstance(verdict(a, b, Level.SCHEDULE), Different)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            "none ~ sign(0.9 * ema(g, 0.99) + 0.1 * g)",
            "none ~ sign(0.9 * ema(g, 0.99) + 0.1 * g + 0.001 * w)",
        ),
        ("none ~ sign(g + w)", "none ~ sign(g + 0.9 * w)"),
        ("none ~ sign(g + w)", "none ~ sign(g + 0.999 * w)"),
        ("none ~ max(sign(g - 2 * w), w)", "none ~ max(sign(g - 2.001 * w), w)"),
        ("none ~ clip(g, w)", "none ~ min(g, abs(w))"),
        ("none ~ w * sign(s_hat)", "none ~ w"),
    ],
)
def test_slivers_and_zeros_are_found(a: str, b: str) -> None:
    for level in (Level.EXACT, Level.FLOAT32):
        assert isinstance(verdict(a, b, level), Different)


def test_a_measurement_says_how_many_samples_stand_behind_it() -> None:
    found = verdict("none ~ g / sqrt(1 + (1e-6 * w)^2)", "none ~ g", Level.FLOAT32)
    assert isinstance(found, Indistinguishable)
    assert found.samples >= 1800


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("none ~ g", "none ascent ~ g", Level.SIGN),
        ("none ~ g", "none ~ -3 * exp(1) * g", Level.SCALE),
        ("none ~ g", "none ~ [2 * a4 * a1] g", Level.SCHEDULE),
    ],
)
def test_a_level_allows_what_it_says_and_finer_ones_refute_it(a: str, b: str, level: Level) -> None:
    for tried in PROVED:
        found = verdict(a, b, tried)
        if PROVED.index(tried) >= PROVED.index(level):
            assert isinstance(found, Equal)
        else:
            assert isinstance(found, Different)


@pytest.mark.parametrize("level", PROVED)
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("none ~ g", "none ~ w"),
        ("none ~ clip_norm(2 * g)", "none ~ clip_norm(g)"),
        ("none ~ v_hat", "none ~ ema(g, 0.9) + 1e-3 * g"),
        ("none ~ g", "momentum ~ g"),
        ("momentum ~ g", "nesterov ~ g"),
        ("none ~ drop(g, 0.5)", "none ~ g"),
        ("none ~ drop(g, 0.5) + drop(w, 0.5)", "none ~ drop(g, 0.5, draw=1) + drop(w, 0.5, draw=1)"),
        ("none ~ max(g, -1000)", "none ~ g"),
        ("none ~ 0 * g", "none ~ g"),
        ("none ~ ema(w, 0.5)", "none ~ ema(w, 0.6)"),
        ("none ~ ema([a1] g, 0.5)", "none ~ [a1] ema(g, 0.5)"),
    ],
)
def test_different_rules_have_a_counterexample_that_holds(a: str, b: str, level: Level) -> None:
    found = verdict(a, b, level)
    assert isinstance(found, Different)
    check(rule(a), rule(b), found.counterexample, level)


def check(a: Rule, b: Rule, found: Counterexample, level: Level) -> None:
    """Compute the updates again with the interpreter, and see that they differ as the level demands."""
    rows = []
    for place in (found, found.reference):
        if place is not None:
            first, second = recomputed(a, b, place)
            # What moves weights is found here as a difference of weights, which rounds.
            atol = 0 if a.momentum is b.momentum else 1e-15 * max(1, *map(abs, place.weights[-1]))
            np.testing.assert_allclose(first, place.first, rtol=1e-12, atol=atol)
            np.testing.assert_allclose(second, place.second, rtol=1e-12, atol=atol)
            rows += list(zip(place.first, place.second, strict=True))
    pairs = [(x, y) for x, y in rows if math.isfinite(x) and math.isfinite(y)]
    if level is Level.EXACT:
        assert any(abs(x - y) > 1e-7 * max(abs(x), abs(y)) for x, y in pairs)
        return
    if all(x == 0 for x, _ in pairs) != all(y == 0 for _, y in pairs):
        return
    ratios = [y / x if x else math.inf for x, y in pairs if x or y]
    if math.inf in ratios:
        assert any(map(math.isfinite, ratios))
        return
    if level is Level.SIGN and any(abs(abs(r) - 1) > 1e-7 for r in ratios):
        return
    assert max(ratios) - min(ratios) > 1e-7 * max(map(abs, ratios))


def recomputed(a: Rule, b: Rule, place: Counterexample) -> tuple[np.ndarray, np.ndarray]:
    masks = {draw: np.array(rows) for draw, rows in place.uniform}
    results = []
    for r in (a, b):
        run = Interpreter(
            r,
            (len(place.first),),
            total_steps=place.total_steps,
            guards=Guards.POLICY,
            uniform=lambda draw, shape: masks[draw][run.step],  # noqa: B023
        )
        for g, w in zip(place.gradients, place.weights, strict=True):
            weight = np.array(w)
            if a.momentum is b.momentum:
                last = run.update(np.array(g), weight)
            else:
                last = run.apply(weight, np.array(g), LEARNING_RATE, MOMENTUM) - weight
        results.append(last)
    return results[0], results[1]


def test_a_scale_that_varies_and_a_schedule_that_depends_on_the_gradient_show_two_places() -> None:
    for a, b, level in (
        ("none ~ [a1] g", "none ~ g", Level.SCALE),
        ("none ~ clip_norm(2 * g)", "none ~ clip_norm(g)", Level.SCHEDULE),
    ):
        found = verdict(a, b, level)
        assert isinstance(found, Different)
        assert found.counterexample.reference is not None
        lines = found.counterexample.describe()
        assert sum(line.startswith("at t = ") for line in lines) == 2


@pytest.mark.timeout(240)
def test_random_rules_are_told_apart_by_counterexamples_that_hold() -> None:
    rng = random.Random(11)
    told = 0
    for _ in range(18):
        a, b = (random_rule(rng, depth=3) for _ in range(2))
        for level in PROVED:
            found = compare(a, b, level)
            if isinstance(found, Different):
                told += 1
                check(a, b, found.counterexample, Level.EXACT if vanishes(a) or vanishes(b) else level)
    assert told > 55


def vanishes(r: Rule) -> bool:
    return not canonical(r).terms


def test_what_cannot_be_decided_is_unknown() -> None:
    # Neither moves the weights; forms of different momentum types are not compared.
    found = verdict("momentum ~ 0 * g", "none ~ 0 * g")
    assert isinstance(found, Unknown)


def test_float32_merges_what_training_cannot_tell_apart_and_says_that_it_is_no_proof() -> None:
    near, sgd = "none ~ g / sqrt(1 + (1e-6 * w)^2)", "none ~ g"
    found = verdict(near, sgd, Level.FLOAT32)
    assert isinstance(found, Indistinguishable)
    assert found.distance <= 2.0**-20
    assert isinstance(verdict(near, sgd, Level.EXACT), Different)
    assert not Level.FLOAT32.is_proof
    assert "not a proof" in (Indistinguishable.__doc__ or "")
    assert isinstance(verdict("none ~ g / sqrt(1 + (0.01 * w)^2)", sgd, Level.FLOAT32), Different)
    assert isinstance(verdict("none ~ g", "momentum ~ g", Level.FLOAT32), Different)
    proved = verdict("none ~ g + w", "none ~ w + g", Level.FLOAT32)
    assert isinstance(proved, Equal)
    assert proved.level is Level.EXACT


def test_a_form_that_is_too_large_to_be_written_is_still_a_proof() -> None:
    text = "none ~ (((qhm3(0.952)^7)^7)^7)^7"
    found = verdict(text, text)
    assert isinstance(found, Equal)
    assert found.form == ""


def refines(rules: list[Rule]) -> None:
    """Check that rules with the same key at a level have the same key at every coarser one."""
    for fine, coarse in pairwise(PROVED):
        known: dict[str, str] = {}
        for r in rules:
            fine_key, coarse_key = level_key(r, fine), level_key(r, coarse)
            assert known.setdefault(fine_key, coarse_key) == coarse_key


def test_levels_refine_each_other_on_random_rules() -> None:
    rng = random.Random(4)
    found = [random_rule(rng, depth=2) for _ in range(300)]
    refines(found)
    # The rules repeat at each level, so that something was compared.
    counts = [len({level_key(r, level) for r in found}) for level in PROVED]
    assert len(found) > counts[0] >= counts[1] >= counts[2] >= counts[3]


def test_levels_refine_each_other_on_the_log(shared_data: Path) -> None:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    found = [e.rule for e in log.evaluations if e.rule is not None]
    refines(found)
    counts = [len({level_key(r, level) for r in found}) for level in PROVED]
    assert len(found) > counts[0] > counts[1] > counts[2] > counts[3]


def test_keys_carry_the_version_and_momentum_and_level_count() -> None:
    keys = {
        level_key(rule(text), level)
        for text in ("none ~ g", "momentum ~ g", "nesterov ~ g")
        for level in PROVED
    }
    assert len(keys) == 12
    assert all(key.startswith(f"{VERSION}:") for key in keys)
    assert nos_sym.key_of(rule("none ~ g")) == level_key(rule("none ~ g"), Level.EXACT)
    with pytest.raises(ValueError, match="no key"):
        level_key(rule("none ~ g"), Level.FLOAT32)


@pytest.mark.parametrize("text", ["none ~ min([a13] softsign(w), w)", "none ~ clip_norm(2 + sign(g))"])
def test_the_form_keeps_factors_of_one_argument_and_norms_of_whole_tensors(text: str) -> None:
    known = rule(text)
    assert find_counterexample(known, nos_sym.canonical_rule(known), Level.EXACT) is None


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [77, *(pytest.param(s, marks=pytest.mark.heavy) for s in (78, 79))])
def test_no_counterexample_separates_a_random_rule_from_its_form_or_its_core(seed: int) -> None:
    rng = random.Random(seed)
    tried = 0
    for _ in range(12):
        known = random_rule(rng, depth=3)
        try:
            form, core = nos_sym.canonical_rule(known), nos_sym.factor(known).core
        except nos_sym.RuleError:
            continue  # its numbers are too large to be written
        for other, level in ((form, Level.EXACT), (core, Level.SCHEDULE)):
            found = find_counterexample(known, other, level, seeds=1)
            assert found is None, f"{known} | {other}: {found and found.describe()}"
            tried += 1
    assert tried > 17


def test_every_identity_that_the_algebra_records_is_data(repository: Path) -> None:
    sources = (repository / "nos_sym" / "algebra").rglob("*.py")
    recorded = {n for s in sources for n in re.findall(r'note\("([\w-]+)"\)', s.read_text(encoding="utf-8"))}
    assert len(recorded) > 20
    assert recorded <= set(IDENTITIES)


def test_neither_rounding_nor_ties_refute() -> None:
    for a, b in (
        ("none ~ softplus(g)", "none ~ ln(1 + exp(g))"),
        ("none ~ sign(erfc(g^2))", "none ~ 1"),
        ("none ~ (g + 1e20) - 1e20", "none ~ g"),
        ("none ~ erfc(g)", "none ~ 1 - erf(g)"),
        ("none ~ dtanh(g)", "none ~ 1 - tanh(g)^2"),
        # Equal but where g = 0.13, which is a value that samples take.
        ("none ~ abs(sign(g - 0.13))", "none ~ 1"),
    ):
        for level in PROVED:
            assert find_counterexample(rule(a), rule(b), level) is None
