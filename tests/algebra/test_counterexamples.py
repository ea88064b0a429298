"""Counterexamples show the values that rules have, also where an operand lies on a tie."""

from __future__ import annotations

from fractions import Fraction

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.counterexample import shortened
from nos_sym.algebra.falsification.enclosure import Enclosure
from nos_sym.algebra.falsification.exact_values import decimal
from nos_sym.algebra.falsification.trajectories import History, Trajectory
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Different
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of

# Worked out by hand at g = (0.04, 1.3, 0.6), w = (-0.47, -0.35, -1.4), lr = 0.5, the first history.
BLOCKS = {
    "a floor": ("floor(w/0.35)*g", (-0.43, 0.3, -0.2)),
    "a root and itself": ("where(sqrt(g) != sqrt(g), 5, 1)", (-0.97, -0.85, -1.9)),
    "a square of a root": ("where(sqrt(g)^2 == abs(g), 2, 3)", (-1.47, -1.35, -2.4)),
    "numbers that binary64 does not hold": ("where(0.1*g + 0.2*g != 0.3*g, 7, 1)", (-0.97, -0.85, -1.9)),
    "a remainder": ("where(mod(g, 0.1) == 0, 2, 3)", (-1.97, -1.35, -2.4)),
    "a quotient of what is zero": ("1 + tanh(1/(sqrt(g)*sqrt(g) - abs(g)))", (-0.97, -0.85, -1.9)),
    "a zero that is shown": ("where(w == -0.35, w/lr, sqrt(g)/sqrt(g))", (-0.97, 0, -1.9)),
    "a mean": ("where(3*mean(g) == sum(g), 2, 3)", (-1.47, -1.35, -2.4)),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_show_the_weights_at_a_tie(name: str) -> None:
    update, expected = BLOCKS[name]
    found = compare(parse(f"{{ w <- w - lr*({update}) }}"), parse("{ w <- w - 9*lr }"))
    assert isinstance(found, Different)
    place = found.counterexample
    assert place.gradients == ((0.04, 1.3, 0.6),)
    assert tuple(map(shortened, place.first)) == expected


def test_a_row_shows_where_its_largest_entry_is() -> None:
    found = compare(parse("{ w <- w - lr*where(row_max(g) == g, 2, 3) }"), parse("{ w <- w - 9*lr }"))
    assert isinstance(found, Different)
    place = found.counterexample
    assert place.shape == (2, 3)
    (g,), (w,), (rate,) = place.gradients, place.weights, place.rates
    most = [max(g[:3])] * 3 + [max(g[3:])] * 3
    expected = [v - rate * (2 if x == m else 3) for v, x, m in zip(w, g, most, strict=True)]
    assert place.first == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s <- max(0.9*s, sqrt(abs(g))); w <- w - lr*where(s > sqrt(abs(g)), 2, 1)*g", (-0.49, -1, -1.7)),
        ("s <- sqrt(abs(g)) - s; w <- w - lr*where(s - 1 > s - 1, s, t + 1)", (-0.97, -0.85, -1.9)),
        ("s <- sqrt(abs(g)) + s; w <- w - lr*floor(s*s/s - s)*g - lr", (-0.97, -0.85, -1.9)),
    ],
)
def test_states_that_are_no_fractions_are_compared_exactly(text: str, expected: tuple[float, ...]) -> None:
    found = compare(parse(f"{{ state s; {text} }}"), parse("{ w <- w - 9*lr*g }"))
    assert isinstance(found, Different)
    assert tuple(map(shortened, found.counterexample.first)) == expected


@pytest.mark.parametrize("level", [Level.EXACT, Level.SCALE])
@pytest.mark.parametrize("head", ["none", "momentum"])
def test_rules_of_one_line_show_the_updates_at_a_tie(level: Level, head: str) -> None:
    # In binary64 the square of the root of 0.64 is not 0.64, and the sign of the difference is 1.
    tied = parse("none ~ sign(sqrt(g)*sqrt(g) - abs(g)) + g")
    found = compare(tied, parse(f"{head} ~ g^3"), level)
    assert isinstance(found, Different)
    place = found.counterexample
    factor = 1 if head == "none" else -0.1
    assert place.first == pytest.approx([factor * g for g in place.gradients[-1]], rel=1e-12)


def test_what_is_shown_is_exact_for_rational_values() -> None:
    """Values at all steps against a recursion in fractions, of which every comparison is a tie."""
    system = system_of(
        parse("{ state s; s <- 0.7*s + 0.3*g; w <- w - lr*where(s/0.3 == g + 7/3*(s - 0.3*g)/0.7, g, 5) }")
    )
    history = History((1,), 9, (0.3,), ((0.1,), (0.7,), (-0.2,)), (0.1, 0.2, 0.3), (0.5, 0.5, 0.5))
    with fresh_workspace():
        run = Trajectory(system, history, exact=True)
        w = Fraction(3, 10)
        for _, (g,), rate in zip(run, history.gradients, history.rates, strict=True):
            w -= decimal(rate) * decimal(g)
            assert run.shown() == [pytest.approx(float(w), rel=1e-15, abs=0)]


def test_a_tie_that_stays_open_is_not_shown() -> None:
    # Whether e^tanh(1) and its power by 1 + 1e-30 differ is beyond what is computed.
    rule = parse("none ~ sign(exp(tanh(g)) - exp((1 + 1e-30)*tanh(g)))")
    assert isinstance(rule, Rule)
    run = Enclosure(rule, 1, 5, exact=True)
    with fresh_workspace():
        run.update([1.0], [1.0], {})
        assert run.shown() == [None]


def test_another_entry_that_is_not_known_is_left_out() -> None:
    # Nothing is known of ln 0, where w is 0; where g is 0 the rules differ.
    found = compare(parse("none ~ exp(ln(w)) + g/g"), parse("none ~ exp(ln(w)) + 1"))
    assert isinstance(found, Different)
    assert len(found.counterexample.first) == 1 or 0 not in found.counterexample.weights[-1]


def test_the_middle_of_two_numbers_of_nine_digits_is_not_rounded_further() -> None:
    rule = parse("none ~ g*1.0000000350000001/2")
    assert isinstance(rule, Rule)
    run = Enclosure(rule, 1, 5, exact=True)
    with fresh_workspace():
        run.update([1.0], [1.0], {})
        assert run.shown() == [pytest.approx(0.5000000175, rel=1e-15)]
