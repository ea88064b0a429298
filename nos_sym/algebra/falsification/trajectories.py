"""Weights of an optimizer along a history, enclosed by intervals: every step begins where the last one ended.

Two optimizers are run on one history. At the first step at which an entry of their weights is disjoint, they
are proved to differ, whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.algebra.falsification.enclosure import Row, Step
from nos_sym.intervals import interval as iv
from nos_sym.language.node import kind_of
from nos_sym.language.registry import apply
from nos_sym.language.system import System


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
    """

    shape: tuple[int, ...]
    total_steps: int
    weights: tuple[float, ...]
    gradients: tuple[tuple[float, ...], ...]
    rates: tuple[float, ...]
    momenta: tuple[float, ...]
    uniform: tuple[tuple[float, ...], ...] = ()


class Trajectory:
    """Runs one system on intervals; steps count from 0."""

    def __init__(self, system: System, history: History, draws: Sequence[int] = ()) -> None:
        self.system = system
        self.history = history
        self.draws = draws
        self.shape = history.shape
        self.size = len(history.weights)
        self.total_steps = history.total_steps
        self.step = 0
        self.weights: Row = [iv.point(x) for x in history.weights]
        self.state: dict[Basic, Row] = {}
        self._old: dict[Basic, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        """Yield the weights after each step."""
        for _ in self.history.gradients:
            yield self._advance()

    def _advance(self) -> Row:
        history, now = self.history, self.step
        gradient = [iv.point(x) for x in history.gradients[now]]
        uniform: Mapping[int, Sequence[float]] = dict.fromkeys(
            self.draws, history.uniform[now] if history.uniform else ()
        )
        numbers = {"lr": history.rates[now], "momentum": history.momenta[now], "t": float(now)}
        scalars = {apply(name): iv.point(x) for name, x in numbers.items()}
        scalars[apply("T")] = iv.point(float(self.total_steps))
        leaves = {"g": gradient, "w": self.weights}
        for name, number in self._shape_numbers().items():
            leaves[name] = [iv.point(float(number))] * self.size
        if now == 0:
            first = Step(self, leaves, uniform)
            first.scalars |= scalars
            self._old = {s.old: first.tensor(s.start) for s in self.system.states}
        step = Step(self, leaves, uniform)
        step.scalars |= scalars
        for old, row in self._old.items():
            if kind_of(old).of_step:
                step.scalars[old] = row[0]
            else:
                step.tensors[old] = row
        new = {s.old: step.tensor(s.new) for s in self.system.states}
        self.weights = step.tensor(self.system.move)
        self._old = new
        self.state |= step.new_state
        self.step += 1
        return self.weights

    def _shape_numbers(self) -> dict[str, int]:
        shape = self.shape
        return {
            "size": self.size,
            "rank": len(shape),
            "rows": shape[-2] if len(shape) > 1 else 1,
            "cols": shape[-1] if shape else 1,
        }
