"""What is known of values everywhere: signs, zeros, bounds of quotients, undefined values, masks."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from support.random_rules import random_rule

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import (
    Poly,
)
from nos_sym.algebra.kernel.bounds import bounds
from nos_sym.language.parser import parse
from nos_sym.language.printer import draws_of
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.traversal import with_draws
from nos_sym.program.interpreter import Guards, Interpreter

SIGNS_KNOWN = [
    # a sum of one sign whose terms lose theirs when they are multiplied out
    "exp(softsign([dtanh(a3 - a14)] lam_hat))",
    "[2 * a1 - a2 * a1] exp(g) + [3 - a1 * a1] s_hat",
    # beside 1/b, b is no numerator: what is reduced of x / (b (b + x)) is x
    "softsign(s_hat)",
    # the indicator of a power that may vanish, beside a sum that the power divides
    "softsign(abspow([a6^2] agg_s - 1e-6 * w, [rdiv(i1e(a7), tanh(a14))] qhm2(0.95) / 2))",
    "max(g, 0) + w * max(g, 0)",
]

QUOTIENTS = [
    ("1 / (3 + abs(g))", 0.0, 1 / 3),
    ("1 / sqrt(4 + g^2)", 0.0, 0.5),
    ("tanh(w) / sqrt(4 + g^2)", -0.5, 0.5),
    ("g^2 / (3 + g^2)", 0.0, 1.0),
    ("erf(g) / (2 + erf(g)^2)", -0.5, 0.5),
    ("1 / (1 + tanh(g)^2)", 0.5, 1.0),
    ("1 / sqrt(4 + erf(g)^2)", 5**-0.5, 0.5),
    ("(1 + abs(erf(w))) / (1 + tanh(g)^2)", 0.5, 2.0),
]

CLIPPED = [
    ("min(1 / (3 + abs(g)), 1 / 3)", "1 / (3 + abs(g))"),
    ("min(1 / sqrt(4 + g^2), 0.5)", "1 / sqrt(4 + g^2)"),
    ("clip(tanh(w) / sqrt(4 + g^2), 0.5)", "tanh(w) / sqrt(4 + g^2)"),
    ("max(exp(w) / (1 + tanh(g)^2), 0.4 * exp(w))", "exp(w) / (1 + tanh(g)^2)"),
]

FRACTIONS = []

ONCE_UNDEFINED = [
    "ln(max(g, 0))",
    "g / max(w, 0) - w",
    "1 / max(g, 0) - 1 / max(w, 0)",
    "arcsinh([tanh(a12 + a6)] (dsoft([rdiv(a6 * a7, max(a4, a6))] (1e-4 * w)) + "
    "[arctan(i1e(a6))] running_max(1))) + max(id(ema_hat(qhm(0.7), 0.95)), 0)",
]

MASKED = [
    ("drop(g, 0.5) - drop(g, 0.5)", "-drop(g, 0.5) + drop(g, 0.5)"),
    ("drop(g, 0.5, draw=1) - drop(g, 0.5, draw=2)", "drop(g, 0.5, draw=2) - drop(g, 0.5, draw=1)"),
    ("drop(g, 0.5, draw=4) + 2 * drop(g, 0.5, draw=3)", "2 * drop(g, 0.5, draw=1) + drop(g, 0.5, draw=2)"),
    # a mask that cancels takes no number
    (
        "drop(g, 0.3, draw=2) + drop(w, 0.3, draw=1) - drop(w, 0.3, draw=1) + drop(v_hat, 0.3, draw=3)",
        "drop(g, 0.3) + drop(v_hat, 0.3)",
    ),
    ("0 * drop(w, 0.5) + drop(g, 0.5) * tanh(drop(w, 0.5))", "drop(g, 0.5) * tanh(drop(w, 0.5))"),
]

SAME_UP_TO_FACTORS = [
    "drop((drop(1e-5 * w, 0.1) + arctan([a6] (0.001 * w))) * tanh([a11 * a13] i1e(g^3)), 0.3)",
    "-[a7 - a9] recip(drop(0.001 * w, 0.1)) + clip(dsoft(exp(sign(g))), softsign(drop([a7] g^2, 0.5)))",
]


def form(text: str) -> Poly:
    return canonical(parse(f"none ~ {text}"))


@pytest.mark.parametrize("text", SIGNS_KNOWN)
def test_a_sign_times_a_magnitude_is_the_value(text: str) -> None:
    assert form(f"sign({text}) * abs({text})") is form(text)


@pytest.mark.parametrize(
    "text", ["[2 * a1 - a2 * a1] max(g, 0) + [a2 * a2] max(w, 0)", "max(g, 0) - exp(w)", "max(g, 0)"]
)
def test_a_sum_that_may_vanish_or_change_its_sign_is_not_taken_for_nonzero(text: str) -> None:
    assert form(f"({text}) / ({text})") is not form("1")


@pytest.mark.parametrize(("text", "low", "high"), QUOTIENTS)
def test_bounds_of_quotients_are_close_from_outside(text: str, low: float, high: float) -> None:
    found = bounds(form(text))
    # Outward rounding moves an end by a few units of the last place.
    assert low - 1e-14 <= found[0] <= low
    assert high <= found[1] <= high + 1e-14


def test_bounds_of_random_rules_hold_in_numbers() -> None:
    rng, tried = random.Random(6), 0
    draws = np.random.default_rng(0)
    while tried < 150:
        rule = random_rule(rng, depth=rng.randint(1, 4), authors=True, dropout=False)
        low, high = bounds(canonical(rule))
        if math.isinf(low) and math.isinf(high):
            continue
        tried += 1
        interpreter = Interpreter(rule, (64,), total_steps=6, guards=Guards.POLICY)
        for _ in range(6):
            gradient, weight = (draws.normal(size=64) * np.exp(3 * draws.normal(size=64)) for _ in range(2))
            update = interpreter.update(gradient, weight)
            update = update[np.isfinite(update)]
            slack = 1e-9 * (1 + np.abs(update))  # binary64 of a text that is not in canonical form
            assert (update >= low - slack).all(), str(rule)
            assert (update <= high + slack).all(), str(rule)


@pytest.mark.parametrize(("left", "right"), [*CLIPPED, *FRACTIONS, *MASKED])
def test_equal(left: str, right: str) -> None:
    assert form(left) is form(right)


@pytest.mark.parametrize("text", ONCE_UNDEFINED)
def test_the_maximum_of_a_value_and_itself_is_the_value_even_where_it_is_undefined(text: str) -> None:
    assert form(f"max({text}, {text})") is form(text)
    assert form(f"min({text}, {text})") is form(text)


@pytest.mark.parametrize("text", SAME_UP_TO_FACTORS)
def test_masks_are_numbered_alike_up_to_signs_and_numbers(text: str) -> None:
    assert form(f"-({text})") is -form(text)


def test_numbers_of_masks_do_not_matter() -> None:
    rng, tried, missed = random.Random(9), 0, []
    while tried < 100:
        rule = random_rule(rng, depth=4, authors=True)
        draws = draws_of(rule.update)
        if len(draws) < 2:
            continue
        tried += 1
        shuffled = rng.sample(range(1, 20), len(draws))
        other = with_draws(rule.update, dict(zip(draws, shuffled, strict=True)))
        if canonical(Rule(rule.momentum, other)) is not canonical(Rule(rule.momentum, rule.update)):
            missed.append(str(rule))
    assert missed == []


def test_opposites_and_doubles_of_random_rules() -> None:
    rng = random.Random(1)
    for _ in range(400):
        update = random_rule(rng, depth=rng.randint(1, 4), authors=True).update
        found = canonical(Rule(Momentum.NONE, update))
        assert canonical(Rule(Momentum.NONE, apply("neg", update))) is -found, str(update)
        assert canonical(Rule(Momentum.NONE, apply("max", update, update))) is found, str(update)
