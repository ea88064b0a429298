"""Enclosures of updates hold the interpreter's values, and are close where functions turn."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support.random_rules import random_rule

from nos_sym.algebra.falsification.elementwise import both
from nos_sym.algebra.falsification.enclosure import Enclosure, disjoint
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Guards, Interpreter


def test_enclosures_hold_what_the_interpreter_computes() -> None:
    rng, draws = random.Random(3), np.random.default_rng(3)
    for _ in range(150):
        rule = random_rule(rng, depth=3, dropout=False)
        run = Enclosure(rule, 3, 7)
        interpreter = Interpreter(rule, (3,), total_steps=7, guards=Guards.POLICY)
        for _ in range(3):
            gradient, weight = draws.normal(size=(2, 3))
            with np.errstate(all="ignore"):
                values = interpreter.update(gradient, weight)
            for value, x in zip(values, run.update(list(gradient), list(weight), {}), strict=True):
                slack = 1e-6 * abs(value)  # rounding of the interpreter, which cancellation enlarges
                if abs(value) < 1e300:  # beyond, the interpreter saturates
                    assert x.low - slack <= value <= x.high + slack, str(rule)


@pytest.mark.parametrize("text", ["i1e(g)", "i1e(-g)", "[cospi(2 * p)] g", "cospi(g)", "g^3", "clip_norm(g)"])
@pytest.mark.parametrize("at", [1.5, 1.5451272579925426, 2.0, 40.0])
def test_enclosures_are_close_beyond_turning_points(text: str, at: float) -> None:
    (x,) = Enclosure(parse(f"none ~ {text}"), 1, 5).update([at], [1.0], {})
    assert x.high - x.low <= 1e-9 * max(1.0, abs(x.high))


def test_enclosures_that_contradict_each_other_refute_nothing() -> None:
    assert both(Interval(0, 1), Interval(2, 3)) == REALS
    assert both(Interval(0, 2), Interval(1, 3)) == Interval(1, 2)
    assert not disjoint(both(Interval(0, 1), Interval(2, 3)), Interval(5, 6))
