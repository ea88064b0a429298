"""What states are to each other: two optimizers run side by side in a prime field, and relations read off.

A run draws gradients, weights, rates and momenta at each step, and all functions once. Relations that hold at
every step of every run, as ``A.v - 10 B.a = 0``, are those that an induction may begin with. Nothing here is
trusted: what is found goes to the checker.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.traversal import walk
from nos_sym.proof.choices import in_steps
from nos_sym.proof.induction import CONSTANT
from nos_sym.proof.leaves import is_leaf
from nos_sym.proof.optimizers import Optimizer
from nos_sym.proof.primes import Primes
from nos_sym.proof.worlds import ODD_OF_MATRICES, Key, Value, World, is_wide
from nos_sym.proof.zeros import exact

STEPS = 6
"""Steps of a run."""
COEFFICIENT = 1 << 64
"""Below this are numerators and denominators of a relation's coefficients."""
FIELD = 1 << 128
"""Divides p + 1, so that other values are not taken for such coefficients."""
LEAST_RUNS = 8
"""Runs beside those that have as many steps as there are columns; in some the first gradient is zero."""

Column = str | Fraction
"""A state by its name, ``c^t`` by the number c, where 1 is the constant."""


class Moment(World):
    """A world at a step of a run, in which leaves have the values that they are given."""

    def __init__(self, p: int, seed: bytes, step: int, values: Mapping[str, Value]) -> None:
        """Begin a step; every fourth gradient is zero, as what is equal for others alone does not last."""
        super().__init__(p, {})
        self.seed, self.step, self.values = seed, step, values
        self.fresh = secrets.token_bytes(8)
        self.zero = secrets.randbelow(4) == 0

    def key(self, t: Node) -> tuple[Key, int]:
        """Return what a value is drawn by: reductions by what they reduce, leaves by the step too."""
        if is_wide(t):
            parameters, v = tuple(str(x) for x in t.parameters), self.value(t.operands[0])
            if t.operation.name in ODD_OF_MATRICES and v > self.p - v:
                return (t.operation.name, parameters, self.p - v), -1
            return (t.operation.name, parameters, v), 1
        found, factor = super().key(t)
        return (found if t.operands or t.operation.name in CONSTANT else (found, self.fresh)), factor

    def _node(self, t: Node) -> Value:
        name = t.operation.name
        if not t.operands:
            if name in self.values:
                return self.values[name]
            if name == "t":
                return self.step
            if name == "g" and self.zero:
                return 0
        if is_wide(t):
            key, factor = self.key(t)
            return factor * self._with_range(t, self.draw(*key)) % self.p
        return super()._node(t)

    def step_power(self, c: Fraction, a: Fraction, b: Fraction) -> Value:
        """Return c^(a t + b)."""
        number = c.numerator * pow(c.denominator, -1, self.p) % self.p
        return self.power(number, a * self.step + b)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a state is: a sum of multiples of other states and of powers of numbers that count steps."""

    name: str
    terms: tuple[tuple[Column, Fraction], ...]


def relations(a: Optimizer, b: Optimizer, field: Primes) -> list[Relation]:
    """Return linear relations between the states of two optimizers that hold after every step.

    Each says what one state is, over states of which nothing is said; those of ``a`` are said first.
    """
    names = [*reached(b), *reached(a)]
    columns: list[Column] = [*sorted({Fraction(1), *_bases((a, b))}, reverse=True), *names]
    world = Moment(field[0], secrets.token_bytes(16), 0, {})
    rows: list[list[Value]] = []
    for _ in range(LEAST_RUNS + len(columns) // STEPS):
        rows += list(_run(a, b, columns, world))
    return list(_dependent(rows, columns, world))


def ratio_of_changes(a: Optimizer, b: Optimizer, field: Primes) -> Fraction | None:
    """Return the number that the change of one optimizer is of the other's at all steps of a run."""
    found: set[Fraction | None] = set()
    states, seed, w = a.states | b.states, secrets.token_bytes(16), apply("w")
    first = Moment(field[0], seed, 0, {})
    values = {name: first.value(s.start) for name, s in states.items()}
    for step in range(STEPS):
        here = Moment(field[0], seed, step, values)
        weight = here.value(w)
        x, y = ((here.value(o.move) - weight) % here.p for o in (a, b))
        if x or y:
            found.add(here.ratio(x, y, COEFFICIENT))
        values = {name: here.value(s.new) for name, s in states.items()}
    return found.pop() if len(found) == 1 else None


