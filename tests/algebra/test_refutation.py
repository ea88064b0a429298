"""Comparisons that have no proof: steps that show it, and only where one value truly lies above the other."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from support.random_rules import random_rule

from nos_sym.algebra.elimination import state_atom, value_of, values
from nos_sym.algebra.kernel import Poly, atom_on, fresh_workspace
from nos_sym.algebra.kernel.bounds import bounds_of_atom
from nos_sym.algebra.kernel.dominance import at_most
from nos_sym.algebra.kernel.refutation import _BOXES, STEPS, exceeds_somewhere
from nos_sym.algebra.polynomials import polynomial
from nos_sym.faces.parsing import parse
from nos_sym.language.block import Assign
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.state import old_value
from nos_sym.program.interpreter import Interpreter


def update_of(text: str) -> Rule:
    rule = parse(text)
    assert isinstance(rule, Rule)
    return rule


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("none ~ abs(g)", "none ~ g"),
        ("none ~ g^2", "none ~ abs(g)"),
        ("none ~ ema(g, 0.9)", "none ~ ema(g, 0.99)"),
        ("none ~ g^2", "none ~ a1 * g^2"),
        ("none ~ w", "none ~ g"),
    ],
)
def test_a_value_above_another_is_found(low: str, high: str) -> None:
    with fresh_workspace():
        p, q = (polynomial(update_of(text).update) for text in (low, high))
        assert exceeds_somewhere(p, q)
        assert not at_most(p, q)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("none ~ g", "none ~ abs(g)"),
        ("none ~ tanh(abs(g))", "none ~ abs(g)"),
        ("none ~ a1 * g^2", "none ~ g^2"),
        ("none ~ sign(g)", "none ~ 1 + 0 * g"),
    ],
)
def test_a_bound_is_still_proved(low: str, high: str) -> None:
    with fresh_workspace():
        p, q = (polynomial(update_of(text).update) for text in (low, high))
        assert not exceeds_somewhere(p, q)
        assert at_most(p, q)


def test_a_past_of_zeros_is_no_reason_almost_everywhere() -> None:
    # At the first step the corrected average is the square; after gradients of zero it is less.
    square, average = (update_of(f"none ~ {text}").update for text in ("g^2", "ema_hat(g^2, 0.9)"))
    with fresh_workspace():
        assert exceeds_somewhere(polynomial(square), polynomial(average))
    with fresh_workspace(almost=True):
        assert not exceeds_somewhere(polynomial(square), polynomial(average))


STATES = [state_atom(f"s{i}", positive=i % 2 == 0, from_zero=i % 4 < 2) for i in range(20)]
"""Atoms that make every one of the four kinds of states."""


def of_states(texts: tuple[str, ...]) -> list[Poly]:
    """Return forms in which ``a`` is a state that is never negative, and ``b`` one of either sign."""
    a, b = old_value("a"), old_value("b")
    block = parse("{ state a, b; w <- " + "; w <- ".join(texts) + " }")
    found = [s.value for s in block.statements if isinstance(s, Assign)]
    return values({a: value_of(STATES[0]), b: value_of(STATES[1])}, found)


@pytest.mark.parametrize(
    ("low", "high", "proved"),
    [
        ("0", "a", True),
        ("a", "2 * a", True),
        ("-a", "abs(b)", True),
        ("a", "a + g^2", True),
        ("b", "abs(b)", True),
        ("tanh(a)", "a", True),
        ("0", "b", False),
        ("a", "b", False),
        ("b", "a", False),
        ("a", "a^2", False),
        ("a", "g^2", False),
        ("g^2", "a", False),
        ("a + g", "a + 2 * g", False),
    ],
)
def test_states_may_have_left_any_number_of_their_sign(low: str, high: str, *, proved: bool) -> None:
    with fresh_workspace():
        p, q = of_states((low, high))
        assert exceeds_somewhere(p, q) is not proved
        assert at_most(p, q) is proved


def test_numbers_that_states_left_have_their_signs_and_starts() -> None:
    with fresh_workspace():
        for state in STATES:
            first, *later = (atom_on(state, _BOXES[step]) for step in (STEPS[0], *STEPS[1:3]))
            assert (first == (0, 0)) is state.kind.zero_at_start
            assert later[0] != later[1]
            assert all(low == high != 0 for low, high in later)
            low, high = bounds_of_atom(state)
            assert all(low <= x <= high for x, _ in (first, *later))
        assert any(atom_on(s, _BOXES[STEPS[1]])[0] < 0 for s in STATES)


def test_no_average_is_looked_at_whose_past_is_not_zero() -> None:
    # Where gradients were zero before, the average of exp(g) is one of ones, and not 0.1 exp(g).
    average, small = (update_of(f"none ~ {text}").update for text in ("ema(exp(g), 0.9)", "0.2 * exp(g)"))
    with fresh_workspace():
        p, q = polynomial(average), polynomial(small)
        later = [step for step in STEPS if step[2] > 0]
        assert later
        assert not exceeds_somewhere(p, q)
        assert exceeds_somewhere(q, p)


def value_at(rule: Rule, step: tuple[float, float, int, int]) -> float:
    """Return the update by the interpreter, after steps in which gradients and weights were zero."""
    gradient, weight, count, total = step
    running = Interpreter(rule, (1,), total_steps=total, saturating=False)
    with np.errstate(all="ignore"):
        for _ in range(count):
            running.change(np.zeros(1), np.zeros(1), 1.0)
        return -float(running.change(np.array([weight]), np.array([gradient]), 1.0)[0])


def test_what_is_refuted_is_so_for_the_interpreter() -> None:
    rng = random.Random(5)
    refuted = 0
    for _ in range(50):
        pair = [random_rule(rng, depth=2, authors=True, dropout=False) for _ in range(2)]
        a, b = (replace(rule, momentum=Momentum.NONE) for rule in pair)
        with fresh_workspace():
            if not exceeds_somewhere(polynomial(a.update), polynomial(b.update)):
                continue
        differences = [value_at(a, step) - value_at(b, step) for step in STEPS]
        if all(d == d for d in differences):
            refuted += 1
            assert max(differences) > 0, (a, b)
    assert refuted > 20
