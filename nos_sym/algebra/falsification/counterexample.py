"""States on which two rules are run, and the record of one on which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.algebra.falsification.exact_values import DIGITS
from nos_sym.language.operation import Role
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import walk
from nos_sym.program.interpreter import Guards, Interpreter

Array = npt.NDArray[Any]
Row = tuple[float, ...]

LEARNING_RATE, MOMENTUM = 0.1, 0.5
"""With which rules of different momentum types move weights."""

_SHOWN = 4
_PAST = 8


@dataclass(frozen=True, slots=True)
class State:
    """What two rules are run on: gradients and weights of every step, and the uniform numbers of dropout.

    Attributes:
        total_steps: T.
        gradients: one row for each step.
        weights: one row for each step.
        uniform: for each draw of dropout, one row for each step.
    """

    total_steps: int
    gradients: Array
    weights: Array
    uniform: Mapping[int, Array]

    def updates(self, rule: Rule, *, dtype: str = "float64", guards: Guards = Guards.POLICY) -> Array:
        """Return the updates of a rule, one row for each step."""
        run = self._interpreter(rule, dtype, guards)
        return np.array([run.update(g, w) for g, w in zip(self.gradients, self.weights, strict=True)])

    def changes(self, rule: Rule, learning_rate: float, momentum: float) -> Array:
        """Return by how much each step moves the weights, one row for each step, in float64."""
        run = self._interpreter(rule, "float64", Guards.POLICY)
        rows = zip(self.weights, self.gradients, strict=True)
        return np.array([run.change(w, g, learning_rate, momentum) for w, g in rows])

    def inputs(self) -> Iterator[tuple[list[float], list[float], dict[int, list[float]]]]:
        """Yield gradient, weight and uniform numbers of each step."""
        for step, rows in enumerate(zip(self.gradients, self.weights, strict=True)):
            gradient, weight = (list(map(float, row)) for row in rows)
            yield gradient, weight, self._uniform(step)

    def _uniform(self, step: int) -> dict[int, list[float]]:
        return {draw: list(map(float, rows[step])) for draw, rows in self.uniform.items()}

    def entry(self, index: int) -> State:
        """Return the state of one entry alone."""
        at = slice(index, index + 1)
        masks = {draw: rows[:, at] for draw, rows in self.uniform.items()}
        return replace(self, gradients=self.gradients[:, at], weights=self.weights[:, at], uniform=masks)

    def with_gradients(self, magnitude: float, rng: np.random.Generator) -> State:
        """Return the same weights and masks with other gradients."""
        return replace(self, gradients=shortened_all(magnitude * draw(rng, self.gradients.shape)))

    def _interpreter(self, rule: Rule, dtype: str, guards: Guards) -> Interpreter:
        def uniform(draw: int, shape: tuple[int, ...]) -> Array:
            row: Array = self.uniform[draw][made.step]
            return row

        made = Interpreter(
            rule,
            self.gradients.shape[1:],
            dtype=dtype,
            total_steps=self.total_steps,
            guards=guards,
            uniform=uniform,
        )
        return made


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A state on which two rules differ.

    Attributes:
        step: t, counted from 0.
        total_steps: T.
        gradients: gradients of the steps up to this one, one row for each.
        weights: weights of the same steps.
        first: update of the first rule at this step, or the change of the weights where the momentum types
            differ.
        second: the same of the second rule.
        what: what differs, in words.
        uniform: draws of dropout, each with its uniform numbers, one row for each step.
        entry: index of the entry that differs.
        reference: the place that shows another ratio of the updates; ``None`` where no ratio is kept or where
            this step alone shows two.
        rates: of an optimizer with states, the learning rate of the same steps.
        momenta: the momentum of the same steps, where it is cycled.
        shape: of the parameter; empty where it is a row of entries.
        others: shapes of more parameters, whose entries stand behind those of the first.
    """

    step: int
    total_steps: int
    gradients: tuple[Row, ...]
    weights: tuple[Row, ...]
    first: Row
    second: Row
    what: str
    uniform: tuple[tuple[int, tuple[Row, ...]], ...] = ()
    entry: int = 0
    reference: Counterexample | None = None
    rates: Row = ()
    momenta: Row = ()
    shape: tuple[int, ...] = ()
    others: tuple[tuple[int, ...], ...] = ()

    def alone(self) -> Counterexample:
        """Return what it says of its entry, where the entries of a rule do not know each other."""

        def of(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            return tuple(row[self.entry : self.entry + 1] for row in rows)

        return replace(
            self,
            gradients=of(self.gradients),
            weights=of(self.weights),
            first=of((self.first,))[0],
            second=of((self.second,))[0],
            uniform=tuple((draw, of(rows)) for draw, rows in self.uniform),
            entry=0,
        )

    def describe(self) -> list[str]:
        """Return the counterexample in lines."""
        where = f"t = {self.step} of T = {self.total_steps}"
        if len(self.first) > _SHOWN:
            where += f", entry {self.entry + 1} of {len(self.first)}"
        if self.others:
            shapes = " and ".join(str(list(s)) for s in (self.shape, *self.others))
            where += f", {1 + len(self.others)} parameters of shapes {shapes}, one behind the other"
        elif len(self.shape) > 1:
            where += f", a parameter of shape {self.shape}"
        lines = [f"at {where}"]
        for name, rows in (("g", self.gradients), ("w", self.weights)):
            lines.append(f"  {name} = {self._row(rows[-1])}{self._past(rows)}")
        for name, numbers in (("lr", self.rates), ("momentum", self.momenta)):
            if numbers:
                past = f", before it {', '.join(f'{v:.{DIGITS}g}' for v in numbers[:-1][:_PAST])}"
                lines.append(f"  {name} = {numbers[-1]:.{DIGITS}g}{past if numbers[:-1] else ''}")
        for draw, rows in self.uniform:
            lines.append(f"  uniform numbers of draw {draw}: {self._row(rows[-1])}{self._past(rows)}")
        lines.append(f"  {self.what} {self._row(self.first)} and {self._row(self.second)}")
        return lines if self.reference is None else [*lines, *self.reference.describe()]

    def _past(self, rows: tuple[Row, ...]) -> str:
        before = rows[:-1]
        past = ", ".join(self._row(row) for row in before[:_PAST])
        more = f" and {len(before) - _PAST} more" if len(before) > _PAST else ""
        return f", before it {past}{more}" if past else ""

    def _row(self, values: Row) -> str:
        shown = values if len(values) <= _SHOWN else values[self.entry : self.entry + 1]
        # Adding 0 makes 0 of -0.
        return f"({', '.join(f'{v + 0:.{DIGITS}g}' for v in shown)})"


def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return normal numbers of two decimals, none of them zero: zeros have states of their own."""
    x = np.round(rng.normal(size=shape), 2)
    return np.where(x == 0, 0.01, x)


def shortened(value: float) -> float:
    """Return the float nearest to what is shown of it, whose text says all of it."""
    return float(f"{value:.{DIGITS}g}")


def shortened_all(values: Array) -> Array:
    """Return numbers of which the text that is shown says all."""
    return np.vectorize(shortened, otypes=[float])(values)  # type: ignore[no-any-return]


def masks_of(
    rng: np.random.Generator, draws: Sequence[int], shape: tuple[int, int], *, alike: bool
) -> dict[int, Array]:
    """Return uniform numbers of two decimals for each draw of dropout, the same for all if ``alike``."""
    common = np.round(rng.random(shape), 2)
    return {d: common if alike else np.round(rng.random(shape), 2) for d in draws}


def joins_entries(*rules: Rule) -> bool:
    """Return whether an entry of an update depends on other entries, as under clipping by the norm."""
    return any(node.operation.role is Role.REDUCTION for rule in rules for node in walk(rule.update))


def record(states: Sequence[State], values: Sequence[Array], entry: int, what: str) -> Counterexample:
    """Return the record of a flat index of values, of runs of several states side by side."""
    step, column = divmod(entry, values[0].shape[1])
    size = values[0].shape[1] // len(states)
    number, column = divmod(column, size)
    state, upto = states[number], step + 1
    first, second = (_rows(v[step : step + 1, number * size : (number + 1) * size])[0] for v in values)
    return Counterexample(
        step=step,
        total_steps=state.total_steps,
        gradients=_rows(state.gradients[:upto]),
        weights=_rows(state.weights[:upto]),
        first=first,
        second=second,
        what=what,
        uniform=tuple((d, _rows(rows[:upto])) for d, rows in state.uniform.items()),
        entry=column,
    )


def _rows(values: Array) -> tuple[Row, ...]:
    return tuple(tuple(map(float, row)) for row in values)
