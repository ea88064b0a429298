"""Numbers of a step by which one state may be a multiple of another: of settings, rate and step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.auditing.observation import STEPS, Array, Observation, Values
from nos_sym.language.node import is_number
from nos_sym.language.products import product, quotient
from nos_sym.language.registry import apply, number
from nos_sym.language.system import expressions
from nos_sym.language.traversal import walk

SAME = 1e-9
_LITERALS = 4
_SMALLEST = 1e-9
_LARGEST, _FINEST = 1000, 10**9


@dataclass(frozen=True, slots=True)
class Factor:
    """A number of a step: its expression, ``None`` for 1, its text, and what it is at each step."""

    value: Basic | None
    text: str
    series: Array


def single_factors(asked: Observation, values: Values) -> list[Factor]:
    """Return what may be a factor by itself: of settings, of numbers of the rules, of rate and step."""
    steps = np.arange(STEPS, dtype=float)
    found: list[Factor] = []
    numbers: list[tuple[Basic, str, float]] = [
        (node, asked.name(x), float(values[x])) for node, x in zip(asked.nodes, asked.variables, strict=True)
    ]
    settings = len(numbers)
    numbers += [(c, str(float(c)), float(c)) for c in _literals(asked)]
    one, count = number(1), apply("add", apply("t"), number(1))
    for i, (node, text, value) in enumerate(numbers):
        rows: list[tuple[Basic, str, Array]] = []
        if i >= settings or asked.variables[i].domain.low >= 0:
            power = apply("abspow", node, count)
            with np.errstate(over="ignore"):
                corrections = 1 - value ** (steps + 1)
            rows.append((apply("sub", one, power), f"(1 - {text}^(t + 1))", corrections))
        if i < settings:  # what is made of literal numbers is a number
            rows += [
                (node, text, np.full(STEPS, value)),
                (apply("sub", one, node), f"(1 - {text})", np.full(STEPS, 1 - value)),
            ]
        found += [Factor(e, t, s) for e, t, s in rows if (s != 0).all() and np.isfinite(s).all()]
    found.append(Factor(apply("lr"), "lr", asked.rates))
    found.append(Factor(count, "(t + 1)", steps + 1))
    return found


def inverses(single: Sequence[Factor]) -> list[Factor]:
    """Return what 1 is divided by factors."""
    return [Factor(quotient(number(1), _of(f)), f"1 / {f.text}", 1 / f.series) for f in single]


def two_factors(single: Sequence[Factor]) -> list[Factor]:
    """Return products and quotients of two factors."""
    pairs = [
        Factor(product(_of(a), _of(b)), f"{a.text} * {b.text}", a.series * b.series)
        for a, b in itertools.combinations(single, 2)
    ]
    divided = [
        Factor(quotient(_of(a), _of(b)), f"{a.text} / {b.text}", a.series / b.series)
        for a, b in itertools.permutations(single, 2)
    ]
    return [*pairs, *divided]


def constant(value: Fraction) -> Factor:
    """Return a number as a factor."""
    if value == 1:
        return Factor(None, "1", np.ones(STEPS))
    # A number of the language has a finite decimal form; a third is a quotient.
    exact = quotient(number(Rational(value.numerator)), number(Rational(value.denominator)))
    text = str(float(value))
    shown = text if Fraction(text) == value else f"{value.numerator} / {value.denominator}"
    return Factor(exact, shown.removesuffix(".0"), np.full(STEPS, float(value)))


def _of(factor: Factor) -> Basic:
    assert factor.value is not None
    return factor.value


def _literals(asked: Observation) -> list[Rational]:
    """Return numbers between 0 and 1 that stand in the rules."""
    found = {
        x: None
        for side in (0, 1)
        for expression in expressions(asked.system(side, {}))
        for node in walk(expression)
        for x in (*node.operands, *node.parameters)
        if is_number(x) and 0 < float(x) < 1
    }
    return list(found)[:_LITERALS]


def simple_number(series: Array) -> Fraction | None:
    """Return the simple number that a series is at every step."""
    if not len(series) or np.ptp(series) > SAME * np.abs(series).max():
        return None
    value = float(np.median(series))
    if not _SMALLEST <= abs(value) <= 1 / _SMALLEST:  # no NaN and no infinity either
        return None
    for found in (Fraction(value).limit_denominator(_LARGEST), Fraction(f"{value:.9g}")):
        if found and abs(float(found) - value) <= SAME * abs(value) and found.denominator <= _FINEST:
            return found
    return None
