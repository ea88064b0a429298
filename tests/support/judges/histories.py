"""Histories on which rules are judged: zeros, ties, averages that vanish, ends of schedules.

An entry of a history is of a *kind*: what its gradient and its weight do from step to step. Entries meet only
in norms, so that one history holds many kinds side by side. All numbers are exact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from flint import fmpq

Row = tuple[fmpq, ...]

_SIMPLE = [Fraction(n, 4) for n in (4, -4, 2, -2, 8, -8, 1, -6)]


@dataclass(frozen=True, eq=False)
class History:
    """What one tensor meets.

    Attributes:
        seed: seed of the dropout masks.
        total: T, the total number of steps; there may be more rows than that.
        gradients: one row for each step.
        weights: one row for each step.
        uniform: in place of random masks, the uniform numbers of each draw, one row for each step.
    """

    seed: int
    total: int
    gradients: tuple[Row, ...]
    weights: tuple[Row, ...]
    uniform: Mapping[int, Sequence[Sequence[float]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return len(self.gradients[0])

    def describe(self, step: int, entry: int) -> str:
        """Return what an entry has met up to a step, in one line."""
        g, w = (
            ", ".join(str(row[entry]) for row in rows[: step + 1]) for rows in (self.gradients, self.weights)
        )
        return f"T = {self.total}, t = {step}, g = ({g}), w = ({w}), entry {entry + 1} of {self.size}"


@dataclass
class _Entry:
    """Gradients and weights of one entry, made step by step."""

    rng: random.Random
    steps: int
    g: list[Fraction] = field(default_factory=list)
    w: list[Fraction] = field(default_factory=list)

    def number(self) -> Fraction:
        if self.rng.random() < 0.5:
            return self.rng.choice(_SIMPLE)
        return Fraction(round(1000 * self.rng.gauss(0, 1)), 1000) or Fraction(1, 2)

    @property
    def is_last(self) -> bool:
        return len(self.g) == self.steps - 1


_Pair = tuple[Fraction, Fraction]
_ZERO = Fraction(0)


def _canceled(values: list[Fraction], beta: Fraction) -> Fraction:
    """Return the next value with which an average of ``beta`` is zero, up to the factor of the value."""
    count = len(values)
    return -sum((v * beta ** (count - i) for i, v in enumerate(values)), _ZERO)


def _at_random(rng: random.Random) -> Fraction:
    return Fraction(rng.randint(1, 10**9), rng.randint(3 * 10**8, 10**9)) * rng.choice((1, -1, 1, -1, 7, -7))


def _tie(e: _Entry) -> _Pair:
    w = e.number()
    others = [w, w, -w, 2 * w, w * w, abs(w), Fraction(1), Fraction(-1), w / 2, 1 / w]
    return e.rng.choice(others), w


def _average(beta: str, *, of_weights: bool = False) -> Callable[[_Entry], _Pair]:
    def pair(e: _Entry) -> _Pair:
        past = e.w if of_weights else e.g
        # One step in two, so that what comes after a zero average is seen too.
        value = _canceled(past, Fraction(beta)) if len(past) % 2 else e.number()
        return (e.number(), value) if of_weights else (value, e.number())

    return pair


def _hit_once(e: _Entry) -> _Pair:
    return (e.number() if not e.g else _ZERO), e.number()


_KINDS: dict[str, Callable[[_Entry], _Pair]] = {
    "ordinary": lambda e: (e.number(), e.number()),
    "generic": lambda e: (_at_random(e.rng), _at_random(e.rng)),
    "dead": lambda e: (_ZERO, e.number()),
    "nothing": lambda e: (_ZERO, _ZERO),
    "sometimes": lambda e: (e.number() if e.rng.random() < 0.5 else _ZERO, e.number()),
    "hit last": lambda e: (e.number() if e.is_last else _ZERO, e.number()),
    "hit once": _hit_once,
    "fading": lambda e: (_ZERO if e.g else abs(e.number()), e.number()),
    "zero weight": lambda e: (
        e.number() if e.rng.random() < 0.7 else _ZERO,
        _ZERO if e.rng.random() < 0.7 else e.number(),
    ),
    "no weight": lambda e: (e.number(), _ZERO),
    "tie": _tie,
    "constant": lambda e: (e.g[-1] if e.g else e.number(), e.w[-1] if e.w else e.number()),
    "unit": lambda e: (e.rng.choice((Fraction(1), Fraction(-1))), e.number()),
    "negative": lambda e: (-abs(e.number()), -abs(e.number())),
    "positive": lambda e: (abs(e.number()), abs(e.number())),
    "small": lambda e: (e.number() / 2**14, e.number()),
    "large": lambda e: (32 * e.number(), 3 * e.number()),
    "huge": lambda e: (2**13 * e.number(), 2**12 * e.number()),
    "growing": lambda e: ((-6) ** len(e.g) * e.number(), 6 ** len(e.w) * e.number()),
    "rising": lambda e: (6 ** len(e.g) * abs(e.number()), 6 ** len(e.w) * abs(e.number())),
    "sum zero": _average("1"),
    "average zero 0.5": _average("0.5"),
    "average zero 0.9": _average("0.9"),
    "average zero 0.99": _average("0.99"),
    "average zero 0.999": _average("0.999"),
    "average of weights zero": _average("0.9", of_weights=True),
}

_TABLE: tuple[tuple[int, int, str], ...] = (
    (5, 4, "dead, sometimes, tie, ordinary, hit last, zero weight, average zero 0.9, average zero 0.99"),
    (4, 4, "sometimes, tie, ordinary, constant, hit once, negative"),
    (3, 3, "ordinary"),
    (3, 2, "dead"),
    (6, 2, "tie, unit, sum zero, average zero 0.5, average zero 0.999, average of weights zero, positive"),
    (2, 2, "tie, average zero 0.9, zero weight, nothing, no weight"),
    (1, 1, "ordinary, tie, dead, no weight, negative, nothing, positive"),
    (7, 4, "ordinary, small, ordinary, large"),
    (2, 4, "ordinary, sometimes, hit last, constant"),  # beyond T
    (2, 2, "unit"),
    (9, 3, "tie, negative, huge"),
    (5, 5, "growing, rising"),
    (30, 30, "fading"),  # averages of other betas fade at other rates
)
"""T, steps and kinds of the entries of each history."""


def _history(seed: int, total: int, steps: int, kinds: str) -> History:
    entries = [_Entry(random.Random(f"{seed} {i}"), steps) for i, _ in enumerate(kinds.split(", "))]
    for _ in range(steps):
        for entry, kind in zip(entries, kinds.split(", "), strict=True):
            g, w = _KINDS[kind](entry)
            entry.g.append(g)
            entry.w.append(w)
    gradients = zip(*(e.g for e in entries), strict=True)
    weights = zip(*(e.w for e in entries), strict=True)
    return History(seed, total, rows_of(gradients), rows_of(weights))


def rows_of(rows: Iterable[Iterable[Fraction | float]]) -> tuple[Row, ...]:
    """Return rows of exact numbers."""
    return tuple(tuple(fmpq(*v.as_integer_ratio()) for v in row) for row in rows)


_GENERIC: tuple[tuple[int, int, str], ...] = (
    (5, 5, "generic, generic, generic"),
    (4, 2, "generic"),
    (1, 1, "generic, generic"),
    (3, 5, "generic, generic"),
)

HISTORIES = tuple(_history(seed, *row) for seed, row in enumerate(_TABLE))
"""The histories of every judgment."""

GENERIC = tuple(_history(100 + seed, *row) for seed, row in enumerate(_GENERIC))
"""Histories of numbers at random, which lie in no null set but by chance; the steps are all there."""

LONG = _history(200, 32, 32, "generic, generic, generic")
"""A long training in which every weight has a gradient from the first step on."""
