"""Rules at work: paths on test functions, and how the end depends on the learning rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Interpreter
from nos_sym.report.figures.colors import color_of
from nos_sym.report.figures.model import Array, Figure, FigureError, Line, Panel, counted, name_of, numbers

__all__ = ["FUNCTIONS", "TestFunction", "best_rate", "paths", "sensitivity"]


@dataclass(frozen=True, slots=True)
class TestFunction:
    """A function of two numbers that optimizers are tried on.

    Attributes:
        name: what it is called.
        value, gradient: of an array whose first axis has the two numbers.
        start: where paths begin.
        low, high: corners of what is shown.
        minimum: where the function is smallest.
    """

    __test__ = False

    name: str
    value: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    start: tuple[float, float]
    low: tuple[float, float]
    high: tuple[float, float]
    minimum: tuple[float, float]


def _sphere(p: Array) -> Array:
    return numbers(p[0] ** 2 + p[1] ** 2)


def _rosenbrock(p: Array) -> Array:
    return numbers((1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2)


def _rosenbrock_gradient(p: Array) -> Array:
    inner = p[1] - p[0] ** 2
    return np.stack([-2 * (1 - p[0]) - 400 * p[0] * inner, 200 * inner])


def _beale(p: Array) -> Array:
    x, y = p
    return numbers((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2)


def _beale_gradient(p: Array) -> Array:
    x, y = p
    terms = [(c - x + x * y**k, y**k - 1, k * x * y ** (k - 1)) for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))]
    return np.stack([sum(2 * v * a for v, a, _ in terms), sum(2 * v * b for v, _, b in terms)])


_NARROW = np.array([1.0, 100.0])

FUNCTIONS = {
    f.name: f
    for f in (
        TestFunction("sphere", _sphere, lambda p: 2 * p, (-1.5, 1.0), (-2, -2), (2, 2), (0, 0)),
        TestFunction(
            "rosenbrock", _rosenbrock, _rosenbrock_gradient, (-1.2, 1.0), (-2, -1), (2, 3), (1, 1)
        ),
        TestFunction("beale", _beale, _beale_gradient, (1.0, 1.5), (-4.5, -4.5), (4.5, 4.5), (3, 0.5)),
        TestFunction(
            "quadratic",
            lambda p: (p[0] ** 2 + 100 * p[1] ** 2) / 2,
            lambda p: (_NARROW * p.T).T,
            (-1.5, 1.0), (-2, -2), (2, 2), (0, 0),
        ),
    )
}  # fmt: skip
"""Sphere, Rosenbrock 1960, Beale 1958, and a quadratic of condition 100."""

RATES = np.logspace(-5, 1, 49)
"""Learning rates that are tried: eight a decade."""

_ABOVE, _SMALLEST = 1e3, 1e-32
"""Values that are drawn: up to a thousand times that of the start, and those that can be told from 0."""


def path(rule: Rule | Block, function: TestFunction, rate: float, steps: int) -> Array:
    """Return the points ``(steps + 1, 2)`` that a rule goes through; they end where one is not finite."""
    run = Interpreter(rule, (2,), total_steps=steps, rng=np.random.default_rng(0))
    at = np.array(function.start, np.float64)
    points = [at]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            at = run.apply(at, function.gradient(at), rate)
            if not np.all(np.abs(at) < 1e150):
                break
            points.append(at)
    return np.array(points)


def best_rate(rule: Rule | Block, function: TestFunction, steps: int) -> tuple[float, Array]:
    """Return the rate of :data:`RATES` with the lowest last value, and the last values of all of them."""
    ends = np.array([_end(path(rule, function, float(rate), steps), function, steps) for rate in RATES])
    return float(RATES[int(np.argmin(ends))]), ends


def _end(points: Array, function: TestFunction, steps: int) -> float:
    """Return the function at the last point; infinite where the path left the numbers before its end."""
    return float(function.value(points[-1])) if len(points) == steps + 1 else np.inf


def paths(rules: Sequence[Rule | Block | Schedule], names: Sequence[str], steps: int = 200) -> Figure:
    """Return the paths of rules on test functions, each at the learning rate that ends lowest there.

    Args:
        rules: the optimizers, at their defaults.
        names: of :data:`FUNCTIONS`, one panel each.
        steps: length of each path; decays run over it.

    Raises:
        FigureError: no such function, or a schedule among the rules.
    """
    panels = []
    for name in names:
        function = _function(name)
        axes = [np.linspace(a, b, 121) for a, b in zip(function.low, function.high, strict=True)]
        grid = np.stack(np.meshgrid(*axes))
        lines = []
        for rule in _optimizers(rules):
            rate, ends = best_rate(rule, function, steps)
            points = path(rule, function, rate, steps)
            label = f"{name_of(rule)}, lr {rate:.2g}"
            if not np.isfinite(np.min(ends)):
                points, label = points[:0], f"{name_of(rule)} leaves at every lr"
            lines.append(Line(label, points[:, 0], points[:, 1], color_of(rule)))
        lines.append(Line("minimum", numbers(function.minimum[:1]), numbers(function.minimum[1:]), None))
        contours = (axes[0], axes[1], function.value(grid))
        panels.append(Panel(name, "x", "y", tuple(lines), contours=contours, starts=True))
    return Figure(
        tuple(panels), f"Paths of {counted(steps, 'step')}, each optimizer at its best learning rate"
    )


def sensitivity(rules: Sequence[Rule | Block | Schedule], names: Sequence[str], steps: int = 200) -> Figure:
    """Return the last value of test functions against the learning rate.

    Arguments and errors are those of :func:`paths`.
    """
    panels = []
    for name in names:
        function = _function(name)
        highest = _ABOVE * float(function.value(np.array(function.start, np.float64)))
        lines = tuple(
            Line(name_of(rule), RATES, _shown(best_rate(rule, function, steps)[1], highest), color_of(rule))
            for rule in _optimizers(rules)
        )
        panels.append(
            Panel(
                name, "learning rate", f"value after {counted(steps, 'step')}", lines, log_x=True, log_y=True
            )
        )
    return Figure(
        tuple(panels), f"Value of test functions after {counted(steps, 'step')} against the learning rate"
    )


def _shown(ends: Array, highest: float) -> Array:
    """Return last values as they are drawn: none where a path has left, none too small to be told."""
    return np.where(ends > highest, np.nan, np.maximum(ends, _SMALLEST))


def _function(name: str) -> TestFunction:
    if name not in FUNCTIONS:
        raise FigureError(f"there is no test function {name!r}; expected one of {', '.join(FUNCTIONS)}")
    return FUNCTIONS[name]


def _optimizers(rules: Sequence[Rule | Block | Schedule]) -> list[Rule | Block]:
    for rule in rules:
        if isinstance(rule, Schedule):
            raise FigureError(f"{name_of(rule)} is a schedule; expected optimizers")
    return [rule for rule in rules if not isinstance(rule, Schedule)]
