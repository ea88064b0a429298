"""A judge on every history: whether two rules have other values somewhere, zeros and ties included.

It runs rules on :data:`HISTORIES` in rational numbers and, where there are none, in balls of 114 digits.
Every function is total; ``ln 0`` is a constant that differs between runs, so that what depends on its
value must agree for all. A value that the precision cannot hold is passed over. The judge separates, it
never proves.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flint import arb, ctx, fmpq
from sympy.core.basic import Basic

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.rule import Rule
from nos_sym.language.state import is_previous, next_state
from nos_sym.language.traversal import own_draws, walk, with_draws
from support.judges.histories import HISTORIES, History
from support.judges.total_functions import (
    BITS,
    ELEMENTWISE,
    HALF,
    ONE,
    ZERO,
    Beyond,
    Number,
    add,
    divide,
    largest,
    logarithm,
    multiply,
    power,
)

LOGARITHMS_OF_ZERO = (fmpq(-371_828_423, 100_000_007), fmpq(517_399_251, 100_000_037), fmpq(0))
"""Values of ``ln 0`` of which no rule knows."""

Value = Number | None
"""A number, or ``None`` where the judge does not know it."""

Rows = list[list[Value]]
"""The values of a history, one row for each step."""


@dataclass(frozen=True)
class Place:
    """Where two rules have other values.

    Attributes:
        history: the history.
        step: the step of it.
        entry: the entry.
        of_zero: the value of ``ln 0``.
        first: value of the first rule.
        second: value of the second.
    """

    history: History
    step: int
    entry: int
    of_zero: fmpq
    first: Number
    second: Number

    def __str__(self) -> str:
        values = " and ".join(arb(v).str(10, radius=False) for v in (self.first, self.second))
        return f"{values} at {self.history.describe(self.step, self.entry)}"


def separated(first: Rule, second: Rule, histories: Sequence[History] = HISTORIES) -> Place | None:
    """Return a place where two rules have other values, if one is found.

    On :data:`~support.judges.histories.GENERIC` it tells what differs not only at zeros and ties.
    Momentum types are left to the caller, since a history of gradients says nothing of them. Which dropout
    mask bears which number means nothing: rules are separated if they are under every numbering.
    """
    found = None
    for renumbered in numberings(first, second):
        found = _separated(first, renumbered, histories)
        if found is None:
            return None
    return found


def _separated(first: Rule, second: Rule, histories: Sequence[History]) -> Place | None:
    for history in histories:
        for c in LOGARITHMS_OF_ZERO:
            (a, met), (b, also_met) = (_remembered(rule, history, c) for rule in (first, second))
            for step, row in enumerate(zip(a, b, strict=True)):
                for entry, (x, y) in enumerate(zip(*row, strict=True)):
                    if apart(x, y):
                        return Place(history, step, entry, c, x, y)
            if not (met or also_met):
                break  # another constant makes no difference
    return None


def apart(x: Value, y: Value) -> bool:
    """Return whether two known values are not one."""
    if x is None or y is None:
        return False
    if type(x) is fmpq and type(y) is fmpq:
        return bool(x != y)
    return not arb(x).overlaps(arb(y))


def known(rule: Rule) -> float:
    """Return the part of the values of a rule that the judge knows."""
    rows = [row for history in HISTORIES for row in _remembered(rule, history, LOGARITHMS_OF_ZERO[0])[0]]
    return sum(v is not None for row in rows for v in row) / sum(map(len, rows))


def rows_on(rule: Rule, history: History, of_zero: fmpq) -> Rows:
    """Return the updates of a rule on a history of the tables, one row for each step."""
    return _remembered(rule, history, of_zero)[0]


@lru_cache(maxsize=4096)
def _remembered(rule: Rule, history: History, of_zero: fmpq) -> tuple[Rows, bool]:
    return values_on(rule, history, of_zero)


def values_on(rule: Rule, history: History, of_zero: fmpq) -> tuple[Rows, bool]:
    """Return the updates of a rule on a history, one row for each step, and whether ``ln 0`` was met."""
    update = rule.at_defaults().update
    with ctx.workprec(BITS):
        run = _Run(history, of_zero)
        rows = [run.step(update) for _ in history.gradients]
        if rule.ascent:
            rows = [[None if v is None else -v for v in row] for row in rows]
    return rows, run.logarithm_of_zero


def numberings(first: Rule, second: Rule) -> Iterator[Rule]:
    """Yield a rule under each numbering of its masks by those of another rule, and by others."""
    ours, theirs = _draws(first.update), _draws(second.update)
    if not theirs:
        yield second
        return
    others = (d for d in range(999) if d not in ours)
    names = [*ours, *itertools.islice(others, len(theirs))]
    for chosen in itertools.islice(itertools.permutations(names, len(theirs)), 400):
        numbers = dict(zip(theirs, chosen, strict=True))
        yield Rule(second.momentum, with_draws(second.at_defaults().update, numbers), second.ascent)


def _draws(update: Basic) -> list[int]:
    return sorted({draw for node in walk(update) for draw in own_draws(node)})


class _Run:
    """One rule on one history in the precision in force."""

    def __init__(self, history: History, of_zero: fmpq) -> None:
        self.history, self.of_zero = history, of_zero
        self.t = 0
        self.state: dict[Basic, list[Value]] = {}
        self.logarithm_of_zero = False

    def step(self, update: Basic) -> list[Value]:
        self.done: dict[Basic, list[Value]] = {}
        self.new: dict[Basic, list[Value]] = {}
        value = self.value(update)
        self.state.update(self.new)
        self.t += 1
        return value

    def value(self, x: Basic) -> list[Value]:
        if x not in self.done:
            self.done[x] = self._value(x)
        return self.done[x]

    def _value(self, x: Basic) -> list[Value]:
        size, history = self.history.size, self.history
        if not isinstance(x, Node):
            return [fmpq(int(x.p), int(x.q))] * size
        name = x.operation.name
        if name in ("g", "w"):
            return list((history.gradients if name == "g" else history.weights)[self.t])
        if name in ("p", "r", "remaining"):
            t, total = min(self.t, history.total - 1), history.total
            return [fmpq({"p": t, "r": 2 * t % total, "remaining": total - t - 1}[name], total)] * size
        if is_previous(x):
            return self._old(x.args[0])
        parameters = [self._parameter(p) for p in x.parameters]
        if name == "correction":
            return [1 - parameters[0] ** (self.t + 1)] * size
        rows = [self.value(a) for a in x.operands]
        if name in ELEMENTWISE or name == "ln":
            if x.kind is not Kind.TENSOR:
                return [self._single(name, [row[0] for row in rows], parameters)] * size
            return [self._single(name, row, parameters) for row in zip(*rows, strict=True)]
        if name == "clip_norm":
            return self._clipped_by_norm(rows[0])
        if name == "drop":
            return [self._dropped(i, v, *parameters) for i, v in enumerate(rows[0])]
        if name in ("ema", "ema_hat", "delta", "running_max"):
            return self._averaged(name, x, rows[0], parameters)
        if x.operation.meaning.definition is not None:
            return self.value(x.operation.meaning.definition(*x.operands, *x.parameters))
        new = self.new[x] = self.value(next_state(x))
        return new

    def _old(self, state: Basic) -> list[Value]:
        return self.state.get(state, [ZERO] * self.history.size)

    def _parameter(self, p: Basic) -> Number:
        return self.value(p)[0]

    def _single(self, name: str, operands: Sequence[Value], parameters: Sequence[Number]) -> Value:
        if operands[0] is None or operands[-1] is None:
            return None
        try:
            if name == "ln":
                self.logarithm_of_zero |= operands[0] == 0
                return logarithm(operands[0], self.of_zero)
            return ELEMENTWISE[name](*operands, *parameters)
        except Beyond:
            return None

    def _clipped_by_norm(self, row: list[Value]) -> list[Value]:
        if any(v is None for v in row):
            return [None] * len(row)
        try:
            squares: Number = ZERO
            for v in row:
                squares = add(squares, multiply(v, v))
            length = largest(ONE, power(squares, HALF))
            return [divide(v, length) for v in row]
        except Beyond:
            return [None] * len(row)

    def _dropped(self, entry: int, v: Value, rate: Number, draw: Number) -> Value:
        if int(draw) in self.history.uniform:
            uniform = self.history.uniform[int(draw)][self.t][entry]
        else:
            uniform = random.Random(f"{self.history.seed} {int(draw)} {self.t} {entry}").random()
        if v is None:
            return None
        return ZERO if fmpq(*float(uniform).as_integer_ratio()) < rate else divide(v, 1 - rate)

    def _averaged(self, name: str, x: Basic, row: list[Value], parameters: list[Number]) -> list[Value]:
        old = self._old(x)
        new = self.new[x] = [self._next(name, n, v, parameters) for n, v in zip(old, row, strict=True)]
        if name != "ema_hat":
            return new
        correction = 1 - parameters[0] ** (self.t + 1)
        return [None if v is None else divide(v, correction) for v in new]

    def _next(self, name: str, old: Value, v: Value, parameters: list[Number]) -> Value:
        if old is None or v is None:
            return None
        try:
            if name == "running_max":
                return largest(v, old)
            if name == "delta":
                return add(v, -old)
            beta = parameters[0]
            return add(multiply(beta, old), multiply(1 - beta, v))
        except Beyond:
            return None
