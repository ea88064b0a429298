"""Curves over the training: learning-rate schedules, and decay functions within a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from sympy.core.basic import Basic

from nos_sym.algebra.factor import factor
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.onecycle import learning_rates
from nos_sym.program.interpreter import Interpreter
from nos_sym.report.figures.colors import color_of
from nos_sym.report.figures.model import Array, Figure, FigureError, Line, Panel, name_of

__all__ = [
    "APART", "POINTS", "TOTAL", "base_rates", "decays", "families", "grid", "largest_rate", "normalized",
    "rates_at", "schedules",
]  # fmt: skip

TOTAL = 96_000
"""Steps of the training in Appendix A.2, over which everything is drawn."""

POINTS = 1200
"""Steps at which curves over the whole training are computed, evenly from the first."""

WARMUP, HOLD = 6_400, 12_800
"""Steps of warm-up and hold in Appendix A.2."""

APART = 0.19
"""Mean distance of two normalized curves from which they are of different families."""

_OF_TRAINING = "share of the training, t / T"


def grid(points: int = POINTS) -> npt.NDArray[np.int64]:
    """Return the steps at which curves over the whole training are computed."""
    return np.arange(points) * TOTAL // points


def base_rates(steps: npt.NDArray[np.int64]) -> Array:
    """Return the one-cycle base schedule with a peak of 1: warm-up, hold and cosine of Appendix A.2."""
    return learning_rates(TOTAL, 1.0, WARMUP, HOLD)[steps]


def values_at(factor: Basic, steps: npt.NDArray[np.int64]) -> Array:
    """Return a function of the step, decay or schedule, at some steps of the training."""
    run = Interpreter(Rule(Momentum.NONE, apply("scale", factor, apply("g"))), (1,), total_steps=TOTAL)
    one = np.ones(1)
    found = np.zeros(len(steps))
    for place, step in enumerate(steps.tolist()):
        run.step = step
        found[place] = run.update(one, one)[0]
    return found


def rates_at(schedule: Schedule, steps: npt.NDArray[np.int64]) -> Array:
    """Return a schedule times the base schedule at some steps.

    Where the schedule is infinite and the base schedule 0, as LR8 at the first step, the rate is 0.
    """
    base = base_rates(steps)
    with np.errstate(all="ignore"):
        return np.where(base == 0, 0.0, values_at(schedule.factor, steps) * base)


def largest_rate(schedule: Schedule) -> float:
    """Return the largest absolute value of a schedule times the base schedule, over :func:`grid`.

    Raises:
        FigureError: it is 0, or not finite.
    """
    highest = float(np.max(np.abs(rates_at(schedule, grid()))))
    if not 0 < highest < np.inf:
        raise FigureError(f"the schedule {schedule} cannot be normalized: its largest rate is {highest}")
    return highest


def normalized(schedule: Schedule, points: int = POINTS) -> Array:
    """Return a schedule times the base schedule, divided by its largest absolute value."""
    return rates_at(schedule, grid(points)) / largest_rate(schedule)


def families(curves: Sequence[Array], apart: float = APART) -> list[list[int]]:
    """Return which curves look alike, as lists of their numbers: average linkage of mean distances.

    Two groups are joined, the closest first, while the mean distance of their members is below ``apart``.
    Of the schedules of Table 10 two families and two outsiders come out, as the paper has them.
    """
    distance = np.array([[np.mean(np.abs(a - b)) for b in curves] for a in curves])
    groups = [[i] for i in range(len(curves))]
    while len(groups) > 1:
        pairs = [(i, j) for j in range(len(groups)) for i in range(j)]
        apartness = [float(distance[np.ix_(groups[i], groups[j])].mean()) for i, j in pairs]
        closest = int(np.argmin(apartness))
        if apartness[closest] >= apart:
            break
        i, j = pairs[closest]
        groups[i] = sorted(groups[i] + groups.pop(j))
    return sorted(groups)


def schedules(rules: Sequence[Rule | Block | Schedule], points: int = POINTS) -> Figure:
    """Return the learning-rate schedules of rules, normalized to [0, 1], over the dashed base schedule.

    Args:
        rules: schedules, or rules of one line, whose schedules are factored out.
        points: at how many steps.

    Raises:
        FigureError: a rule has no schedule that leaves it, or one whose rates are all 0 or not finite.
    """
    x = np.arange(points) / points
    lines = [Line(name_of(rule), x, normalized(_schedule_of(rule), points), color_of(rule)) for rule in rules]
    base = Line("base schedule", x, base_rates(grid(points)), None)
    panel = Panel("", _OF_TRAINING, "learning rate / its maximum", (*lines, base))
    return Figure(
        (panel,), "Learning-rate schedules, each times the base schedule and divided by its largest value"
    )


def decays(rules: Sequence[Rule | Block | Schedule], points: int = POINTS) -> Figure:
    """Return the decay functions that stay within rules when their schedules are factored out.

    Raises:
        FigureError: a rule has none.
    """
    x = np.arange(points) / points
    lines = []
    for rule in rules:
        if not isinstance(rule, Rule):
            raise FigureError(f"{name_of(rule)} has no internal decay functions: expected a rule of one line")
        found = dict.fromkeys(_decays_within(factor(rule).core.update))
        if not found:
            raise FigureError(f"no decay function stays within {name_of(rule)}: its schedule leaves it whole")
        for decay in found:
            values = values_at(decay, grid(points))
            lines.append(Line(f"{print_expression(decay)} in {name_of(rule)}", x, values, color_of(rule)))
    return Figure(
        (Panel("", _OF_TRAINING, "value of the decay function", tuple(lines)),),
        "Internal decay functions over the training",
    )


def _decays_within(expression: Basic) -> Iterator[Basic]:
    """Yield what multiplies its argument by a function of the step, from the outside to the inside."""
    if isinstance(expression, Node) and expression.operation.name == "scale":
        yield expression.operands[0]
    for argument in expression.args:
        yield from _decays_within(argument)


def _schedule_of(rule: Rule | Block | Schedule) -> Schedule:
    if isinstance(rule, Schedule):
        return rule
    if isinstance(rule, Block):
        raise FigureError(f"{name_of(rule)} is a block, of which no schedule is factored out")
    factored = factor(rule)
    if not factored.has_schedule:
        raise FigureError(
            f"no schedule leaves {name_of(rule)}; expected a rule that 'nos-sym factor' finds one in"
        )
    return factored.schedule
