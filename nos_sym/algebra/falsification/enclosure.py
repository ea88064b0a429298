"""Enclosures of updates: intervals that hold the update of a rule for all inputs near a state.

They make a counterexample a proof: where the enclosures of two updates are disjoint, the rules differ on an
open set of gradients and weights, which neither rounding nor a tie can pretend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import fraction_of, number_range
from nos_sym.intervals.floats import FLOATS
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.node import Node
from nos_sym.language.operation import Role, reference_of
from nos_sym.language.rule import Rule
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOVES, PREVIOUS, UPDATE

Row = list[Interval]

_NEAR = 1e-12
"""Relative half-width of the inputs."""

_SLOPES = {"cospi": math.pi, "i1e": 0.5}
"""Bounds of derivatives, of functions whose range the registry knows exactly where they are monotone."""

_ONE = iv.point(1.0)
_ZERO = iv.point(0.0)


def near(values: Sequence[float]) -> Row:
    """Return intervals around numbers."""
    return [Interval(v - abs(v) * _NEAR, v + abs(v) * _NEAR) for v in values]


class Enclosure:
    """Runs one rule on intervals, like the interpreter without guards; steps count from 0.

    Args:
        rule: the optimizer.
        size: number of entries of the tensor.
        total_steps: T.
    """

    def __init__(self, rule: Rule, size: int, total_steps: int) -> None:
        self.rule = rule
        self.size = size
        self.total_steps = total_steps
        self.step = 0
        self._state: dict[Basic, Row] = {}
        self._momentum: Row = [_ZERO] * size

    def update(
        self, gradient: Sequence[float], weight: Sequence[float], uniform: Mapping[int, Sequence[float]]
    ) -> Row:
        """Return an enclosure of the update of this step, and advance."""
        found = _Step(self, {"g": near(gradient), "w": near(weight)}, uniform)
        update = found.tensor(self.rule.update)
        self._state |= found.new_state
        self.step += 1
        return [iv.negate(x) for x in update] if self.rule.ascent else update

    def change(self, update: Row, learning_rate: float, momentum: float) -> Row:
        """Return an enclosure of the change of the weights, given that of the update."""
        move, found = MOVES[self.rule.momentum], _Step(self, {}, {})
        found.tensors |= {
            LEARNING_RATE: [iv.point(learning_rate)] * self.size,
            COEFFICIENT: [iv.point(momentum)] * self.size,
            UPDATE: update,
            PREVIOUS: self._momentum,
        }
        if move.momentum is not None:
            self._momentum = found.tensor(move.momentum)
        return found.tensor(move.change)


class _Step:
    """One step; shared nodes are computed once."""

    def __init__(
        self, run: Enclosure, leaves: dict[str, Row], uniform: Mapping[int, Sequence[float]]
    ) -> None:
        self.run = run
        self.leaves = leaves
        self.uniform = uniform
        self.new_state: dict[Basic, Row] = {}
        self.tensors: dict[Basic, Row] = {}
        self.scalars: dict[Basic, Interval] = {}

    def tensor(self, expression: Basic) -> Row:
        found = self.tensors.get(expression)
        if found is None:
            found = self.tensors[expression] = self._tensor(expression)
        return found

    def scalar(self, expression: Basic) -> Interval:
        found = self.scalars.get(expression)
        if found is None:
            found = self.scalars[expression] = self._scalar(expression)
        return found

    def _tensor(self, expression: Basic) -> Row:
        if not isinstance(expression, Node):
            return [number_range(expression)] * self.run.size
        operation, operands = expression.operation, expression.operands
        if operation.role is Role.LEAF:
            return self.leaves[operation.name]
        if operation.role is Role.SCALE:
            decay = self.scalar(operands[0])
            return [iv.multiply(decay, x) for x in self.tensor(operands[1])]
        rows = [self.tensor(a) for a in operands]
        if operation.role is Role.RANDOM:
            return self._dropped(expression, rows[0])
        if operation.role is Role.STATE:
            return self._stateful(expression, rows[0])
        if operation.role is Role.REDUCTION:
            return _normed(rows[0])
        found = [_elementwise(expression, entries) for entries in zip(*rows, strict=True)]
        if operation.meaning.definition is None:
            return found
        other = self.tensor(operation.meaning.definition(*operands, *expression.parameters))
        return [_both(x, y) for x, y in zip(found, other, strict=True)]

    def _scalar(self, expression: Basic) -> Interval:
        if not isinstance(expression, Node):
            return number_range(expression)
        operation, operands = expression.operation, expression.operands
        if operation.role is Role.LEAF and operation.name in _PROGRESS:
            held = min(self.run.step, self.run.total_steps - 1)
            return _exact(_PROGRESS[operation.name](held, self.run.total_steps))
        if operation.name == "correction":
            beta = fraction_of(expression.parameters[0])
            return _exact(1 - beta ** (self.run.step + 1))
        found = REALS
        if operation.role is not Role.LEAF:
            found = _elementwise(expression, [self.scalar(a) for a in operands])
        if operation.meaning.definition is None:
            return found
        return _both(found, self.scalar(operation.meaning.definition(*operands, *expression.parameters)))

    def _dropped(self, expression: Node, row: Row) -> Row:
        rate = fraction_of(expression.parameters[0])
        kept = _exact(1 / (1 - rate))
        uniform = self.uniform[int(expression.parameters[1])]
        return [_ZERO if u < rate else iv.multiply(kept, x) for u, x in zip(uniform, row, strict=True)]

    def _stateful(self, expression: Node, row: Row) -> Row:
        name = expression.operation.name
        old = self.run._state.get(expression, [_ZERO] * self.run.size)
        if name == "delta":
            new = [iv.add(x, iv.negate(n)) for x, n in zip(row, old, strict=True)]
        elif name == "running_max":
            new = [iv.maximum(x, n) for x, n in zip(row, old, strict=True)]
        else:
            beta = fraction_of(expression.parameters[0])
            b, c = _exact(beta), _exact(1 - beta)
            new = [iv.add(iv.multiply(b, m), iv.multiply(c, x)) for x, m in zip(row, old, strict=True)]
        self.new_state[expression] = new
        if name != "ema_hat":
            return new
        factor = _exact(1 / (1 - beta ** (self.run.step + 1)))
        return [iv.multiply(factor, x) for x in new]


_PROGRESS: dict[str, Callable[[int, int], Fraction]] = {
    "p": lambda t, total: Fraction(t, total),
    "r": lambda t, total: Fraction(2 * t % total, total),
    "remaining": lambda t, total: 1 - Fraction(t + 1, total),
}


def _exact(value: Fraction) -> Interval:
    return number_range(Rational(value.numerator, value.denominator))


def _both(x: Interval, y: Interval) -> Interval:
    """Return the intersection of two enclosures of one value."""
    low, high = max(x.low, y.low), min(x.high, y.high)
    return Interval(low, high) if low <= high else x.hull(y)


def _elementwise(expression: Node, operands: Sequence[Interval]) -> Interval:
    operation = expression.operation
    if operation.name == "mul" and expression.operands[0] == expression.operands[1]:
        return iv.of_absolute(iv.increasing(lambda v: v * v))(operands[0])
    found = operation.meaning.range(*operands, *expression.parameters)
    slope = _SLOPES.get(operation.name)
    (x, *_) = operands
    if slope is None or not math.isfinite(x.high - x.low):
        return found
    middle = x.low + (x.high - x.low) / 2
    value = float(reference_of(operation)(FLOATS, middle))
    # Half the width, and the rounding of the middle, of pi times it, and of the function.
    error = slope * ((x.high - x.low) / 2 + 1e-15 * abs(middle)) * 1.001 + 4e-15 * abs(value) + 1e-300
    return _both(found, Interval(value - error, value + error))


def _normed(row: Row) -> Row:
    square = iv.of_absolute(iv.increasing(lambda v: v * v))
    root = iv.increasing(FLOATS.sqrt, iv.NONNEGATIVE)
    length = root(reduce(iv.add, [square(x) for x in row]))
    factor = iv.reciprocal(iv.maximum(_ONE, length))
    return [iv.multiply(factor, x) for x in row]


def disjoint(x: Interval, y: Interval) -> bool:
    """Return whether no value lies in both."""
    return x.high < y.low or y.high < x.low
