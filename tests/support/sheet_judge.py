"""Runs optimizers with the interpreter, to hold the lines of data sheets against numbers.

Nothing here knows how a sheet is made: a line is read from its data, and its rule runs on histories of
gradients and weights that are drawn, weights at every step anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import nos_sym
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from nos_sym.report.sheet.line import Line

Array = npt.NDArray[Any]

SHAPE, TOTAL, STEPS = (3, 4), 12, 7
RATE, MOMENTUM = 0.05, 0.7


def runner(rule: Rule | Block, shape: tuple[int, ...] = SHAPE) -> Interpreter:
    """Return what runs a rule in binary64 without cuts, with masks that depend on the draw alone."""

    def uniform(draw: int, shape: tuple[int, ...]) -> Array:
        return np.random.default_rng(draw).random(shape)

    return Interpreter(rule, shape, total_steps=TOTAL, saturating=False, uniform=uniform)


def changes(rule: Rule | Block, gradients: Array, weights: Array) -> Array:
    """Return by how much each step moves the weights that are given for it."""
    run = runner(rule, gradients.shape[1:])
    made = []
    for gradient, weight in zip(gradients, weights, strict=True):
        change = run.change(weight, gradient, RATE, MOMENTUM)
        made.append(change - weight if run.program.replaces else change)
    return np.array(made)


def history(seed: int = 1, scale: float = 1.0, steps: int = STEPS) -> tuple[Array, Array]:
    """Return gradients and weights of a few steps, none of them zero."""
    rng = np.random.default_rng(seed)
    shape = (steps, *SHAPE)
    return scale * rng.normal(size=shape), 0.7 * rng.normal(size=shape)


def close(x: Array, y: Array, tolerance: float = 1e-9) -> bool:
    """Return whether two runs agree to rounding, relative to the largest entry of each step.

    Where random rules are beyond binary64 nothing is judged.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(finite, x, 0.0), np.where(finite, y, 0.0)
    size = np.maximum(np.abs(x), np.abs(y)).max(axis=tuple(range(1, x.ndim)), keepdims=True)
    return bool(np.all(np.abs(x - y) <= tolerance * size + 1e-13))


def judge_first_step(rule: Rule | Block, line: Line) -> bool:
    """Return whether the closed form is the first step."""
    text = line.data.get("update")
    body = f"w <- w - lr * ({text})" if text else f"w <- {line.data['weight']}"
    closed = nos_sym.parse(f"{{ {body} }}")
    gradients, weights = history(steps=1)
    return close(changes(rule, gradients, weights), changes(closed, gradients, weights))


def judge_degree(rule: Rule | Block, line: Line) -> bool:
    """Return whether gradients that are multiplied by c change steps by c^d, large ones where eps counts."""
    exact, degree = line.data["exact"], eval_fraction(line.data["degree"])
    gradients, weights = history(scale=1.0 if exact else 1e7)
    before, after = changes(rule, gradients, weights), changes(rule, 3.5 * gradients, weights)
    return close(3.5**degree * before, after, 1e-9 if exact else 1e-6)


def eval_fraction(text: str) -> float:
    """Return the number of a text such as ``1/2``."""
    over, _, under = text.partition("/")
    return int(over) / int(under or 1)


def judge_odd(rule: Rule | Block, line: Line) -> bool:
    """Return whether a change of signs changes the sign of every step, or does not where the line denies it.

    A line that denies it has a proof that intervals found; here nothing but the first is judged.
    """
    if not line.data["odd"]:
        return True
    gradients, weights = history()
    sign = -1 if line.key == "odd_jointly" else 1
    return close(-changes(rule, gradients, weights), changes(rule, -gradients, sign * weights))


def judge_never_hit(rule: Rule | Block, line: Line) -> bool:
    """Return whether the weights move as the line says where every gradient is zero."""
    _, weights = history()
    found = changes(rule, np.zeros_like(weights), weights)
    if not line.data["moves"]:
        return bool(np.all(found == 0))
    step = nos_sym.parse(f"{{ {line.data['step']} }}")
    return close(found, changes(step, np.zeros_like(weights), weights))


def judge_zero_gradient(rule: Rule | Block, line: Line) -> bool:
    """Return whether a step with a zero gradient does not move where the line says so, after other steps."""
    if not line.data["rests"]:
        return True
    gradients, weights = history()
    gradients[-2:] = 0
    return bool(np.all(changes(rule, gradients, weights)[-2:] == 0))


def judge_bound(rule: Rule | Block, line: Line) -> bool:
    """Return whether no step is larger than the bound, on gradients that grow, shrink, jump and alternate."""
    most = max(-line.data["low"], line.data["high"]) * RATE
    if isinstance(rule, Rule) and rule.momentum is not nos_sym.Momentum.NONE:
        most /= 1 - MOMENTUM
    worst = 0.0
    for seed, gradients in enumerate(hostile()):
        weights = (
            np.zeros_like(gradients)
            if "Apart from the decay" in line.says[0]
            else history(seed)[1][:1] + 0 * gradients
        )
        worst = max(worst, float(np.abs(changes(rule, gradients, weights)).max()))
    return worst <= most * (1 + 1e-9)


def hostile(steps: int = 60) -> list[Array]:
    """Return histories of gradients that make averages lag behind."""
    rng = np.random.default_rng(5)
    t = np.arange(steps)[:, None, None]
    ones = np.ones((steps, *SHAPE))
    found = [ones, -ones, ones * 1e-12, ones * 1e12, np.where(t % 2, 1.0, -1.0) * ones]
    # Adam's largest step follows gradients that grow by beta2 / beta1 at each.
    found += [base**t * ones for base in (0.999 / 0.9, 1.5, 0.9, 0.5, 10.0)]
    # Those of Adamax follow gradients that shrink as its maximum does.
    found += [0.999**t * ones, np.where(t < steps // 2, 1.0, -1.0) * ones, np.where(t % 7, 0.0, 1.0) * ones]
    found += [np.exp(4 * rng.normal(size=(steps, *SHAPE))) * rng.choice([-1, 1], size=(steps, *SHAPE))]
    found += [np.where(t == k, 1.0, 1e-9) * ones for k in (0, 5, steps - 1)]
    return found


def judge_weight(rule: Rule | Block, line: Line) -> bool:
    """Return whether other weights change steps as the line says: not, or by the decay alone."""
    if line.data["at"] or line.data["coefficient"] is None:
        return True
    gradients, weights = history()
    _, others = history(seed=2)
    difference = changes(rule, gradients, weights) - changes(rule, gradients, others)
    expected = -RATE * line.data["coefficient"] * (weights - others)
    finite = np.isfinite(difference)
    return bool(np.allclose(difference[finite], expected[finite], rtol=1e-7, atol=1e-10))


JUDGES: dict[str, Callable[[Rule | Block, Line], bool]] = {
    "first_step": judge_first_step,
    "degree": judge_degree,
    "odd_jointly": judge_odd,
    "odd_in_gradient": judge_odd,
    "never_hit": judge_never_hit,
    "zero_gradient": judge_zero_gradient,
    "bound": judge_bound,
    "weight": judge_weight,
}
"""What judges the lines about something."""
