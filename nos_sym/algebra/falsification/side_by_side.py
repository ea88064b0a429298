"""Two rules on several states side by side: enclosures that prove a difference, and the values to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nos_sym.algebra.falsification.counterexample import (
    LEARNING_RATE,
    MOMENTUM,
    Array,
    Counterexample,
    State,
    record,
)
from nos_sym.algebra.falsification.enclosure import Enclosure
from nos_sym.algebra.falsification.exact_values import DIGITS
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.intervals.interval import Interval
from nos_sym.language.rule import Rule


class Runs:
    """Enclosures of updates, or of changes of the weights where the momentum types differ.

    Attributes:
        near: those near the states, a list for each rule in the order of the flat values.
    """

    def __init__(
        self, a: Rule, b: Rule, states: Sequence[State], width: float, measured: Sequence[Array]
    ) -> None:
        self.rules = a, b
        self.measured = measured
        self.states = states
        self.near = [self._run(rule, width)[0] for rule in self.rules]
        self._exact: list[tuple[list[Interval], Array]] | None = None

    @property
    def exact(self) -> list[list[Interval]]:
        """Enclosures at the states, ties decided by exact values."""
        return [ranges for ranges, _ in self._runs()]

    @property
    def shown(self) -> list[Array]:
        """Values to the digits that are shown, one row for each step, NaN where they are not known.

        Beyond these digits they are what was measured, where that agrees in them.
        """
        pairs = zip(self._runs(), self.measured, strict=True)
        return [np.where(_texts(values) == _texts(given), given, values) for (_, values), given in pairs]

    def are_shown(self, *entries: int, alone: bool = False) -> bool:
        """Return whether values of flat indices are known, with all others of their rows if not alone."""
        columns = self.shown[0].shape[1]
        size = columns // len(self.states)
        for entry in entries:
            step, column = divmod(entry, columns)
            first = column // size * size
            at = slice(column, column + 1) if alone else slice(first, first + size)
            if any(np.isnan(values[step, at]).any() for values in self.shown):
                return False
        return True

    def place(self, entry: int, what: str, *, alone: bool) -> Counterexample:
        """Return the record of a flat index, of its entry alone if the others are not known."""
        found = record(self.states, self.shown, entry, what)
        return found.alone() if alone else found

    def _runs(self) -> list[tuple[list[Interval], Array]]:
        if self._exact is None:
            with fresh_workspace():
                self._exact = [self._run(rule, 0.0, exact=True) for rule in self.rules]
        return self._exact

    def _run(self, rule: Rule, width: float, *, exact: bool = False) -> tuple[list[Interval], Array]:
        changes = self.rules[0].momentum is not self.rules[1].momentum
        runs, shown = [], []
        for state in self.states:
            run = Enclosure(rule, state.gradients.shape[1], state.total_steps, width, exact=exact)
            rows, values = [], []
            for gradient, weight, uniform in state.inputs():
                row = run.update(gradient, weight, uniform)
                rows.append(run.change(row, LEARNING_RATE, MOMENTUM) if changes else row)
                values.append(run.shown() if exact else [])
            runs.append(rows)
            shown.append(np.array(values, dtype=float))  # what is not known is NaN
        flat = [x for step in zip(*runs, strict=True) for row in step for x in row]
        return flat, np.concatenate(shown, axis=1)


def _texts(values: Array) -> Array:
    return np.vectorize(lambda v: f"{v + 0:.{DIGITS}g}", otypes=[object])(values)  # type: ignore[no-any-return]
