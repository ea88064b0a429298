"""The update as a function of its inputs: of the gradient, of one input over time, of two as a surface."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sympy.core.basic import Basic

from nos_sym.algebra.factor import factor
from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.lower import lower
from nos_sym.report.figures.colors import color_of
from nos_sym.report.figures.model import Array, Figure, FigureError, Line, Panel, Surface, name_of, numbers
from nos_sym.report.figures.schedules import TOTAL, base_rates, largest_rate, rates_at

__all__ = ["SLICES", "response", "slices", "surface", "updates"]

SLICES = (1_000, 10_000, 25_000, 45_000, 65_000, 75_000, 85_000, 95_000)
"""Iterations of the time slices of Figures 7 to 9."""

Response = Callable[[Array, Array, int], Array]
"""``(x, y, t)`` to the value of an expression at step ``t`` of :data:`TOTAL`."""


def response(expression: Basic, first: Basic, second: Basic | None = None) -> Response:
    """Return an expression as a function of one or two of its parts, entry by entry.

    Where ``first`` stands in the expression, ``x`` is put, and for ``second`` ``y``: averages become inputs,
    so that what is left depends on the step alone.

    Raises:
        FigureError: an input does not stand in the expression, or others are left.
    """
    if first == second:
        raise FigureError(f"{print_expression(first)} is given as both inputs; expected two that differ")
    gradient, weight = apply("g"), apply("w")
    wanted = {first: gradient} | ({} if second is None else {second: weight})
    for part in wanted:
        if not expression.has(part):
            raise FigureError(
                f"{print_expression(part)} does not stand in {print_expression(expression)}; expected one of "
                f"{', '.join(map(print_expression, inputs_of(expression)))}"
            )
    left = [part for part in _outermost(expression, wanted.__contains__) if part not in wanted]
    if left:
        raise FigureError(
            f"{print_expression(expression)} depends on {', '.join(map(print_expression, left))}, too; "
            "expected inputs of which it is a function"
        )
    rule = Rule(Momentum.NONE, expression.xreplace(wanted))
    program = lower(rule)
    if program.slots or program.draws or not program.elementwise:
        raise FigureError(
            f"{print_expression(expression)} reads whole tensors, keeps averages of its parts, or has "
            "dropout; expected an expression whose entries are functions of the inputs"
        )
    run = Interpreter(rule, (1,), total_steps=TOTAL, program=program)

    def value(x: Array, y: Array, step: int) -> Array:
        run.step = step
        return np.broadcast_to(run.update(x, y), x.shape).astype(np.float64)

    return value


def inputs_of(expression: Basic) -> list[Basic]:
    """Return the operands in an expression that change from entry to entry, each once: ``w``, ``v_hat``."""
    return _outermost(expression, lambda part: part in BY_EXPRESSION or as_quasi_hyperbolic(part) is not None)


def _outermost(expression: Basic, whole: Callable[[Node], bool]) -> list[Basic]:
    """Return what an expression is made of: parts that are taken as a whole, and what has no parts."""
    found: dict[Basic, None] = {}

    def visit(part: Basic) -> None:
        if not isinstance(part, Node) or part.kind is not Kind.TENSOR:
            return
        if whole(part) or not part.operands:
            found[part] = None
            return
        for operand in part.operands:
            visit(operand)

    visit(expression)
    return list(found)


def updates(
    rules: Sequence[Rule | Block | Schedule], steps: Sequence[int], total: int, reach: float
) -> Figure:
    """Return the update against the gradient at several steps, one panel a step.

    Args:
        rules: the optimizers, each at its defaults.
        steps: numbers of steps, from 0; before the one that is shown, every gradient was as large, so that
            averages are those of a gradient that stays.
        total: length of the training.
        reach: the largest gradient; weights are 1.
    """
    x = np.linspace(-reach, reach, 401)
    last = max(steps)
    runs = {}
    for rule in rules:
        if isinstance(rule, Schedule):
            raise FigureError(f"{name_of(rule)} is a schedule; expected optimizers")
        run = Interpreter(rule, x.shape, total_steps=total, rng=np.random.default_rng(0))
        if not run.program.elementwise:
            raise FigureError(f"{name_of(rule)} reads whole tensors; its update is no function of a gradient")
        weight = np.ones_like(x)
        runs[rule] = [
            run.change(weight, x, 1.0) - (weight if run.program.replaces else 0) for _ in range(last + 1)
        ]
    panels = [
        Panel(
            f"step {step}", "gradient", "change of the weight / learning rate",
            tuple(Line(name_of(rule), x, numbers(run[step]), color_of(rule)) for rule, run in runs.items()),
        )
        for step in steps
    ]  # fmt: skip
    return Figure(
        tuple(panels), "Change of a weight of 1 against a gradient that stays, at a learning rate of 1"
    )


def slices(
    rule: Rule, part: Basic, entry: Basic, low: float, high: float, steps: Sequence[int] = SLICES
) -> Figure:
    """Return a part of a rule, times its learning rate, against one input at several steps.

    Args:
        rule: the optimizer, whose schedule is factored out and normalized as in Figures 3 to 5.
        part: the expression that is shown, as ``clip(2, [arctan(a13)] exp(v_hat))`` of Opt4.
        entry: its input.
        low, high: values of the input.
        steps: iterations of :data:`TOTAL`.
    """
    x = np.linspace(low, high, 401)
    value = response(part, entry)
    factored = factor(rule)
    at = np.array(steps)
    schedule = factored.schedule
    rates = rates_at(schedule, at) / largest_rate(schedule) if factored.has_schedule else base_rates(at)
    lines = tuple(
        Line(
            f"t = {step:,}", x, value(x, x, step) * rates[number], None,
            shade=number / max(len(steps) - 1, 1),
        )
        for number, step in enumerate(steps)
    )  # fmt: skip
    text = print_expression(part)
    panel = Panel(f"{name_of(rule)}: {text}", print_expression(entry), "learning rate * value", lines)
    return Figure((panel,), f"Time slices of {text} over {TOTAL:,} steps")


def surface(
    expression: Basic, first: Basic, second: Basic, reach: tuple[float, float], title: str, step: int = 0
) -> Surface:
    """Return an expression over two inputs, each from minus to plus its reach, at a step."""
    x, y = (np.linspace(-end, end, 61) for end in reach)
    grid = np.meshgrid(x, y)
    z = response(expression, first, second)(grid[0], grid[1], step)
    return Surface(title, print_expression(first), print_expression(second), "update", x, y, z)
