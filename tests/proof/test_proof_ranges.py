"""The range of each function by interval arithmetic: all of its values, and no more than it can show."""

from __future__ import annotations

import math

import pytest

from nos_sym.proof.ranges import span
from nos_sym.proof.reader import expression

INF = math.inf
E = math.e
THIRD = 1 / 3

RANGES = [
    ("g", -INF, INF),
    ("tanh(g)", -1, 1),
    ("exp(g)", 0, INF),
    ("abs(tanh(g))", 0, 1),
    ("abs(tanh(g) - 0.5)", 0, 1.5),
    ("abs(tanh(g) - 3)", 2, 4),
    ("abs(tanh(g) + 3)", 2, 4),
    ("abs(-exp(g))", 0, INF),
    ("-(tanh(g) + 3)", -4, -2),
    ("tanh(g) + 2 * tanh(w)", -3, 3),
    ("tanh(g) - exp(w)", -INF, 1),
    # Rising functions, by their ends and their limits.
    ("exp(tanh(g))", 1 / E, E),
    ("exp(-exp(g))", 0, 1),
    ("tanh(exp(g))", 0, 1),
    ("tanh(-exp(g))", -1, 0),
    ("erf(g)", -1, 1),
    ("arctan(exp(g))", 0, math.pi / 2),
    ("arctan(-exp(g))", -math.pi / 2, 0),
    ("arcsinh(g)", -INF, INF),
    ("sqrt(exp(g) + 4)", 2, INF),
    ("sqrt(tanh(g) - 0.5)", 0, math.sqrt(1.5)),
    ("sqrt(tanh(g) - 5)", 2, math.sqrt(6)),
    ("erfc(exp(g))", 0, 1),
    # ln 0 is a constant of which nothing is known.
    ("ln(tanh(g) + 2)", 0, math.log(3)),
    ("ln(-3 - exp(g))", math.log(3), INF),
    ("ln(tanh(g))", -INF, INF),
    ("ln(exp(g))", -INF, INF),
    ("ln(sigmoid(g))", -INF, INF),
    # 1/0 is 0.
    ("recip(tanh(g) + 2)", THIRD, 1),
    ("recip(exp(g) + 3)", 0, THIRD),
    ("recip(tanh(g) - 2)", -1, -THIRD),
    ("recip(-3 - exp(g))", -THIRD, 0),
    ("recip(exp(g))", 0, INF),
    ("recip(-exp(g))", -INF, 0),
    ("recip(g)", -INF, INF),
    ("recip(tanh(g))", -INF, INF),
    ("exp(w) / (tanh(g) - 2)", -INF, 0),
    # Functions that are known by their bounds.
    ("sigmoid(g)", 0, 1),
    ("dsig(g)", 0, 0.25),
    ("sign(tanh(g) / 2)", -1, 1),
    ("sign(exp(g))", 0, 1),
    ("sign(-exp(g))", -1, 0),
    ("i1e(tanh(g) / 10)", -0.22, 0.22),
    ("i1e(exp(g))", 0, 0.22),
    ("softsign(tanh(g) / 2)", -0.5, 0.5),
    ("softsign(3 * tanh(g))", -1, 1),
    ("clip_norm(-exp(g))", -1, 0),
    ("clip(tanh(g), 2)", -1, 1),
    ("clip(g, -2)", -2, 2),
    ("clip(-exp(g), 1)", -1, 0),
    ("clip(exp(g), 1)", 0, 1),
    # Products, powers.
    ("tanh(g) * (tanh(w) + 2)", -3, 3),
    ("tanh(g) * tanh(g)", 0, 1),
    ("-exp(g) * tanh(w)", -INF, INF),
    ("g^2", 0, INF),
    ("g^3", -INF, INF),
    ("tanh(g)^2", 0, 1),
    ("tanh(g)^3", -1, 1),
    ("(tanh(g) - 2)^2", 1, 9),
    ("(tanh(g) - 2)^3", -27, -1),
    ("(tanh(g) + 2)^3", 1, 27),
    ("(-exp(g))^3", -INF, 0),
    ("(exp(g) + 2)^2", 4, INF),
    ("abspow(tanh(g) + 2, 2)", 1, 9),
    ("abspow(tanh(g) - 2, -1)", THIRD, 1),
    ("abspow(tanh(g) + 2, tanh(w))", THIRD, 3),
    ("abspow(exp(g) + 3, -1)", 0, THIRD),
    ("abspow(exp(g) + 1, 2 + tanh(w))", 1, INF),
    ("abspow(tanh(g) + 2, w)", 0, INF),
    ("abspow(tanh(g), 2)", 0, INF),
    ("abspow(tanh(g), -1)", 0, INF),
    ("abspow(g, w)", 0, INF),
    # The cosine falls from 0 to 1 alone.
    ("cospi(g)", -1, 1),
    ("cospi(exp(g))", -1, 1),
    ("cospi(-exp(g))", -1, 1),
    ("cospi(tanh(g))", -1, 1),
    ("cospi(tanh(g) + 1)", -1, 1),
    ("cospi(sigmoid(g))", -1, 1),
    ("cospi(sigmoid(g) / 2)", 0, 1),
    ("cospi(sigmoid(g) / 3)", 0.5, 1),
    ("cospi(1 + sigmoid(g) / 4)", -1, -math.sqrt(0.5)),
    # Choices and states.
    ("max(tanh(g), exp(w))", 0, INF),
    ("min(tanh(g), exp(w))", -1, 1),
    ("max(tanh(g), tanh(w) - 5)", -1, 1),
    ("wmean(tanh(g), 3, 0.9)", -1, 3),
    ("rdiv(exp(g), w)", 0, INF),
    ("rdiv(tanh(g) - 3, w)", -4, 0),
    ("ema(tanh(g) + 2, 0.9)", 0, 3),
    ("ema_hat(tanh(g) + 2, 0.9)", 1, 3),
    ("delta(tanh(g))", -INF, INF),
    ("running_max(tanh(g) - 2)", 0, 0),
    ("running_max(tanh(g) + 2)", 1, 3),
    ("drop(tanh(g) + 2, 0.5)", 0, 6),
    ("drop(tanh(g) - 2, 0.75)", -12, 0),
]


@pytest.mark.parametrize(("text", "low", "high"), RANGES)
def test_the_range_of_an_expression(text: str, low: float, high: float) -> None:
    found = span(expression(text))
    for end, expected in zip(found, (low, high), strict=True):
        assert float(end) == pytest.approx(expected, abs=1e-7)
    # Ends are rounded outward, and these exactly.
    assert not found[0] > low + 1e-15
    assert not found[1] < high - 1e-15
    if text in ("tanh(g)", "erf(g)", "exp(-exp(g))", "tanh(exp(g))"):
        assert found[0] == low
        assert found[1] == high
