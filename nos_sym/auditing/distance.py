"""How far two optimizers are apart, measured: trajectories over histories and settings. It proves nothing.

The distance of two trajectories is the largest difference of a weight at any step, divided by the farthest
that any weight of either moved. It is 0 where nothing moves, about 2 for opposite steps, and infinite where
one alone leaves the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.system import expressions, system_of
from nos_sym.language.traversal import walk
from nos_sym.program.lower import lower
from nos_sym.program.parameters import Parameters
from nos_sym.program.program import TOTAL, Program

Array = npt.NDArray[np.float64]

SHAPE = (2, 3)
"""Of the weights: a matrix, which every rule takes."""

START: Array = np.array([[1.0, -0.5, 0.25], [2.0, -1.5, 0.75]])
"""The weights before the first step."""

STEPS = 24
DRAWS = 2
APART = 1e-9
"""Relative difference of trajectories that counts as one; an interpreter in float64 has less by rounding."""

Settings = Mapping[tuple[str, str], float]
"""Values of settings by their names in the first and in the second optimizer; empty where one has none."""

_USUAL = (0.9, 0.5, 0.1, 0.01, 0.99, 1.0, 0.0, 2.0)


@dataclass(frozen=True, slots=True)
class History:
    """Gradients and rates of a training.

    Attributes:
        name: in words.
        gradients: a function of step and weights.
        rate: a function of the step.
    """

    name: str
    gradients: Callable[[int, Array], Array]
    rate: Callable[[int], float] = lambda step: 0.01


@dataclass(frozen=True, slots=True)
class Measured:
    """A distance on one history at some settings.

    Attributes:
        history: in words.
        settings: values of the settings, by the names of the first side, those of the second behind ``B.``.
        distance: the relative distance of the trajectories.
        step: the first step after which they are more than 1e-9 apart, from 0; ``None`` where there is none.
    """

    history: str
    settings: tuple[tuple[str, float], ...]
    distance: float
    step: int | None


@dataclass(frozen=True, slots=True)
class Distance:
    """Distances over histories and settings.

    Attributes:
        rows: one for each history and draw of settings, the values of the question first.
    """

    rows: tuple[Measured, ...]

    @property
    def largest(self) -> Measured:
        """The row with the largest distance."""
        return max(self.rows, key=lambda row: row.distance)

    @property
    def median(self) -> float:
        """The median distance."""
        return float(np.median([row.distance for row in self.rows]))


def histories() -> tuple[History, ...]:
    """Return the histories on which trajectories are compared: what trainings have, and what breaks rules."""
    rng = np.random.default_rng(21)
    drawn = rng.normal(size=(STEPS, *SHAPE))
    sparse = np.where(rng.random(drawn.shape) < 0.3, drawn, 0.0)
    sparse[:, 0, 0] = 0
    curvature = np.array([[1.0, 10.0, 0.1], [3.0, 0.3, 30.0]])

    def of(rows: Array) -> Callable[[int, Array], Array]:
        return lambda step, weights: rows[step]

    return (
        History("drawn", of(drawn)),
        History("a quadratic function", lambda step, weights: curvature * weights),
        History("small gradients, 1e-6", of(1e-6 * drawn)),
        History("large gradients, 1e6", of(1e6 * drawn)),
        History("zeros at most steps", of(sparse)),
        History("no gradient", of(np.zeros_like(drawn))),
        History("a rate that changes", of(drawn), lambda step: 0.02 * (step + 1) / STEPS),
    )


class Runner:
    """Runs one optimizer along histories; its program is made once.

    Args:
        rule: the optimizer, with settings.
        several: whether there is a second parameter, of half the gradients in the opposite order.
    """

    def __init__(self, rule: Rule | Block, several: bool = False) -> None:
        self.rule = rule
        self.several = several
        self._program: Program = lower(rule)
        self._known: dict[object, Array] = {}

    def __call__(self, history: History, settings: Mapping[str, float], steps: int = STEPS) -> Array:
        """Return the weights before the first step and after each."""
        key = history.name, tuple(sorted(settings.items())), steps
        if key not in self._known:
            self._known[key] = self._run(history, settings, steps)
        return self._known[key]

    def _run(self, history: History, settings: Mapping[str, float], steps: int) -> Array:
        run = Parameters(
            self.rule,
            [SHAPE] * (1 + self.several),
            total_steps=STEPS,
            program=self._program,
            settings=settings,
            uniform=lambda draw, shape: np.full(shape, 0.5),
        )
        now = [START, -START][: 1 + self.several]
        rows = [np.array(now)]
        with np.errstate(all="ignore"):
            for step in range(steps):
                gradients = [history.gradients(step, now[0])]
                gradients += [0.5 * history.gradients(STEPS - 1 - step, w) for w in now[1:]]
                now = run.apply(now, gradients, history.rate(step))
                rows.append(np.array(now))
        return np.array(rows)


def apart(first: Array, second: Array) -> tuple[float, int | None]:
    """Return the distance of two trajectories, and the first step after which they are apart, if they are.

    A trajectory that leaves the numbers is infinitely far from one that does not; where both do at one place,
    what is before it counts.
    """
    finite = np.isfinite(first), np.isfinite(second)
    if (finite[0] != finite[1]).any():
        wrong = (finite[0] != finite[1]).reshape(len(first), -1).any(axis=1)
        return float("inf"), max(int(np.argmax(wrong)) - 1, 0)
    x, y = (np.where(finite[0], row, 0.0) for row in (first, second))
    # Divided first: differences of the largest numbers are none.
    scale = max(float(np.abs(x).max()), float(np.abs(y).max()), 1e-300)
    x, y = x / scale, y / scale
    moved = max(float(np.abs(row - row[0]).max()) for row in (x, y))
    if moved == 0:
        return 0.0, None
    differs = np.abs(x - y).reshape(len(x), -1).max(axis=1) / moved
    over = np.nonzero(differs > APART)[0]
    return float(differs.max()), int(over[0]) - 1 if len(over) else None


class Meter:
    """Measures two optimizers at settings; what was run is kept.

    Args:
        a: one optimizer.
        b: the other; where either has a number for all parameters there are two of them.
        on: the histories; all of them where left out.
    """

    def __init__(self, a: Rule | Block, b: Rule | Block, on: Sequence[History] | None = None) -> None:
        nodes = (n for rule in (a, b) for x in expressions(system_of(rule)) for n in walk(x))
        several = any(node.operation.name == TOTAL for node in nodes)
        self._runners = Runner(a, several), Runner(b, several)
        self._histories = histories() if on is None else on

    def __call__(self, settings: Settings) -> list[Measured]:
        """Return a distance for each history, at values of the settings by their names on either side."""
        sides = [{names[side]: x for names, x in settings.items() if names[side]} for side in (0, 1)]
        shown = tuple((x or f"B.{y}", value) for (x, y), value in settings.items())
        rows = []
        for history in self._histories:
            runs = (run(history, own) for run, own in zip(self._runners, sides, strict=True))
            rows.append(Measured(history.name, shown, *apart(*runs)))
        return rows


def measure(
    meter: Meter, values: Mapping[tuple[str, str], tuple[float, Sequence[float]]], draws: int = DRAWS
) -> Distance:
    """Measure two optimizers over a grid of histories and settings.

    Args:
        meter: the optimizers.
        values: for each setting, by its name in the first and in the second (empty where it has none), its
            value in the question, and others of its domain.
        draws: how many other draws of the settings there are.
    """
    rows = meter({names: value for names, (value, _) in values.items()})
    rng = np.random.default_rng(7)
    for _ in range(draws if values else 0):
        drawn = {
            names: float(others[int(rng.integers(len(others)))]) if others else value
            for names, (value, others) in values.items()
        }
        rows += meter(drawn)
    return Distance(tuple(rows))


def usual_values(domain: Interval) -> list[float]:
    """Return usual values of a domain."""
    return [x for x in _USUAL if x in domain]
