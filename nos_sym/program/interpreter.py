"""The NumPy interpreter: a rule's program, value by value and step by step, in any floating dtype.

It runs what the lowering makes for NumPy: every operation computes the formula of its record. Generated code
is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.formula import formula_of, is_leaf, saturate
from nos_sym.program.given import given_settings
from nos_sym.program.guards import Guards
from nos_sym.program.lower import lower
from nos_sym.program.program import Program, Slot, Value, reachable

__all__ = ["Guards", "Interpreter", "schedule_values"]

Array = npt.NDArray[Any]
Uniform = Callable[[int, tuple[int, ...]], Array]
"""``(draw, shape)`` to uniform numbers in [0, 1): the masks of dropout for one step."""


class Interpreter:
    """Runs one rule on one tensor.

    Args:
        rule: the optimizer.
        shape: shape of the weights.
        dtype: floating dtype of weights, state and arithmetic. Scalars of the step are computed in float64
            (or in ``dtype`` where that is wider) and rounded to ``dtype``, as in generated code.
        total_steps: ``T`` of the decay functions; may be ``None`` where the rule has none. Past ``T`` decay
            functions hold their last value.
        guards: treatment of singular points.
        saturating: keep values within the numbers of their type, as generated code does.
        rng: generator of the dropout masks, which a rule with dropout needs.
        uniform: in place of ``rng``, the uniform numbers of each draw.
        settings: values of the rule's settings by name; the others have their defaults.
        program: that of the rule under these options, where it is there already.

    Attributes:
        step, missed: how many steps were done, and in how many it had no gradient; decays count both.
        states: value of each slot before the next step.

    Raises:
        ValueError: ``total_steps`` is below 1, or missing at the first step of a rule with decay functions; a
            rule with dropout is given neither ``rng`` nor ``uniform``; the rule has no setting of a name, or
            a value is outside its domain.
    """

    def __init__(
        self,
        rule: Rule | Block,
        shape: tuple[int, ...],
        *,
        dtype: npt.DTypeLike = np.float64,
        total_steps: int | None = None,
        guards: Guards = Guards.POLICY,
        saturating: bool = True,
        rng: np.random.Generator | None = None,
        uniform: Uniform | None = None,
        settings: Mapping[str, float] | None = None,
        program: Program | None = None,
    ) -> None:
        if total_steps is not None and total_steps < 1:
            raise ValueError(f"total_steps = {total_steps} must be at least 1")
        self.rule = rule
        self.dtype = np.dtype(dtype)
        self.total_steps = total_steps
        self.guards = guards
        self.program = program or lower(rule, guards=guards, saturating=saturating)
        self._settings = given_settings(self.program, settings or {})
        self._uniform: Uniform | None = uniform
        if rng is not None and uniform is None:
            self._uniform = lambda draw, shape: rng.random(shape)
        if self._uniform is None and self.program.draws:
            raise ValueError("the rule has dropout: rng or uniform must be given")
        moves = {value for value in self.program.values if value.operation in ("lr", "mu")}
        self._unmoved = [s for s in self.program.slots if not moves & reachable([s.new])]
        self._compute = _Evaluator(self.program.values, self.dtype, guards)
        self._shape = shape
        self.restart()

    def restart(self) -> None:
        """Go back to before the first step."""
        self.step = self.missed = 0
        self.states = {slot.old: self._zero(slot, self._shape) for slot in self.program.slots}

    def set(self, settings: Mapping[str, float]) -> None:
        """Give settings other values from the next step on; those that are not named get their defaults.

        Raises:
            ValueError: the rule has no setting of a name, or a value is outside its domain.
        """
        self._settings = given_settings(self.program, settings)

    def update(self, gradient: Array, weight: Array) -> Array:
        """Return ``U`` of the current step, advance the state and the step; the weights do not move."""
        return self._run(self.program.update, self._unmoved, gradient, weight, ())

    def apply(self, weight: Array, gradient: Array, learning_rate: float, momentum: float = 0.9) -> Array:
        """Return the weights after one step (Table 1) with learning rate ``lr`` and momentum ``mu``."""
        weight = np.asarray(weight, self.dtype)
        change = self.change(weight, gradient, learning_rate, momentum)
        return self.moved(weight, change)

    def moved(self, weight: Array, change: Array) -> Array:
        """Return the weights that a change leaves."""
        with np.errstate(all="ignore"):
            moved = change if self.program.replaces else np.asarray(weight + change)
            return np.asarray(saturate(moved)) if self.program.unbounded else moved

    def change(self, weight: Array, gradient: Array, learning_rate: float, momentum: float = 0.9) -> Array:
        """Return what the current step adds to the weights, advance the state and the step.

        Of a block it is what the weights become.
        """
        numbers = (learning_rate, momentum)
        return self._run(self.program.change, self.program.slots, gradient, weight, numbers)

    def _run(
        self,
        result: Value,
        slots: Iterable[Slot],
        gradient: Array,
        weight: Array,
        numbers: tuple[float, ...],
    ) -> Array:
        step = self.begin(gradient, weight, numbers)
        if self.step == 0:
            self.start(slots, step)
        return self.finish(result, slots, step)

    def begin(self, gradient: Array, weight: Array, numbers: tuple[float, ...]) -> Step:
        """Return what is known at the beginning of a step, given its learning rate and momentum if any."""
        if self.total_steps is None and self.program.needs_total_steps:
            raise ValueError("the rule has decay functions: total_steps must be given")
        known: dict[Value, Any] = dict(self.states)
        for value in self.program.values:
            if value.operation == "setting":
                known[value] = self._compute.wide(self._settings[value])
            elif value.operation in ("lr", "mu") and numbers:
                known[value] = np.asarray(numbers[value.operation == "mu"], self.dtype)[()]
        gradient, weight = np.asarray(gradient, self.dtype), np.asarray(weight, self.dtype)
        drawn = {d: np.asarray(self._uniform(d, weight.shape)) for d in self.program.draws if self._uniform}
        now = self.step + self.missed
        return Step(known, _Leaves(gradient, weight, drawn, self.step, now, self.total_steps or now + 1))

    def start(self, slots: Iterable[Slot], step: Step) -> None:
        """Replace the zeros of states by their starts."""
        started = [slot for slot in slots if slot.start is not None]
        before = {value: x for value, x in step.known.items() if value not in self.states}
        self.compute([slot.start for slot in started if slot.start is not None], Step(before, step.leaves))
        for slot in started:
            zero, start = step.known[slot.old], before[slot.start]  # type: ignore[index]
            step.known[slot.old] = (
                start if slot.kind.of_step else np.broadcast_to(start, zero.shape).astype(self.dtype)
            )

    def compute(self, roots: Iterable[Value], step: Step) -> None:
        """Add values, and what they are computed from, to what is known of a step."""
        with np.errstate(all="ignore"):
            self._compute(roots, step.known, step.leaves)

    def finish(self, result: Value, slots: Iterable[Slot], step: Step) -> Array:
        """Return a value of the step, advance the states and the count."""
        self.compute([result, *(slot.new for slot in slots)], step)
        for slot in slots:
            self.states[slot.old] = step.known[slot.new]
        self.step += 1
        return np.asarray(step.known[result])

    def _zero(self, slot: Slot, shape: tuple[int, ...]) -> Any:
        return (
            self._compute.wide(0) if slot.kind.of_step else np.zeros(shape_of(slot.kind, shape), self.dtype)
        )


def shape_of(kind: Kind, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a value of a kind, given that of the parameter."""
    if kind is Kind.ROW:
        return (*shape[:-1], 1) if shape else ()
    if kind is Kind.COLUMN:
        return (*shape[:-2], *((1,) if len(shape) > 1 else ()), *shape[-1:])
    return shape if kind is Kind.TENSOR else ()


