"""Weights of an optimizer along a history, enclosed by intervals: every step begins where the last one ended.

Two optimizers are run on one history. At the first step at which an entry of their weights is disjoint, they
are proved to differ, whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from sympy.core.basic import Basic

from nos_sym.algebra.falsification.enclosure import Row, Step
from nos_sym.algebra.falsification.exact_values import Place
from nos_sym.intervals import interval as iv
from nos_sym.language.node import kind_of
from nos_sym.language.registry import apply
from nos_sym.language.state import next_state, previous_state
from nos_sym.language.system import System

_WEIGHT = apply("w")


@dataclass(frozen=True, slots=True)
class History:
    """What an optimizer is run on.

    Attributes:
        shape: of the parameter.
        total_steps: T.
        weights: at the start, entry by entry.
        gradients: of each step.
        rates: learning rate of each step.
        momenta: momentum of each step, of the optimizers in which it is cycled.
        uniform: the uniform numbers of every draw of dropout, the same for all of them, one row a step.
        others: shapes of more parameters of one optimizer, whose entries stand behind those of the first.
    """

    shape: tuple[int, ...]
    total_steps: int
    weights: tuple[float, ...]
    gradients: tuple[tuple[float, ...], ...]
    rates: tuple[float, ...]
    momenta: tuple[float, ...]
    uniform: tuple[tuple[float, ...], ...] = ()
    others: tuple[tuple[int, ...], ...] = ()


class Trajectory:
    """Runs one system on intervals; steps count from 0.

    Args:
        system: the optimizer.
        history: what it is run on.
        draws: the numbers of its draws of dropout.
        exact: whether inputs are the decimal numbers of their texts, and ties are decided by exact values.
    """

    def __init__(
        self, system: System, history: History, draws: Sequence[int] = (), *, exact: bool = False
    ) -> None:
        self.system = system
        self.history = history
        self.draws = draws
        self.exact = exact
        self.shapes = (history.shape, *history.others)
        self.size = len(history.weights)
        self.total_steps = history.total_steps
        self.step = 0
        self.weights: Row = [iv.point(x) for x in history.weights]
        self.state: dict[Basic, Row] = {}
        self._old: dict[Basic, Row] = {}
        self._places: dict[Basic, Place] = {}

    def __iter__(self) -> Iterator[Row]:
        """Yield the weights after each step."""
        for _ in self.history.gradients:
            yield self._advance()

    @property
    def values(self) -> dict[Basic, Row]:
        """The states of the system after the last step, by the leaves that are their old values."""
        return self._old

    def shown(self) -> list[float | None]:
        """Return the weights to the digits that are shown; ``None`` where these are not known."""
        values, move = self._places[_WEIGHT]
        return [values.shown(move, i) for i in range(self.size)]

    def _advance(self) -> Row:
        if self.step == 0:
            first = self._step()
            self._old = {s.old: first.tensor(s.start) for s in self.system.states}
            if first.exact is not None:
                self._places |= {s.old: (first.exact, s.start) for s in self.system.states}
        step = self._step()
        for old, row in self._old.items():
            if kind_of(old).of_step:
                step.scalars[old] = row[0]
            else:
                step.tensors[old] = row
        new = {s.old: step.tensor(s.new) for s in self.system.states}
        self.weights = step.tensor(self.system.move)
        if step.exact is not None:
            self._places |= {previous_state(s): (step.exact, next_state(s)) for s in step.new_state}
            self._places |= {s.old: (step.exact, s.new) for s in self.system.states}
            self._places |= {_WEIGHT: (step.exact, self.system.move)}
        self._old = new
        self.state |= step.new_state
        self.step += 1
        return self.weights

    def _step(self) -> Step:
        """Return a step at the weights, before the values of the states are given to it."""
        history, now = self.history, self.step
        uniform: Mapping[int, Sequence[float]] = dict.fromkeys(
            self.draws, history.uniform[now] if history.uniform else ()
        )
        inputs: dict[str, Sequence[float]] = {"g": history.gradients[now], "w": history.weights}
        rates = {"lr": history.rates[now], "momentum": history.momenta[now]}
        if self.exact:
            inputs |= {name: (x,) for name, x in rates.items()}
            step = Step.of_decimals(self, inputs, uniform, dict(self._places))
            scalars = {name: step.leaves.pop(name)[0] for name in rates}
        else:
            step = Step(self, {name: [iv.point(x) for x in row] for name, row in inputs.items()}, uniform)
            scalars = {name: iv.point(x) for name, x in rates.items()}
        if now > 0:
            step.leaves["w"] = self.weights
        scalars |= {"t": iv.point(float(now)), "T": iv.point(float(self.total_steps))}
        step.scalars |= {apply(name): x for name, x in scalars.items()}
        step.leaves |= {name: [] for name in _shape_numbers(())}
        for shape in self.shapes:
            for name, number in _shape_numbers(shape).items():
                step.leaves[name] = [*step.leaves[name], *[iv.point(float(number))] * prod(shape)]
        return step


def _shape_numbers(shape: tuple[int, ...]) -> dict[str, int]:
    return {
        "size": prod(shape),
        "rank": len(shape),
        "rows": shape[-2] if len(shape) > 1 else 1,
        "cols": shape[-1] if shape else 1,
        "first_axis": shape[0] if shape else 1,
        "second_axis": shape[1] if len(shape) > 1 else 1,
    }
