"""Enclosures of updates: intervals that hold the update of a rule for all inputs near a state.

They make a counterexample a proof: where the enclosures of two updates are disjoint, the rules differ, which
no rounding can pretend. Functions have the values of the language at their singular points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Protocol

from sympy.core.basic import Basic

from nos_sym.algebra.falsification.choices import DECIDED
from nos_sym.algebra.falsification.matrices import MATRICES
from nos_sym.algebra.falsification.reductions import REDUCTIONS
from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import fraction_of, number_range
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operation import Role
from nos_sym.language.rule import STEP_COUNTS, Rule
from nos_sym.language.setting import with_values
from nos_sym.language.singularity import DIVISION, POWER
from nos_sym.language.state import is_previous, next_state
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOVES, PREVIOUS, UPDATE

Row = list[Interval]

NEAR = 1e-12
"""Relative half-width of inputs that stand for an open set of states."""

_EVERYWHERE: dict[str, Callable[[Interval], Interval]] = {"cospi": iv.cospi, "i1e": iv.i1e}
"""Ranges that are close everywhere, of operations whose own range is close only where they are monotone."""

_ONE = iv.point(1.0)
_ZERO = iv.point(0.0)


def around(values: Sequence[float], width: float) -> Row:
    """Return intervals around numbers, of a relative half-width; the numbers themselves for 0."""
    return [Interval(v - abs(v) * width, v + abs(v) * width) for v in values]


class Enclosure:
    """Runs one rule on intervals, like the interpreter without guards; steps count from 0.

    Args:
        rule: the optimizer.
        size: number of entries of the tensor.
        total_steps: T.
        width: relative half-width of the inputs: 0 for one state, more for all states near it.
    """

    def __init__(self, rule: Rule, size: int, total_steps: int, width: float = 0.0) -> None:
        self.rule = rule
        self.expression = with_values(rule.update)
        self.size = size
        self.shape: tuple[int, ...] = (size,)
        self.total_steps = total_steps
        self.width = width
        self.step = 0
        self.state: dict[Basic, Row] = {}
        self._momentum: Row = [_ZERO] * size

    def update(
        self, gradient: Sequence[float], weight: Sequence[float], uniform: Mapping[int, Sequence[float]]
    ) -> Row:
        """Return an enclosure of the update of this step, and advance."""
        found = Step(self, {"g": around(gradient, self.width), "w": around(weight, self.width)}, uniform)
        update = found.tensor(self.expression)
        self.state |= found.new_state
        self.step += 1
        return [iv.negate(x) for x in update] if self.rule.ascent else update

    def change(self, update: Row, learning_rate: float, momentum: float) -> Row:
        """Return an enclosure of the change of the weights, given that of the update."""
        move, found = MOVES[self.rule.momentum], Step(self, {}, {})
        found.scalars |= {LEARNING_RATE: iv.point(learning_rate), COEFFICIENT: iv.point(momentum)}
        found.tensors |= {UPDATE: update, PREVIOUS: self._momentum}
        if move.momentum is not None:
            self._momentum = found.tensor(move.momentum)
        return found.tensor(move.change)


class Run(Protocol):
    """What a step knows of the run that it belongs to."""

    size: int
    shape: tuple[int, ...]
    total_steps: int
    step: int
    state: dict[Basic, Row]


class Step:
    """One step; shared nodes are computed once."""

    def __init__(self, run: Run, leaves: dict[str, Row], uniform: Mapping[int, Sequence[float]]) -> None:
        self.run = run
        self.leaves = leaves
        self.uniform = uniform
        self.new_state: dict[Basic, Row] = {}
        self.tensors: dict[Basic, Row] = {}
        self.scalars: dict[Basic, Interval] = {}

    def tensor(self, expression: Basic) -> Row:
        """Return an enclosure of a value, entry by entry."""
        found = self.tensors.get(expression)
        if found is None:
            found = self.tensors[expression] = self._tensor(expression)
        return found

    def scalar(self, expression: Basic) -> Interval:
        """Return an enclosure of a value that is one number for all entries."""
        found = self.scalars.get(expression)
        if found is None:
            found = self.scalars[expression] = self._scalar(expression)
        return found

    def _tensor(self, expression: Basic) -> Row:
        if kind_of(expression).of_step:
            return [self.scalar(expression)] * self.run.size
        assert isinstance(expression, Node)
        operation, operands = expression.operation, expression.operands
        if is_previous(expression):
            return self.run.state.get(expression.args[0], [_ZERO] * self.run.size)
        if operation.role is Role.LEAF:
            return self.leaves.get(operation.name, [operation.meaning.range()] * self.run.size)
        if operation.role is Role.SCALE:
            decay = self.scalar(operands[0])
            return [iv.multiply(decay, x) for x in self.tensor(operands[1])]
        rows = [self.tensor(a) for a in operands]
        if operation.role is Role.RANDOM:
            return self._dropped(expression, rows[0])
        if operation.role is Role.STATE:
            return self._stateful(expression)
        if operation.role is Role.REDUCTION:
            reduction = REDUCTIONS.get(operation.name)
            if reduction is not None:
                return reduction(rows[0], self.run.shape)
            if operation.name in MATRICES:
                described = zip(operation.parameters, expression.parameters, strict=True)
                given = [value if p.literal else self.scalar(value) for p, value in described]
                within = operation.meaning.range(reduce(Interval.hull, rows[0]), *given)
                found = MATRICES[operation.name](rows[0], self.run.shape, *given)
                return [_both(x, within) for x in found]
            return [_by_record(expression, [reduce(Interval.hull, row) for row in rows])] * self.run.size
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
            return iv.number(_PROGRESS[operation.name](held, self.run.total_steps))
        if operation.name in STEP_COUNTS:
            return iv.point(float(self.run.step if operation.name == "t" else self.run.total_steps))
        if operation.name == "correction" and not isinstance(expression.parameters[0], Node):
            beta = fraction_of(expression.parameters[0])
            return iv.number(1 - beta ** (self.run.step + 1))
        found = _elementwise(expression, [self.scalar(a) for a in operands])
        if operation.meaning.definition is None:
            return found
        defined = operation.meaning.definition(*operands, *expression.parameters)
        return _both(found, self.scalar(defined))

    def _dropped(self, expression: Node, row: Row) -> Row:
        if expression.operation.name != "drop":
            return [_by_record(expression, [x]) for x in row]
        rate = fraction_of(expression.parameters[0])
        kept = iv.number(1 / (1 - rate))
        uniform = self.uniform[int(expression.parameters[1])]
        return [_ZERO if u < rate else iv.multiply(kept, x) for u, x in zip(uniform, row, strict=True)]

    def _stateful(self, expression: Node) -> Row:
        operation = expression.operation
        if operation.state is not None:
            new = self.new_state[expression] = self.tensor(next_state(expression))
            return new
        if operation.meaning.definition is not None:
            return self.tensor(operation.meaning.definition(*expression.operands, *expression.parameters))
        # Its range is over what the operand was, and not over what it is at this step.
        return [REALS] * self.run.size


_PROGRESS: dict[str, Callable[[int, int], Fraction]] = {
    "p": lambda t, total: Fraction(t, total),
    "r": lambda t, total: Fraction(2 * t % total, total),
    "remaining": lambda t, total: 1 - Fraction(t + 1, total),
}


def _both(x: Interval, y: Interval) -> Interval:
    """Return what two enclosures of one value say; where they contradict each other, nothing is known."""
    try:
        return iv.intersection(x, y)
    except ValueError:
        return REALS


def _elementwise(expression: Node, operands: Sequence[Interval]) -> Interval:
    operation = expression.operation
    if operation.name == "mul" and expression.operands[0] == expression.operands[1]:
        return iv.square(operands[0])
    decided = DECIDED.get(operation.name)
    if decided is not None:
        return decided(*operands)
    found = _by_record(expression, operands)
    singularity = operation.meaning.singularity
    if singularity is not None and singularity.reached(operands):
        return _at_singularity(expression, operands, found)
    closer = _EVERYWHERE.get(operation.name)
    return found if closer is None else _both(found, closer(operands[0]))


def _at_singularity(expression: Node, operands: Sequence[Interval], away: Interval) -> Interval:
    """Return the range of a total function over operands that reach a singular point of its formula."""
    singularity = expression.operation.meaning.singularity
    base = operands[0] if singularity is not DIVISION else operands[-1]
    exactly = base.low == base.high == 0
    if singularity is DIVISION:
        return _ZERO if exactly else away.hull(_ZERO)
    if singularity is POWER:
        negative = operands[1].high < 0
        return _ZERO if exactly and negative else away.hull(_ZERO).hull(_ONE)
    # Nothing is known of ln 0, nor of the value that another operation has at its singular points.
    return REALS


def _by_record(expression: Node, operands: Sequence[Interval]) -> Interval:
    """Return what the record says of the range; all reals where a parameter is no number."""
    if any(isinstance(p, Node) for p in expression.parameters):
        return REALS
    return expression.operation.meaning.range(*operands, *expression.parameters)


def disjoint(x: Interval, y: Interval) -> bool:
    """Return whether no value lies in both."""
    return x.high < y.low or y.high < x.low