@dataclass(frozen=True, slots=True)
class _Leaves:
    """What the leaves of a program see at one step; steps count from 0."""

    gradient: Array
    weight: Array
    drawn: Mapping[int, Array]
    step: int
    training_step: int
    total_steps: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step of one tensor while it is computed: the values that are known, and what leaves see."""

    known: dict[Value, Any]
    leaves: _Leaves


class _Evaluator:
    """Computes values of a program, each once a step."""

    def __init__(self, values: Sequence[Value], dtype: npt.DTypeLike, guards: Guards) -> None:
        self.values = values
        self.dtype = np.dtype(dtype)
        self.wide = np.result_type(self.dtype, np.float64).type
        self.guards = guards
        self._functions: dict[Value, Callable[..., Any]] = {}
        self._orders: dict[tuple[Value, ...], list[Value]] = {}

    def __call__(self, roots: Iterable[Value], known: dict[Value, Any], leaves: _Leaves) -> None:
        """Add the roots, and what they are computed from, to the known values."""
        key = tuple(roots)
        if key not in self._orders:
            found = reachable(key)
            self._orders[key] = [value for value in self.values if value in found]
        for value in self._orders[key]:
            if value not in known:
                known[value] = self._value(value, known, leaves)

    def _value(self, value: Value, known: Mapping[Value, Any], leaves: _Leaves) -> Any:
        if value.is_constant:
            return self.wide(value.number)
        if value.operation == "draw":
            return leaves.drawn[value.slot]
        if value not in self._functions:
            self._functions[value] = formula_of(value.operation, value.parameters, value.guarded, self.guards)
        function = self._functions[value]
        operands = [known[o] for o in value.operands]
        if is_leaf(value):
            # What needs T holds its last value after it; a bias correction goes on.
            counts = value.operands or REGISTRY[value.operation].any_total
            step = leaves.step if counts else min(leaves.training_step, leaves.total_steps - 1)
            step, total = self.wide(step), self.wide(leaves.total_steps)
            function = partial(function, SimpleNamespace(
                gradient=leaves.gradient, weight=leaves.weight, step=step, total_steps=total
            ))  # fmt: skip
        if value.kind.of_step:
            return self.wide(function(*operands))
        kinds = [o.kind for o in value.operands]
        narrow = [self.dtype.type(x) if k.of_step else x for x, k in zip(operands, kinds, strict=True)]
        result = np.asarray(function(*narrow), self.dtype)
        shape = shape_of(value.kind, leaves.weight.shape)
        return np.broadcast_to(result, shape) if value.operation == "fill" else result


def schedule_values(
    schedule: Schedule,
    total_steps: int,
    settings: Mapping[str, float] | None = None,
    *,
    steps: int | None = None,
) -> npt.NDArray[np.float64]:
    """Return the factor of a schedule at ``t = 0 ... total_steps - 1``, guards applied.

    Args:
        schedule: the schedule.
        total_steps: ``T``.
        settings: values of its settings by name; the others have their defaults.
        steps: how many values, ``total_steps`` where left out; ``t`` goes on after ``T``.

    Raises:
        ValueError: ``total_steps`` is below 1, or a setting is unknown or outside its domain.
    """
    if not total_steps >= 1:
        raise ValueError(f"total_steps is {total_steps}; expected at least 1")
    program = lower(schedule)
    given = {value: np.float64(number) for value, number in given_settings(program, settings or {}).items()}
    compute = _Evaluator(program.values, np.float64, Guards.POLICY)
    found = np.zeros(total_steps if steps is None else steps)
    with np.errstate(all="ignore"):
        for t in range(len(found)):
            known: dict[Value, Any] = dict(given)
            compute([program.update], known, _Leaves(found, found, {}, t, t, total_steps))
            found[t] = known[program.update]
    return found
