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

from nos_sym.algebra.falsification.elementwise import both, by_record, elementwise, is_tie
from nos_sym.algebra.falsification.exact_values import ExactValues, Place, decimal
from nos_sym.algebra.falsification.matrices import MATRICES
from nos_sym.algebra.falsification.reductions import REDUCTIONS, TOTAL, of_each
from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import fraction_of, number_range
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply
from nos_sym.language.rule import STEP_COUNTS, Rule
from nos_sym.language.setting import with_values
from nos_sym.language.state import is_previous, next_state, previous_state
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOVES, PREVIOUS, UPDATE

Row = list[Interval]

NEAR = 1e-12
"""Relative half-width of inputs that stand for an open set of states."""

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
        exact: whether inputs are the decimal numbers of their texts, and ties are decided by exact values.
    """

    def __init__(
        self, rule: Rule, size: int, total_steps: int, width: float = 0.0, *, exact: bool = False
    ) -> None:
        self.rule = rule
        self.exact = exact
        update = with_values(rule.update)
        self.expression = apply("neg", update) if rule.ascent else update
        self.size = size
        self.shapes: tuple[tuple[int, ...], ...] = ((size,),)
        self.total_steps = total_steps
        self.width = width
        self.step = 0
        self.state: dict[Basic, Row] = {}
        self._states: dict[Basic, Place] = {}
        self._momentum: Row = [_ZERO] * size
        self._last: Place | None = None
        self._moved: dict[Basic, Place] = {}

    def update(
        self, gradient: Sequence[float], weight: Sequence[float], uniform: Mapping[int, Sequence[float]]
    ) -> Row:
        """Return an enclosure of the update of this step, and advance."""
        leaves = {"g": gradient, "w": weight}
        if self.exact:
            found = Step.of_decimals(self, leaves, uniform, self._states)
        else:
            found = Step(self, {n: around(row, self.width) for n, row in leaves.items()}, uniform)
        update = found.tensor(self.expression)
        self.state |= found.new_state
        if found.exact is not None:
            self._last = found.exact, self.expression
            made = {previous_state(s): (found.exact, next_state(s)) for s in found.new_state}
            self._states = self._states | made
        self.step += 1
        return update

    def change(self, update: Row, learning_rate: float, momentum: float) -> Row:
        """Return an enclosure of the change of the weights, given that of the update, which was the last."""
        move, found = MOVES[self.rule.momentum], Step(self, {}, {})
        numbers = {LEARNING_RATE: learning_rate, COEFFICIENT: momentum}
        found.scalars |= {leaf: iv.point(x) for leaf, x in numbers.items()}
        if self._last is not None:
            found.scalars |= {leaf: iv.number(decimal(x)) for leaf, x in numbers.items()}
            decimals = {leaf.operation.name: [decimal(x)] for leaf, x in numbers.items()}
            places = {UPDATE: self._last, **self._moved}
            found.exact = ExactValues(found.range, self.shapes, decimals, places, self.step)
        found.tensors |= {UPDATE: update, PREVIOUS: self._momentum}
        if move.momentum is not None:
            self._momentum = found.tensor(move.momentum)
            if found.exact is not None:
                self._moved = {PREVIOUS: (found.exact, move.momentum)}
        if found.exact is not None:
            self._last = found.exact, move.change
        return found.tensor(move.change)

    def shown(self) -> list[float | None]:
        """Return what the last call made, to the digits that are shown; ``None`` where they are not known."""
        assert self._last is not None
        values, expression = self._last
        return [values.shown(expression, i) for i in range(self.size)]


class Run(Protocol):
    """What a step knows of the run that it belongs to."""

    size: int
    shapes: tuple[tuple[int, ...], ...]
    total_steps: int
    step: int
    state: dict[Basic, Row]


class Step:
    """One step; shared nodes are computed once.

    Attributes:
        exact: exact values of the step, where they decide what the enclosures of operands do not.
    """

    def __init__(self, run: Run, leaves: dict[str, Row], uniform: Mapping[int, Sequence[float]]) -> None:
        self.run = run
        self.exact: ExactValues | None = None
        self.leaves = leaves
        self.uniform = uniform
        self.new_state: dict[Basic, Row] = {}
        self.tensors: dict[Basic, Row] = {}
        self.scalars: dict[Basic, Interval] = {}

    @classmethod
    def of_decimals(
        cls,
        run: Run,
        inputs: Mapping[str, Sequence[float]],
        uniform: Mapping[int, Sequence[float]],
        places: Mapping[Basic, Place],
    ) -> Step:
        """Return a step with exact values, over the decimal numbers that are the texts of its inputs.

        Args:
            run: the run that it belongs to.
            inputs: leaves by name, entry by entry, or one number for all entries.
            uniform: the uniform numbers of every draw of dropout.
            places: of leaves that hold what was made before, its place.
        """
        numbers = {name: [decimal(x) for x in row] for name, row in inputs.items()}
        rows = {name: [iv.number(x) for x in row] for name, row in numbers.items()}
        made = cls(run, rows, uniform)
        held = min(run.step, run.total_steps - 1)
        numbers |= {name: [of_step(held, run.total_steps)] for name, of_step in _PROGRESS.items()}
        made.exact = ExactValues(made.range, run.shapes, numbers, places, run.step)
        return made

    def range(self, expression: Basic, entry: int) -> Interval:
        """Return the enclosure of a value at an entry."""
        if kind_of(expression).of_step:
            return self.scalar(expression)
        return self.tensor(expression)[entry]

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
                return of_each(reduction, rows[0], self.run.shapes, together=operation.name == TOTAL)
            if operation.name in MATRICES:
                described = zip(operation.parameters, expression.parameters, strict=True)
                given = [value if p.literal else self.scalar(value) for p, value in described]
                within = operation.meaning.range(reduce(Interval.hull, rows[0]), *given)
                matrices = MATRICES[operation.name]
                found = of_each(lambda row, shape: matrices(row, shape, *given), rows[0], self.run.shapes)
                return [both(x, within) for x in found]
            return [by_record(expression, [reduce(Interval.hull, row) for row in rows])] * self.run.size
        found = [self._entry(expression, i, entries) for i, entries in enumerate(zip(*rows, strict=True))]
        if operation.meaning.definition is None:
            return found
        other = self.tensor(operation.meaning.definition(*operands, *expression.parameters))
        return [both(x, y) for x, y in zip(found, other, strict=True)]

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
        found = self._entry(expression, 0, [self.scalar(a) for a in operands])
        if operation.meaning.definition is None:
            return found
        defined = operation.meaning.definition(*operands, *expression.parameters)
        return both(found, self.scalar(defined))

    def _entry(self, expression: Node, entry: int, operands: Sequence[Interval]) -> Interval:
        found = elementwise(expression, operands)
        if self.exact is None or not is_tie(expression, operands, found):
            return found
        return self.exact.decided(expression, entry, found)

    def _dropped(self, expression: Node, row: Row) -> Row:
        if expression.operation.name != "drop":
            return [by_record(expression, [x]) for x in row]
        rate = fraction_of(expression.parameters[0])
        kept = iv.number(1 / (1 - rate))
        uniform = self.uniform[int(expression.parameters[1])]
        if self.exact is not None:
            uniform = [decimal(u) for u in uniform]  # type: ignore[misc]
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


def disjoint(x: Interval, y: Interval) -> bool:
    """Return whether no value lies in both."""
    return x.high < y.low or y.high < x.low
