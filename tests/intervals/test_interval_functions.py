"""Images of functions against Arb: enclosure and width, from the smallest numbers to infinity."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq

from nos_sym.intervals import bessel, functions
from nos_sym.intervals.rounding import INF, LARGEST

TINY = 5e-324
SPECIAL = [
    0.0,
    TINY,
    1e-310,
    2.3e-308,
    1e-160,
    1e-20,
    1e-8,
    0.1,
    0.25,
    0.5,
    1.0,
    1.5451272579925426,
    7.9,
    8.0,
]
SPECIAL += [8.1, 20.0, 36.7, 709.7, 709.8, 745.2, 1e5, 1e15, 1e100, 1e300, LARGEST]
WIDTH = 33
"""Units in the last place that both ends of a point's image may be apart."""

ARB: dict[str, Callable[[arb], arb]] = {
    "tanh": lambda x: x.tanh(),
    "arctan": lambda x: x.atan(),
    "arcsinh": lambda x: x.asinh(),
    "erf": lambda x: x.erf(),
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
    "ln": lambda x: abs(x).log(),
    "i1e": lambda x: arb(0) if x == 0 else (-abs(x)).exp() * x.bessel_i(1),
    "cospi": lambda x: x.cos_pi(),
}
# The image at infinities: a pair that must hold the limit, from within.
LIMITS = {
    "tanh": (-1, 1), "arctan": (-arb.pi() / 2, arb.pi() / 2), "arcsinh": (-INF, INF), "erf": (-1, 1),
    "exp": (0, INF), "sigmoid": (0, 1), "softplus": (0, INF),
}  # fmt: skip
NONNEGATIVE = {"log"}


def arguments(name: str) -> list[float]:
    rng = random.Random(name)
    drawn = [
        rng.choice((rng.uniform(0, 3), rng.uniform(0, 40), 10 ** rng.uniform(-320, 308))) for _ in range(300)
    ]
    magnitudes = SPECIAL + drawn
    return magnitudes if name in NONNEGATIVE else magnitudes + [-x for x in magnitudes]


def exact(name: str, x: float) -> arb:
    """A ball that holds the value, no wider than a millionth of a unit in the last place."""
    for precision in (200, 1400):
        ctx.prec = precision
        value = ARB[name](arb(x))
        if value.rel_accuracy_bits() > 80 or (value.is_finite() and value == 0):
            return value
    return value


@pytest.fixture(autouse=True)
def _precision() -> object:
    before = ctx.prec
    yield
    ctx.prec = before


@pytest.mark.parametrize("name", sorted(ARB))
def test_images_of_points_hold_the_value_and_are_a_few_units_wide(name: str) -> None:
    for x in arguments(name):
        low, high = functions.image(name, x, x)
        if name in ("log", "ln") and x == 0:
            assert low == -INF
            continue
        value = exact(name, x)
        assert value.is_finite(), (name, x, value)
        assert not (arb(low) > value), (name, x, low, value)
        assert not (arb(high) < value), (name, x, high, value)
        assert low > -INF or value < -LARGEST
        if high == INF:
            assert low >= LARGEST * (1 - 1e-14)
            continue
        allowed = (2 if name == "i1e" else 1) * (WIDTH * max(math.ulp(low), math.ulp(high)) + 16 * TINY)
        assert high - low <= allowed, (name, x, low, high)


@pytest.mark.parametrize("name", sorted(ARB))
def test_images_of_boxes_hold_the_values_inside(name: str) -> None:
    rng, points = random.Random(name), arguments(name)
    for _ in range(300):
        low, high = sorted(rng.sample(points, 2))
        image = functions.image(name, low, high)
        for share in (0.0, 0.3, 0.7, 1.0):
            inside = min(max(low + share * high - share * low, low), high)
            if name in ("log", "ln") and inside == 0:
                continue
            value = exact(name, inside)
            assert not (arb(image[0]) > value), (name, low, high, inside, image)
            assert not (arb(image[1]) < value), (name, low, high, inside, image)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_infinite_ends_are_limits(name: str) -> None:
    low, high = functions.image(name, -INF, INF)
    least, most = LIMITS[name]
    assert arb(low) <= arb(least)
    assert arb(most) <= arb(high)
    assert low == float(least) or math.nextafter(low, INF) == float(least)
    assert high == float(most) or math.nextafter(high, -INF) == float(most)


def test_infinite_ends_of_functions_that_are_not_increasing() -> None:
    assert functions.image("log", 0.0, INF) == (-INF, INF)
    assert functions.image("ln", -INF, -1.0) == (0.0, INF)
    assert functions.image("cospi", -INF, 0.0) == (-1.0, 1.0)
    assert functions.image("i1e", 0.0, INF) == functions.image("i1e", 0.0, 2.0)
    low, high = functions.image("i1e", -INF, INF)
    assert -low == high
    assert functions.image("something else", 0.0, 1.0) == (-INF, INF)


def test_the_maximum_of_i1e() -> None:
    """The slope changes its sign between the two numbers, and bounds what the maximum is above the first."""
    ctx.prec = 200
    left, right = map(arb, bessel.PEAK)
    slopes = [(-x).exp() * (x.bessel_i(0) - x.bessel_i(1) - x.bessel_i(1) / x) for x in (left, right)]
    assert slopes[0] > 0 > slopes[1]
    value = (-left).exp() * left.bessel_i(1)
    assert value + slopes[0] * (right - left) < bessel.MOST
    assert value > math.nextafter(bessel.MOST, 0)


@pytest.mark.parametrize(
    "q", [1, 2, 3, 9, -1, -2, Fraction(1, 2), Fraction(-1, 2), Fraction(1, 3), Fraction(-7, 5), 10**9]
)
def test_powers(q: Fraction | int) -> None:
    """An exponent that binary64 does not hold is exact all the same, at the ends of the range, too."""
    ctx.prec = 400
    q = Fraction(q)
    for x in [x for x in arguments("log") if x > 0]:
        for low, high in functions.power(x, x, q):
            value = arb(x) ** arb(fmpq(q.numerator, q.denominator))
            assert not (arb(low) > value), (x, q, low)
            assert not (arb(high) < value), (x, q, high)
    assert functions.power(0.0, INF, q) == (((0.0,) * 2), ((INF,) * 2))


@pytest.mark.parametrize("q", [2, -1, Fraction(1, 2)])
def test_squares_inverses_and_roots_are_rounded_to_the_next_number(q: Fraction | int) -> None:
    for x in [x for x in arguments("log") if x > 0]:
        (low, high), _ = functions.power(x, x, q)
        assert high in (low, math.nextafter(low, INF))
