"""Interval arithmetic holds every exact result, at infinities, zeros, open ends and overflow, too."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from nos_sym.intervals import closed, rounding
from nos_sym.intervals import interval as iv
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.intervals.rounding import INF, LARGEST

ENDS = [0.0, -0.0, 5e-324, 1e-310, 1e-200, 0.1, 0.5, 1.0, 1 + 2**-52, 3.0, 1e16, 1e200, LARGEST, INF]
ENDS += [-x for x in ENDS]
FINITE = [x for x in ENDS if math.isfinite(x)]


def boxes(seed: int, count: int) -> list[Interval]:
    rng = random.Random(seed)
    found = []
    while len(found) < count:
        low, high = sorted(rng.choice([*ENDS, rng.uniform(-2, 2), rng.gauss(0, 1e3)]) for _ in range(2))
        opened = low < high and rng.random() < 0.4, low < high and rng.random() < 0.4
        if low < INF and high > -INF:
            found.append(Interval(low, high, *opened))
    return found


def members(x: Interval, rng: random.Random) -> list[Fraction]:
    """Exact numbers inside: the ends where they are closed, and numbers next to them and between."""
    low, high = max(x.low, -LARGEST), min(x.high, LARGEST)
    tried = [low, high, math.nextafter(low, INF), math.nextafter(high, -INF), 0.0, 1.0, -1.0]
    tried += [rng.uniform(-3, 3), low / 2 + high / 2]
    return [Fraction(v) for v in tried if v in x]


def holds(image: Interval, value: Fraction) -> bool:
    above = image.low == -INF or value > Fraction(image.low) or (value == image.low and not image.low_open)
    below = image.high == INF or value < Fraction(image.high) or (value == image.high and not image.high_open)
    return above and below


BINARY: dict[str, tuple[Callable[..., Interval], Callable[[Fraction, Fraction], Fraction | None]]] = {
    "add": (iv.add, lambda a, b: a + b),
    "subtract": (iv.subtract, lambda a, b: a - b),
    "multiply": (iv.multiply, lambda a, b: a * b),
    "divide": (iv.divide, lambda a, b: a / b if b else None),
    "maximum": (iv.maximum, max),
    "minimum": (iv.minimum, min),
}
UNARY: dict[str, tuple[Callable[..., Interval], Callable[[Fraction], Fraction | None]]] = {
    "negate": (iv.negate, lambda a: -a),
    "reciprocal": (iv.reciprocal, lambda a: 1 / a if a else None),
    "absolute": (lambda x: x.absolute(), abs),
    "square": (iv.square, lambda a: a * a),
    "cube": (lambda x: iv.integer_power(x, 3), lambda a: a**3),
    "sixth power": (lambda x: iv.integer_power(x, 6), lambda a: a**6),
    "inverse square": (lambda x: iv.power(x, -2), lambda a: a**-2 if a else None),
}


@pytest.mark.parametrize("name", sorted(BINARY))
def test_binary_operations(name: str) -> None:
    image_of, f = BINARY[name]
    rng = random.Random(name)
    for x, y in zip(boxes(1, 1500), boxes(2, 1500), strict=True):
        image = image_of(x, y)
        assert image.low <= image.high  # and neither is NaN
        for a in members(x, rng):
            for b in members(y, rng):
                value = f(a, b)
                assert value is None or holds(image, value), f"{name} of {x} and {y}: {image}, {a}, {b}"


@pytest.mark.parametrize("name", sorted(UNARY))
def test_unary_operations(name: str) -> None:
    image_of, f = UNARY[name]
    rng = random.Random(name)
    for x in boxes(3, 1500):
        image = image_of(x)
        for a in members(x, rng):
            value = f(a)
            assert value is None or holds(image, value), f"{name} of {x}: {image}, {a}"


@pytest.mark.parametrize("x", ENDS)
@pytest.mark.parametrize("y", ENDS)
def test_pairs_of_rounding_are_next_to_the_exact_result(x: float, y: float) -> None:
    pairs = [(rounding.summed, lambda a, b: a + b), (rounding.multiplied, lambda a, b: a * b)]
    if y != 0:
        pairs.append((rounding.divided, lambda a, b: a / b))
    for rounded, f in pairs:
        low, high = rounded(x, y)
        if not (math.isfinite(x) and math.isfinite(y)):
            assert low <= high  # and no NaN
            continue
        exact = f(Fraction(x), Fraction(y))
        assert low == -INF or Fraction(low) <= exact
        assert high == INF or exact <= Fraction(high)
        assert high in (low, math.nextafter(low, INF))


def test_pairs_of_random_numbers_are_as_close_as_can_be() -> None:
    rng = random.Random(4)
    for _ in range(5000):
        x, y = (rng.choice((-1, 1)) * 10 ** rng.uniform(-300, 300) for _ in range(2))
        if rng.random() < 0.5:
            y = x * rng.uniform(-2, 2)
        for rounded, exact in (
            (rounding.summed(x, y), Fraction(x) + Fraction(y)),
            (rounding.multiplied(x, y), Fraction(x) * Fraction(y)),
            (rounding.divided(x, y), Fraction(x) / Fraction(y)),
            (rounding.of_number(Fraction(x) / 3), Fraction(x) / 3),
        ):
            low, high = rounded
            assert low == -INF or Fraction(low) <= exact
            assert high == INF or exact <= Fraction(high)
            assert low == high or math.nextafter(low, INF) == high
            assert (low == high) == (math.isfinite(high) and Fraction(high) == exact)


def test_infinities_of_both_signs() -> None:
    assert rounding.summed(INF, -INF) == (-INF, INF)
    assert iv.add(REALS, REALS) == REALS
    assert iv.add(Interval(LARGEST, INF), Interval(-INF, -LARGEST)) == REALS
    assert iv.add(Interval(LARGEST, LARGEST), Interval(LARGEST, LARGEST)) == Interval(LARGEST, INF)
    assert iv.multiply(Interval(0, 0), REALS) == Interval(0, 0)
    assert iv.multiply(Interval(0, 1, True), Interval(1, INF)) == Interval(0, INF, True)
    assert rounding.of_number(Fraction(10) ** 400) == (LARGEST, INF)
    assert rounding.of_number(-(Fraction(10) ** 400)) == (-INF, -LARGEST)


def test_an_open_end_stays_open_only_where_it_is_exact() -> None:
    positive = Interval(0, INF, True)
    assert 0 not in iv.multiply(positive, positive)
    assert 0 in iv.multiply(Interval(1e-300, 1), Interval(1e-300, 1))
    assert 0 not in iv.i1e(positive)
    assert 0 in iv.i1e(REALS)
    assert 1 not in iv.power(Interval(0, 1, False, True), Fraction(1, 2))
    assert 0 not in iv.increasing(FLOATS.log)(Interval(0, 1, False, True))


def test_closed_pairs_are_the_same_arithmetic() -> None:
    """Each function over bare pairs gives the ends of its namesake."""
    for x, y in zip(boxes(5, 1500), boxes(6, 1500), strict=True):
        p, q = (x.low, x.high), (y.low, y.high)
        for pair, interval in (
            (closed.add(p, q), iv.add(x, y)),
            (closed.multiply(p, q), iv.multiply(x, y)),
            (closed.negate(p), iv.negate(x)),
            (closed.absolute(*p), x.absolute()),
            (closed.power(closed.absolute(*p), Fraction(1, 3)), iv.power(x, Fraction(1, 3))),
            (closed.power(closed.absolute(*p), -2), iv.power(x, -2)),
            (closed.image("i1e", *p), iv.i1e(x)),
            (closed.image("cospi", *p), iv.cospi(x)),
            (closed.image("exp", *p), iv.increasing(FLOATS.exp, iv.NONNEGATIVE)(x)),
            (closed.image("tanh", *p), iv.increasing(FLOATS.tanh, Interval(-1, 1))(x)),
        ):
            assert pair == (interval.low, interval.high), f"{x}, {y}"


def test_powers_of_independent_exponents() -> None:
    rng = random.Random(8)
    for x, y in zip(boxes(9, 1500), boxes(10, 1500), strict=True):
        image = iv.general_power(x, y)
        for a in map(float, members(x, rng)):
            for b in map(float, members(y, rng)):
                if a == 0 and b < 0:
                    continue
                value = FLOATS.power(abs(a), b)
                slack = abs(value) * 1e-14 if math.isfinite(value) else 0.0
                assert image.low <= value + slack, f"|{x}|^{y}: {image}, {a}, {b}"
                assert value - slack <= image.high, f"|{x}|^{y}: {image}, {a}, {b}"


def test_intersection_of_enclosures() -> None:
    assert iv.intersection(Interval(0, 2), Interval(1, 3, True)) == Interval(1, 2, True)
    with pytest.raises(ValueError, match="no common value"):
        iv.intersection(Interval(0, 1), Interval(2, 3))