def reached(o: Optimizer) -> list[str]:
    """Return the names of the states that the move reads, and those that they read."""
    found: dict[str, None] = {}
    waiting = [o.move]
    while waiting:
        for node in walk(waiting.pop()):
            name = node.operation.name
            if is_leaf(node) and name in o.states and name not in found:
                found[name] = None
                waiting.append(o.states[name].new)
    return [name for name in o.states if name in found]


def _bases(optimizers: Iterable[Optimizer]) -> set[Fraction]:
    """Return the numbers whose powers count steps, where an optimizer has those."""
    found: set[Fraction] = set()
    for o in optimizers:
        every = [o.move, *(s.new for s in o.states.values())]
        for node in {n for t in every for n in walk(t)}:
            if node.operation.name == "correction" and not isinstance(node.parameters[0], Node):
                k = node.parameters[0]
                found.add(Fraction(int(k.p), int(k.q)))
            elif (
                node.operation.name == "abspow" and in_steps(node.operands[1]) and not exact(node.operands[1])
            ):
                found.add(exact(node.operands[0]) or Fraction(0))
    return {c for c in found if c > 0}


def _run(a: Optimizer, b: Optimizer, columns: Sequence[Column], world: Moment) -> Iterable[list[Value]]:
    """Yield the values of the columns after each step of a run."""
    states = a.states | b.states
    p, seed = world.p, secrets.token_bytes(16)
    first = Moment(p, seed, 0, {})
    values = {name: first.value(s.start) for name, s in states.items()}
    for step in range(STEPS):
        # The starts read the gradient of the first step.
        here = Moment(p, seed, step, values)
        if step == 0:
            here.fresh, here.zero = first.fresh, first.zero
        values = {name: here.value(s.new) for name, s in states.items()}
        after = Moment(p, seed, step + 1, {})
        yield [
            values[c] if isinstance(c, str) else after.step_power(c, Fraction(1), Fraction(0))
            for c in columns
        ]


def _dependent(rows: list[list[Value]], columns: Sequence[Column], world: Moment) -> Iterable[Relation]:
    """Yield what each column is that is a combination of earlier ones with small rational coefficients."""
    p = world.p
    basis: list[int] = []
    reduced: list[list[Value]] = [list(row) for row in rows]
    pivots: list[int] = []
    for c, column in enumerate(columns):
        free = [r for r in range(len(rows)) if r not in pivots and reduced[r][c]]
        if free:
            pivot = free[0]
            inverse = pow(reduced[pivot][c], -1, p)
            reduced[pivot] = [v * inverse % p for v in reduced[pivot]]
            for r in range(len(rows)):
                if r != pivot and (factor := reduced[r][c]):
                    reduced[r] = [
                        (v - factor * u) % p for v, u in zip(reduced[r], reduced[pivot], strict=True)
                    ]
            pivots.append(pivot)
            basis.append(c)
        elif isinstance(column, str):
            terms: list[tuple[Column, Fraction]] = []
            for pivot, k in zip(pivots, basis, strict=True):
                if reduced[pivot][c]:
                    ratio = world.ratio(reduced[pivot][c], 1, COEFFICIENT)
                    if ratio is None:
                        break
                    terms.append((columns[k], ratio))
            else:
                yield Relation(column, tuple(terms))
