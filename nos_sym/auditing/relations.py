"""What a state of one optimizer is of the states of another: guessed from numbers, said where it is proved.

A guess is a state, its square or its root, times factors of settings, step and rate; or a sum of states,
gradient and weights. Numbers of one history only tell which guesses are worth a proof.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from sympy.core.basic import Basic

from nos_sym.auditing.factors import (
    SAME,
    Factor,
    constant,
    inverses,
    simple_number,
    single_factors,
    two_factors,
)
from nos_sym.auditing.observation import Array, Kept, Observation, Values
from nos_sym.language.kind import Kind
from nos_sym.language.products import product
from nos_sym.language.registry import apply, number

_NEAR = 1e-7
_TINY = 1e-14
_KNOWN_STEPS = 3
NEW_WEIGHT = "w[t + 1]"
"""What the weight after the step is called."""

_MOST = 6
"""States that a sum is made of at most."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value over the states of the second side that a state of the first may be.

    Attributes:
        value: the expression; new values of states stand in it.
        states: those that it is made of.
        text: its text, in the names of the second side.
    """

    value: Basic
    states: tuple[Kept, ...]
    text: str


_Term: TypeAlias = tuple[Basic, str, Array]
"""A value, its name, and what it is at each step."""


class Numbers:
    """The numbers of both sides at some settings, and the guesses that they leave.

    Args:
        asked: the two.
        values: numbers of all settings.
    """

    def __init__(self, asked: Observation, values: Values) -> None:
        self.asked = asked
        self.rows, self.weights, self.gradients = asked.numbers(values)
        single = single_factors(asked, values)
        one, rate = constant(Fraction(1)), [f for f in single if f.text == "lr"]
        with np.errstate(over="ignore", under="ignore"):
            self.factors = [one, *single, *inverses(single), *two_factors(single)]
        self.rates = [one, *rate, *inverses(rate)]

    def guesses(self, state: Kept, others: Sequence[Kept]) -> Iterator[Guess]:
        """Yield what a state of the first side may be, the simplest first."""
        with np.errstate(all="ignore"):
            yield from self._guesses(state, others)

    def _guesses(self, state: Kept, others: Sequence[Kept]) -> Iterator[Guess]:
        wanted = self.rows[state.old]
        for other in others:
            row = self.rows[other.old]
            for form, text, made in (
                (None, "{}", row), ("pow", "{}^2", row**2), ("sqrt", "sqrt({})", np.sqrt(np.abs(row))),
            ):  # fmt: skip
                series = ratio(wanted, made)
                if series is not None:
                    value = other.new if form is None else _formed(form, other.new)
                    yield from self._scaled(series, value, text.format(other.name), other)
        yield from self._sums(wanted, [x for x in others if x.kind is Kind.TENSOR][:_MOST])

    def beginning(self, a: Kept, b: Kept) -> tuple[int, Guess]:
        """Return for how many steps a state is another up to sign and rate, not only zero, and that value.

        Of several that hold as long the simplest is taken; there are no steps where none holds.
        """
        best = 0, Guess(b.new, (b,), b.name)
        x, y = self.rows[a.old], self.rows[b.old]
        for factor in self.rates:
            for sign in (1, -1):
                count = _same_steps(x, sign * factor.series[:, None] * y)
                moved = count and np.abs(x[:count]).max() > _TINY
                if moved and count > best[0]:
                    best = count, _times(factor, sign, b.new, (b,), b.name)
        return best

    def _scaled(self, series: Array, value: Basic, name: str, other: Kept) -> Iterator[Guess]:
        known = ~np.isnan(series)
        for sign in (1, -1):
            for factor in self.factors:
                if np.allclose(series[known], sign * factor.series[known], rtol=SAME, atol=0):
                    yield _times(factor, sign, value, (other,), name)
        found = simple_number(series[known])
        if found is not None and abs(found) != 1:
            yield _times(constant(abs(found)), 1 if found > 0 else -1, value, (other,), name)

    def _sums(self, wanted: Array, others: Sequence[Kept]) -> Iterator[Guess]:
        """Yield a sum of states, gradient, weights before and after the step that gives the numbers."""
        terms: list[_Term] = [(x.new, x.name, self.rows[x.old]) for x in others]
        terms += [
            (apply("g"), "g", self.gradients),
            (apply("w"), "w", self.weights[:-1]),
            (self.asked.moves[1], NEW_WEIGHT, self.weights[1:]),
        ]
        columns = np.array([x.ravel() for _, _, x in terms]).T
        target = wanted.ravel()
        if not (np.isfinite(columns).all() and np.isfinite(target).all() and target.any()):
            return
        scale = np.abs(columns).max(axis=0)
        used = [i for i in range(len(terms)) if scale[i] > _TINY]
        for count in range(1, len(used) + 1):
            for chosen in itertools.combinations(used, count):
                picked = columns[:, chosen] / scale[list(chosen)]
                found, *_ = np.linalg.lstsq(picked, target, rcond=None)
                left = float(np.abs(picked @ found - target).max())
                numbers = [
                    simple_number(np.array([x / scale[i]])) for i, x in zip(chosen, found, strict=True)
                ]
                if left <= SAME * np.abs(target).max() and all(numbers):
                    yield self._sum(
                        [(terms[i], x) for i, x in zip(chosen, numbers, strict=True) if x], others
                    )
                    return

    def _sum(self, parts: Sequence[tuple[_Term, Fraction]], others: Sequence[Kept]) -> Guess:
        value: Basic | None = None
        text = ""
        # What is added comes before what is taken away.
        for (expression, name, _), coefficient in sorted(parts, key=lambda part: part[1] < 0):
            term = _times(self._coefficient(abs(coefficient)), 1, expression, (), name)
            if value is None:
                negative = coefficient < 0
                value = apply("neg", term.value) if negative else term.value
                text = f"-{term.text}" if negative else term.text
            else:
                sign, word = ("add", "+") if coefficient > 0 else ("sub", "-")
                value, text = apply(sign, value, term.value), f"{text} {word} {term.text}"
        assert value is not None
        names = {name for (_, name, _), _ in parts}
        return Guess(value, tuple(x for x in others if x.name in names), text)

    def _coefficient(self, wanted: Fraction) -> Factor:
        """Return a constant factor of settings with a value, else the number."""
        for factor in self.factors:
            if np.allclose(factor.series, float(wanted), rtol=SAME, atol=0):
                return factor
        return constant(wanted)


def ratio(x: Array, y: Array) -> Array | None:
    """Return the factor of each step that makes ``x`` of ``y``, NaN where both are zero, if there is one."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    zero = np.abs(x) <= _TINY, np.abs(y) <= _TINY
    if (zero[0] != zero[1]).any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = np.where(zero[1], np.nan, x / y)
    known = ~np.isnan(quotients).all(axis=1)
    if known.sum() < _KNOWN_STEPS:
        return None
    found = np.full(len(x), np.nan)
    found[known] = np.nanmedian(quotients[known], axis=1)
    off = np.abs(quotients - found[:, None]) > _NEAR * np.abs(found[:, None])
    return None if off.any() else found


def _same_steps(x: Array, y: Array) -> int:
    """Return for how many steps two series are the same to rounding."""
    with np.errstate(over="ignore"):
        close = np.abs(x - y) <= SAME * np.maximum(np.abs(x), np.abs(y))
    apart = np.flatnonzero(~close.all(axis=1))
    return int(apart[0]) if len(apart) else len(x)


def _formed(form: str, value: Basic) -> Basic:
    return apply("abspow", value, number(2)) if form == "pow" else apply(form, value)


def _times(factor: Factor, sign: int, value: Basic, states: tuple[Kept, ...], name: str) -> Guess:
    """Return a value times a factor and a sign."""
    if factor.value is not None:
        value, name = product(factor.value, value), f"{factor.text} * {name}"
    return Guess(value, states, name) if sign > 0 else Guess(apply("neg", value), states, f"-{name}")
