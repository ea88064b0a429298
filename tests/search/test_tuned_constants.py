"""Constants of rules: which count, on which scale, and the rule with others in their place."""

from __future__ import annotations

import numpy as np
import pytest
from sympy.core.numbers import Rational

from nos_sym.algebra.canonical import key_of
from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.language.parser import parse_rule
from nos_sym.search.tuning.constants import REACH, Kind, Scale, constants_of, with_constants

ALL = (Kind.EXPONENTS, Kind.INTEGERS)


def found(text: str, *also: Kind) -> list[tuple[str, str, str]]:
    return [(str(c.value), c.scale.value, c.where) for c in constants_of(parse_rule(text), also)]


def test_decays_are_logits_and_others_logarithms() -> None:
    assert found("none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)") == [
        ("9/10", "logit", "v_hat"),
        ("999/1000", "logit", "ema_hat(g^2, 0.999)"),
        ("1/100000000", "log", "sqrt(ema_hat(g^2, 0.999)) + 1e-8"),
    ]
    assert found("none ~ drop(g, 0.1) + 0.001 * w") == [
        ("1/10", "logit", "drop(g, 0.1)"),
        ("1/1000", "log", "0.001 * w"),
    ]


def test_exponents_and_integers_count_where_they_are_asked_for() -> None:
    text = "none ~ 2 * g^3 + abspow(g, 1.5)"
    assert found(text) == []
    assert found(text, Kind.EXPONENTS) == [("3", "whole", "g^3"), ("3/2", "log", "abspow(g, 1.5)")]
    assert found(text, Kind.INTEGERS) == [("2", "log", "2 * g^3")]
    # The number of a draw is none of the equation, and nothing moves 0.
    assert found("none ~ drop(g, 0) + ema(g, 0)", *ALL) == []


def test_weights_of_a_mean_are_one_constant() -> None:
    rule = parse_rule("none ~ qhm(0.7)")
    v_hat, weight = constants_of(rule)
    assert (str(weight.value), weight.scale, len(weight.others)) == ("7/10", Scale.LOGIT, 1)
    made = with_constants(rule, [weight], [0.5])
    assert made is not None and v_hat.value == Rational(9, 10)
    assert str(made) == "none ~ qhm(0.8806)"
    # Two weights that are no mean are two.
    assert [c[0] for c in found("none ~ 0.3 * g + 0.8 * w")] == ["3/10", "4/5"]
    assert [c[0] for c in found("none ~ 0.5 * g + 0.5 * w")] == ["1/2"]


def test_weights_that_several_means_share_stay_means() -> None:
    text = "none ~ (0.3 * g + 0.7 * w) * (0.3 * tanh(g) + 0.7 * w) + (0.7 * w + 0.3 * g)"
    [one] = constants_of(parse_rule(text))
    made = with_constants(parse_rule(text), [one], [0.5])
    assert made is not None and len(one.others) == 2
    numbers = {str(c.value) for c in constants_of(made)}
    assert len(numbers) == 1 and "7/10" not in numbers


def test_an_expression_that_occurs_twice_has_one_constant() -> None:
    rule = parse_rule("none ~ v_hat / (1 + abs(v_hat)) + ema(v_hat, 0.9)")
    constants = constants_of(rule)
    assert [c.where for c in constants] == ["v_hat", "ema(v_hat, 0.9)"]
    made = with_constants(rule, constants[:1], [-0.3])
    assert made is not None and str(made).count("ema_hat(g, 0.8185)") == 3 and "0.9" in str(made)


@pytest.mark.parametrize("coordinate", [-1e9, -REACH, -0.7, -1e-12, 0.0, 1e-12, 0.7, REACH, 1e9])
def test_values_stay_in_their_ranges(coordinate: float) -> None:
    for text in ("none ~ ema(g, 0.9999999) * drop(g, 0.99) + 1e-299 * w", "none ~ ema(g, 0.000001) + g^2"):
        rule = parse_rule(text)
        constants = constants_of(rule, ALL)
        made = with_constants(rule, constants, [coordinate] * len(constants))
        # Where a number leaves the language there is no rule; else it is read back as it is written.
        assert made is None or parse_rule(str(made)) == made
        for c in constants:
            value = c.at(coordinate)
            assert value > 0 and (c.scale is not Scale.LOGIT or value < 1)
            assert np.float32(float(value)) != 1 or c.scale is not Scale.LOGIT


@pytest.mark.parametrize("coordinate", [-REACH, -1.3, -1e-9, 1e-9, 1.3, REACH])
def test_weights_nearer_to_one_than_a_float_is_are_tuned_as_others(coordinate: float) -> None:
    """The weight itself is 1 as a float; its odds are finite, and the mean stays one."""
    for text in (
        "none ~ 1e-20 * g + 0.99999999999999999999 * w",
        "none ~ 0.99999999999999999999 * w + 1e-20 * g",
    ):
        rule = parse_rule(text)
        [weight] = constants_of(rule)
        value = weight.at(coordinate)
        odds, before = value / (1 - value), weight.value / (1 - weight.value)
        assert 0 < value < 1
        # The lesser of both weights does not become less than it is, and has four digits.
        moves = coordinate if (coordinate < 0) is bool(weight.value > 0.5) else 0.0
        assert float(odds / before) == pytest.approx(10**moves, rel=1e-3)
        made = with_constants(rule, [weight], [coordinate])
        assert made is not None and parse_rule(str(made)) == made


def test_random_genomes_at_zero_are_themselves_and_else_new_optimizers() -> None:
    rng, changed = np.random.default_rng(7), 0
    for _ in range(25):
        rule = decode(sample(rng))
        constants = constants_of(rule, ALL)
        assert with_constants(rule, constants, [0.0] * len(constants)) == rule
        made = with_constants(rule, constants, rng.normal(0, 0.3, len(constants)).tolist())
        if made is None or not constants:
            continue
        assert parse_rule(str(made)) == made
        assert made.momentum is rule.momentum and made.ascent is rule.ascent
        changed += key_of(made) != key_of(rule)
    assert changed > 8
