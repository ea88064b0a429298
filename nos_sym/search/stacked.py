"""Many programs at once in NumPy: values of the same operation and depth are rows of one array.

The update of one optimizer on five numbers takes a microsecond of arithmetic and a hundred of dispatch.
Therefore the values of all programs are rows of one array of shape ``(rows, lanes, size)``, and each
operation computes all rows that are ready. A lane is an independent run, for example at another learning
rate. What depends on the step alone is computed for all steps at once, and once for all programs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy.core.numbers import Rational

from nos_sym.program.formula import NUMPY, Functions, formula_of, is_leaf
from nos_sym.program.program import Program, Value

Array = npt.NDArray[np.float64]

_NORMS = {
    "norm2": lambda x: np.sqrt(np.sum(x * x, axis=-1, keepdims=True)),
    "peak": lambda x: np.max(np.abs(x), axis=-1, keepdims=True, initial=0),
}
_LANES = Functions(**{**vars(NUMPY), **_NORMS})
"""The namespace of the interpreter, with the norms of each lane: a lane is one tensor."""


_MOVE = 1_000_000
"""Level of what the learning rate is multiplied with, above that of every update."""


class StackedPrograms:
    """Programs that run side by side from state zero, each on its own weights, in several lanes.

    Args:
        programs: the optimizers.
        uniform: the numbers in [0, 1) that dropout compares with its rate, shape ``(draws, steps, lanes,
            size)``: the first draw of a program, in the order of drawing, has the first, whatever its number.
            At least as many draws as a program has.
        total_steps: ``T`` of the decay functions; ``steps`` may not exceed it.
        learning_rates: shape ``(steps, lanes)``.
        momenta: momentum coefficients, shape ``(steps,)``.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        uniform: Array,
        total_steps: int,
        learning_rates: Array,
        momenta: Array,
    ) -> None:
        self._uniform = uniform
        shape = uniform.shape[2:]
        self._scalars = _Scalars(total_steps, learning_rates, momenta)
        builder = _Builder(len(programs), self._scalars)
        for index, program in enumerate(programs):
            builder.add(index, program)
        rows = builder.rows()
        self._count = len(programs)
        self._draws = [rows[i] for i in builder.draws]
        self._groups = [
            _compiled(key, group, rows, self._scalars) for key, group in sorted_groups(builder.groups)
        ]
        self._changes = rows[builder.changes]
        self._states = slice(2 * self._count, 2 * self._count + len(builder.new_states))
        self._new_states = rows[np.array(builder.new_states, dtype=np.intp)]
        self._values = np.zeros((len(rows), *shape))

    def step(self, step: int, gradient: Array, weight: Array) -> Array:
        """Return what a step adds to the weights, and advance the states.

        Args:
            step: counted from 0; steps come in order.
            gradient: shape ``(programs, lanes, size)``.
            weight: of the same shape.
        """
        values, count = self._values, self._count
        values[:count] = gradient
        values[count : 2 * count] = weight
        for draw, row in enumerate(self._draws):
            values[row] = self._uniform[draw, step]
        for group in self._groups:
            values[group.rows] = group.function(*(o.get(values, step) for o in group.operands))
        change: Array = values[self._changes]
        values[self._states] = values[self._new_states]
        return change


@dataclass(frozen=True, slots=True)
class _Key:
    """What the values of one group have in common; groups are computed in the order of ``level``."""

    level: int
    operation: str
    parameters: tuple[Rational, ...]
    guarded: bool
    scalar: tuple[bool, ...]


@dataclass(slots=True)
class _Group:
    """The values of one call: their numbers, and for each operand the numbers of tensors or scalars."""

    values: list[int] = field(default_factory=list)
    operands: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tensors:
    """Operands that are rows, given by a slice where they follow each other."""

    rows: Any

    def get(self, values: Array, step: int) -> Array:
        """Return them, shape ``(n, lanes, size)``."""
        return values[self.rows] if isinstance(self.rows, slice) else values.take(self.rows, axis=0)


@dataclass(frozen=True, slots=True)
class _StepScalars:
    """Operands that depend on the step alone, shape ``(steps, n, 1 or lanes, 1)``."""

    table: Array

    def get(self, values: Array, step: int) -> Array:
        """Return those of a step, shape ``(n, 1 or lanes, 1)``."""
        scalars: Array = self.table[step]
        return scalars


@dataclass(frozen=True, slots=True)
class _Compiled:
    rows: slice
    operands: tuple[_Tensors | _StepScalars, ...]
    function: Callable[..., Any]


