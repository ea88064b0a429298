"""Bounds of forms: what each kind of value and each step of the arithmetic shows, and no more."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import Transfer, filtered, geometric, symbol
from nos_sym.algebra.kernel.bounds import bounds
from nos_sym.intervals.interval import Interval
from nos_sym.language.parser import parse

INF = math.inf

BOUNDS = [
    ("g", -INF, INF),
    ("tanh(g)", -1.0, 1.0),
    ("abs(tanh(g))", 0.0, 1.0),
    ("tanh(g)^2", 0.0, 1.0),
    ("tanh(g)^3", -1.0, 1.0),
    ("exp(g)", 0.0, INF),
    ("exp(tanh(g))", 0.36787944117144167, 2.71828182845905),
    ("exp(abs(g))", 1.0, INF),
    ("exp(-abs(g))", 0.0, 1.0),
    ("exp(abs(g) * tanh(w)^2 - abs(g))", 0.0, 1.0),
    ("sqrt(tanh(g))", 0.0, 1.0),
    ("recip(tanh(g))", -INF, INF),
    ("recip(abs(tanh(g)))", 0.0, INF),
    ("recip(tanh(g) + 2)", 0.3333333333333333, 1.0),
    ("recip(tanh(g) - 2)", -1.0, -0.3333333333333333),
    ("sign(g)", -1.0, 1.0),
    ("sign(g)^2", 0.0, 1.0),
    ("sign(g) * exp(tanh(w))", -2.71828182845905, 2.71828182845905),
    ("sign(tanh(g) + 0.5) * sqrt(tanh(g) + 0.5)", -0.7071067811865476, 1.2247448713915892),
    ("sign(tanh(g) + 0.5) / sqrt(tanh(g) + 0.5)", -INF, INF),
    ("sqrt(tanh(g) + 0.5)", 0.0, 1.2247448713915892),
    ("sign(tanh(g) - 0.5) * sqrt(tanh(g) - 0.5)", -1.2247448713915892, 0.7071067811865476),
    ("sign(tanh(g) + 0.5)^2 * exp(tanh(w))", 0.0, 2.71828182845905),
    ("drop(tanh(g), 0.5, draw=1)", -2.0, 2.0),
    ("drop(abs(tanh(g)), 0.75, draw=1)", 0.0, 4.0),
    ("-drop(tanh(g)^2, 0.5, draw=1) + tanh(w)", -3.0, 1.0),
    ("ema(tanh(g), 0.9)", -1.0, 1.0),
    ("ema(exp(tanh(g)), 0.9)", 0.0, 2.71828182845905),
    ("ema(tanh(g) + 2, 0.9)", -1.0, 3.0),
    ("-ema(exp(tanh(g)), 0.9)", -2.71828182845905, 0.0),
    ("running_max(tanh(g))", 0.0, 1.0),
    ("running_max(tanh(g) + 2)", 1.0, 3.0),
    ("running_max(tanh(g) - 0.5)", 0.0, 0.5),
    ("ema_hat(exp(tanh(g)), 0.9)", 0.36787944117144167, 2.71828182845905),
    ("ema_hat(tanh(g), 0.9)", -1.0, 1.0),
    ("abs(ema_hat(tanh(g), 0.9))", 0.0, 1.0),
    ("[recip(correction(0.99))] ema(exp(tanh(g)), 0.9)", 0.0, INF),
    ("[recip(correction(0.9))] ema(tanh(g), 0.9)^2", 0.0, INF),
    ("[recip(correction(0.9))^2] ema(tanh(g), 0.9)", -INF, INF),
    (
        "[recip(correction(0.9))] (ema(tanh(g), 0.9) * ema(exp(tanh(w)), 0.9))",
        -2.71828182845905,
        2.71828182845905,
    ),
    ("sqrt(abs(g)) / sqrt(abs(g) + 1)", 0.0, INF),
    ("abs(g) / (2 * abs(g) + 1)", 0.0, 0.5),
    ("g^2 * tanh(w) / (3 * g^2 + 1)", -0.6666666666666667, 0.6666666666666667),
    ("abs(g * w) / (abs(g) + 3)", 0.0, INF),
    ("g / (abs(g) + 1)", -1.0, 1.0),
    ("tanh(w) / (abs(g) + 2)", -0.5, 0.5),
    ("(tanh(w) + 3) / (tanh(g)^2 + 2)", 0.4999999999999999, 2.0),
    ("recip(sqrt(abs(g) + 4))", 0.0, 0.5),
    ("recip(sqrt(abs(g) + 2))", 0.0, 0.7071067811865488),
    ("recip((abs(g) + 2)^2)", 0.0, 0.25),
    ("recip(sqrt(tanh(g)^2 + 4))", 0.44721359549995715, 0.5),
    ("ln(tanh(g) + 2)", 0.0, 1.0986122886681118),
    ("ln(tanh(g))", -INF, INF),
    ("ln(exp(g) + 3)", 1.0986122886681078, INF),
    ("abspow(tanh(g), w)", 0.0, INF),
    ("max(tanh(g), exp(w))", 0.0, INF),
    ("min(tanh(g), exp(w))", -1.0, 1.0),
    ("max(abs(g) * tanh(w)^2 - abs(g), tanh(w) - 2)", -3.0, 0.0),
    ("min(abs(g) - abs(g) * tanh(w)^2, tanh(w) + 2)", 0.0, 3.0),
    ("clip_norm(g)", -1.0, 1.0),
    ("clip_norm(tanh(g) / 2)", -0.5, 0.5),
    ("clip_norm(abs(g))", 0.0, 1.0),
    ("delta(tanh(g))", -INF, INF),
    ("arctan(abs(g))", 0.0, 1.5707963267948968),
    ("cospi(g)", -1.0, 1.0),
    ("[cospi(p)] 1", -1.0, 1.0),
    ("[recip(1 + p - p^2)] 1", 0.6666666666666666, 1.3333333333333335),
    ("[p] tanh(g)", -1.0, 1.0),
    ("sqrt(2) * tanh(g)", -1.4142135623730951, 1.4142135623730951),
    ("tanh(g) * tanh(w)", -1.0, 1.0),
    ("tanh(g) + 2 * tanh(w) - 1", -4.0, 2.0),
    ("exp(g) + exp(-w) + 1", 1.0, INF),
    ("tanh(g)^2 - 3", -3.0, -2.0),
    ("softsign(g) * exp(tanh(w))", -2.71828182845905, 2.71828182845905),
    ("abs(g) * abs(w) / ((abs(g) + 1) * (abs(w) + 1))", 0.0, INF),
    ("tanh(w) * g^2 / (g^2 + 1)^2", -2.0, 2.0),
    ("dtanh(g)", 0.0, 1.0),
    ("sigmoid(g)", 0.0, 1.0),
    ("rdiv(tanh(g), w)", -1.0, 1.0),
    ("erfc(g)", 0.0, 2.0),
    ("i1e(g)", -0.21909197495053098, 0.21909197495053098),
    ("[recip(correction(0.9))] sqrt(ema(exp(tanh(g)), 0.9))", 0.0, INF),
    ("abs(g) / sqrt(abs(g) + 1)", 0.0, INF),
    ("g^2 / sqrt(g^2 + 4)", 0.0, INF),
    ("recip((abs(g) + 0.25)^2)", 0.0, 16.0),
    ("recip((4 * abs(g) + 1)^2)", 0.0, 1.0),
    ("tanh(g) * w^2 / (3 * w^2 + 1)", -0.6666666666666667, 0.6666666666666667),
    ("exp(tanh(w)) * abs(g) / (abs(g) + 1)", 0.0, 2.71828182845905),
    ("exp(tanh(g)) / (exp(tanh(g)) + 3 * tanh(w)^2)", 0.0, 1.0),
    ("recip(sign(g)^2 + exp(w))", 0.0, INF),
    ("abs(g) / (abs(g * w) + 1)", 0.0, INF),
    ("recip((abs(w) + 0.25)^2)", 0.0, 16.0),
    ("recip((exp(g) + 0.25)^2)", 0.0, 16.0),
    ("recip((tanh(g)^2 + 0.25)^2)", 0.6399999999999989, 16.0),
    ("recip((sqrt(g) + 0.25)^2)", 0.0, 16.0),
    ("recip((abs(min(g, w)) + 0.25)^2)", 0.0, 16.0),
    ("recip((running_max(g) + 0.25)^2)", 0.0, 16.00000000000003),
    ("tanh(w) * g^2 / (3 * g^2 + 1)", -0.6666666666666667, 0.6666666666666667),
    ("tanh(w) * sqrt(g) / (3 * sqrt(g) + 1)", -0.33333333333333337, 0.33333333333333337),
    ("arctan(g) * running_max(w) / (running_max(w) + 1)", -3.1415926535897936, 3.1415926535897936),
    ("erf(w) * ema(g^2, 0.9) / (ema(g^2, 0.9) + 1)", -2.0, 2.0),
]
"""Each pair of ends holds every value; where it is not sharp, the arithmetic shows no more."""


@pytest.mark.parametrize(("text", "low", "high"), BOUNDS)
def test_bounds_of_a_form(text: str, low: float, high: float) -> None:
    assert bounds(canonical(parse(f"none ~ {text}"))) == pytest.approx((low, high), abs=1e-14)


FILTERS = [
    ("a delay", (0, 1), (1,), 0.0),
    ("a running sum", (1,), (1, -1), 0.0),
    ("a growing sum", (1,), (1, -2), 0.0),
    ("alternating weights", (1,), (1, "1/2"), -INF),
    ("every other step, alternating", (1,), (1, 0, 1), -INF),
]


@pytest.mark.parametrize(("over", "under", "low"), [x[1:] for x in FILTERS], ids=[x[0] for x in FILTERS])
def test_a_recursion_keeps_a_sign_where_no_weight_is_negative(
    over: tuple[object, ...], under: tuple[object, ...], low: float
) -> None:
    transfer = Transfer(*(tuple(Fraction(str(c)) for c in part) for part in (over, under)))
    assert bounds(filtered(canonical(parse("none ~ g^2")), transfer)) == (low, INF)
    assert bounds(filtered(canonical(parse("none ~ g")), transfer)) == (-INF, INF)


@pytest.mark.parametrize(("low", "least"), [(0, 0.0), (1, 0.0), (-1, -INF), (-3, -INF)])
def test_a_growing_sum_keeps_a_sign_where_the_growth_is_not_negative(low: int, least: float) -> None:
    growth = symbol("rate", Interval(low, low + 2))
    assert bounds(geometric(canonical(parse("none ~ g^2")), growth)) == (least, INF)
    assert bounds(geometric(canonical(parse("none ~ g")), growth)) == (-INF, INF)
