"""Curves over the training: learning-rate schedules, and decay functions within a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sympy.core.basic import Basic

from nos_sym.algebra.factor import factor
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Rule, Schedule
from nos_sym.onecycle import learning_rates
from nos_sym.program.interpreter import schedule_values
from nos_sym.report.figures.colors import color_of
from nos_sym.report.figures.model import Array, Figure, FigureError, Line, Panel

__all__ = ["APART", "POINTS", "base_rates", "decays", "families", "normalized", "schedules"]

POINTS = 1200
"""Steps at which curves over a whole training are computed: decays depend on ``t/T``."""

WARMUP, HOLD = 1 / 15, 2 / 15
"""Share of the training in warm-up and hold: 6,400 and 12,800 of 96,000 steps in Appendix A.2."""

APART = 0.19
"""Mean distance of two normalized curves from which they are of different families."""

_OF_TRAINING = "share of the training, t / T"


def base_rates(points: int = POINTS) -> Array:
    """Return the one-cycle base schedule with a peak of 1: warm-up, hold and cosine of Appendix A.2."""
    return learning_rates(points, 1.0, round(points * WARMUP), round(points * HOLD))


def normalized(schedule: Schedule, points: int = POINTS) -> Array:
    """Return a schedule times the base schedule, divided by its largest value.

    Where the schedule is infinite and the base schedule 0, as LR8 at the first step, the rate is 0.
    """
    base = base_rates(points)
    with np.errstate(all="ignore"):
        rates = np.where(base == 0, 0.0, schedule_values(schedule, points) * base)
    highest = np.max(np.abs(rates))
    if not 0 < highest < np.inf:
        raise FigureError(f"the schedule {schedule} cannot be normalized: its largest rate is {highest}")
    return np.asarray(rates / highest, np.float64)


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
    lines = [Line(_named(rule), x, normalized(_schedule_of(rule), points), color_of(rule)) for rule in rules]
    base = Line("base schedule", x, base_rates(points), None)
    panel = Panel("", _OF_TRAINING, "learning rate / its maximum", (*lines, base))
    return Figure(
        (panel,), "Learning-rate schedules, each times the base schedule and divided by its maximum"
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
            raise FigureError(f"{_named(rule)} has no internal decay functions: expected a rule of one line")
        found = dict.fromkeys(_decays_within(factor(rule).core.update))
        if not found:
            raise FigureError(f"no decay function stays within {_named(rule)}: its schedule leaves it whole")
        for decay in found:
            values = schedule_values(Schedule(decay), points)
            lines.append(Line(f"{print_expression(decay)} in {_named(rule)}", x, values, color_of(rule)))
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
        raise FigureError(f"{_named(rule)} is a block, of which no schedule is factored out")
    factored = factor(rule)
    if not factored.has_schedule:
        raise FigureError(f"no schedule leaves {_named(rule)}")
    return factored.schedule


def _named(rule: Rule | Block | Schedule) -> str:
    return rule.name or str(rule)