class _Builder:
    """Sorts the values of programs into groups; each tensor has a number, and later a row."""

    def __init__(self, count: int, scalars: _Scalars) -> None:
        self.count = count
        self.scalars = scalars
        self.tensors = 2 * count
        self.groups: dict[_Key, _Group] = {}
        self.draws: list[int] = []
        self.states: list[int] = []
        self.new_states: list[int] = []
        self.changes = np.zeros(count, dtype=np.intp)

    def add(self, index: int, program: Program) -> None:
        """Add the values that the change of the weights or a state of a program needs."""
        numbers: dict[Value, int] = {}
        levels: dict[Value, int] = {}
        rates: set[Value] = set()
        for slot in program.slots:
            numbers[slot.old], levels[slot.old] = self._new_tensor(), 0
            self.states.append(numbers[slot.old])
        for value in program.needed:
            if value in numbers:
                continue
            if value.kind.of_step:
                if value.operation in ("lr", "mu") or not rates.isdisjoint(value.operands):
                    rates.add(value)
                numbers[value] = self.scalars.number(value, [numbers[o] for o in value.operands])
            elif value.operation in ("g", "w"):
                numbers[value], levels[value] = index + self.count * (value.operation == "w"), 0
            elif value.operation == "draw":
                numbers[value], levels[value] = self._draw(program.draws.index(value.slot)), 0
            else:
                levels[value] = 1 + max((levels.get(o, 0) for o in value.operands), default=0)
                if any(o in rates for o in value.operands):
                    # The moves of all programs, whose updates have various depths, are computed together.
                    levels[value] = max(levels[value], _MOVE)
                numbers[value] = self._member(value, levels[value], numbers)
        self.changes[index] = numbers[program.change]
        self.new_states += [numbers[slot.new] for slot in program.slots]

    def rows(self) -> npt.NDArray[np.intp]:
        """Return the row of each tensor: gradients, weights, states, draws, then group after group."""
        rows = np.zeros(self.tensors, dtype=np.intp)
        order = [*range(2 * self.count), *self.states, *self.draws]
        for _, group in sorted_groups(self.groups):
            order += group.values
        rows[order] = np.arange(self.tensors)
        return rows

    def _new_tensor(self) -> int:
        self.tensors += 1
        return self.tensors - 1

    def _draw(self, position: int) -> int:
        while len(self.draws) <= position:
            self.draws.append(self._new_tensor())
        return self.draws[position]

    def _member(self, value: Value, level: int, numbers: dict[Value, int]) -> int:
        operands = [numbers[o] for o in value.operands]
        scalar = [o.kind.of_step for o in value.operands]
        key = _Key(level, value.operation, value.parameters, value.guarded, tuple(scalar))
        group = self.groups.setdefault(key, _Group())
        number = self._new_tensor()
        group.values.append(number)
        group.operands.append(operands)
        return number


class _Scalars:
    """Values of the step alone, shape ``(steps, 1 or lanes)``; equal ones of different programs are one."""

    def __init__(self, total_steps: int, learning_rates: Array, momenta: Array) -> None:
        steps = np.arange(len(momenta), dtype=np.float64)[:, None]
        self._env = SimpleNamespace(step=steps, total_steps=float(total_steps))
        self._given = {"lr": learning_rates, "mu": momenta[:, None]}
        self._numbers: dict[Any, int] = {}
        self._arrays: list[Array] = []

    def number(self, value: Value, operands: list[int]) -> int:
        """Return the number of a value whose operands have numbers."""
        key = (value.operation, tuple(operands), value.parameters, value.guarded, value.number.hex())
        if key not in self._numbers:
            self._numbers[key] = self._append(self._evaluate(value, operands))
        return self._numbers[key]

    def table(self, numbers: Sequence[int]) -> Array:
        """Return values by step, shape ``(steps, n, 1 or lanes, 1)``."""
        arrays = np.broadcast_arrays(*(self._arrays[n] for n in numbers))
        return np.stack(arrays, axis=1)[..., None]

    def _append(self, array: Array) -> int:
        self._arrays.append(array)
        return len(self._arrays) - 1

    def _evaluate(self, value: Value, numbers: list[int]) -> Array:
        if value.operation in self._given:
            return self._given[value.operation]
        if value.operation in ("constant", "setting"):
            number = value.number if value.is_constant else float(value.parameters[0])
            return np.full_like(self._env.step, number)
        operands = [self._arrays[n] for n in numbers]
        environment = [self._env] if is_leaf(value) else []
        function = formula_of(value.operation, value.parameters, value.guarded)
        result = np.asarray(function(*environment, *operands), np.float64)
        return np.broadcast_to(result, np.broadcast_shapes(result.shape, self._env.step.shape))


def sorted_groups(groups: dict[_Key, _Group]) -> list[tuple[_Key, _Group]]:
    """Return groups in an order in which operands come before their users."""
    return sorted(groups.items(), key=lambda item: item[0].level)


def _compiled(key: _Key, group: _Group, rows: npt.NDArray[np.intp], scalars: _Scalars) -> _Compiled:
    first = int(rows[group.values[0]])
    columns = zip(*group.operands, strict=True)
    operands = tuple(
        _StepScalars(scalars.table(column)) if scalar else _Tensors(_as_slice(rows[list(column)]))
        for column, scalar in zip(columns, key.scalar, strict=True)
    )
    return _Compiled(
        slice(first, first + len(group.values)),
        operands,
        formula_of(key.operation, key.parameters, key.guarded, xp=_LANES),
    )


def _as_slice(rows: npt.NDArray[np.intp]) -> Any:
    first = int(rows[0])
    return (
        slice(first, first + len(rows)) if np.array_equal(rows, np.arange(first, first + len(rows))) else rows
    )
