"""The lifted rule beside its original: the interpreter against the library, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.language.block import Block
from nos_sym.language.setting import setting_name
from nos_sym.lift.lifted import Verification
from nos_sym.program.parameters import Parameters

STEPS = 100
SHAPES: tuple[tuple[int, ...], ...] = ((5, 3), (4,), ())
DEEP_SHAPES: tuple[tuple[int, ...], ...] = ((5, 2, 2), (2, 3, 2, 2), (3, 2, 2, 1, 2))
"""Those of rules that say what is done to parameters of more axes than two."""
Array = npt.NDArray[Any]
Runner = Callable[[Mapping[str, float], Sequence[Array], Sequence[Sequence[Array]]], list[list[Array]]]
"""Runs an original: settings by name, weights, and gradients of each step, to the weights after each."""


def problem(shapes: Sequence[tuple[int, ...]], seed: int = 5) -> tuple[list[Array], list[list[Array]]]:
    """Return weights, and for each of the steps gradients, some of them exactly zero for good or at times."""
    rng = np.random.default_rng(seed)
    weights: list[Array] = []
    gradients: list[list[Array]] = [[] for _ in range(STEPS)]
    for shape in shapes:
        weight, rows = rng.normal(size=shape), 0.1 * rng.normal(size=(STEPS, *shape))
        if shape:
            rows[..., 0] = 0
            rows[::3, ..., -1] = 0
        weights.append(np.asarray(weight))
        for row, gradient in zip(gradients, rows, strict=True):
            row.append(np.asarray(gradient))
    return weights, gradients


def verified(
    rule: Block,
    run: Runner,
    draws: Sequence[Mapping[str, float]],
    shapes: Sequence[tuple[int, ...]],
    bound: float = 1e-9,
    because: str = "",
) -> Verification:
    """Run a rule beside its original.

    Args:
        rule: with settings under the names of the draws.
        run: runs the original.
        draws: values of settings by name, ``lr`` among them.
        shapes: of the weights.
        bound: relative error that is allowed.
        because: why it is more than 1e-9.
    """
    worst = 0.0
    weights, gradients = problem(shapes)
    names = {setting_name(node) for node in rule.settings}
    for draw in draws:
        theirs = run(draw, weights, gradients)
        ours = ran(
            rule.with_settings({n: x for n, x in draw.items() if n in names}), draw, weights, gradients
        )
        worst = max(worst, distance(ours, theirs))
    return Verification(STEPS, tuple(shapes), worst, bound, because)


def ran(
    rule: Block, draw: Mapping[str, float], weights: Sequence[Array], gradients: Sequence[Sequence[Array]]
) -> list[list[Array]]:
    """Run a rule by the interpreter."""
    running = Parameters(rule, [w.shape for w in weights], total_steps=len(gradients))
    now: list[Array] = list(weights)
    found = []
    with np.errstate(all="ignore"):
        for row in gradients:
            now = running.apply(now, row, float(draw.get("lr", 0.01)))
            found.append(now)
    return found


def distance(ours: Sequence[Sequence[Array]], theirs: Sequence[Sequence[Array]]) -> float:
    """Return the largest relative difference, infinite where one side is no number and the other is."""
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            if not np.array_equal(np.isfinite(x), np.isfinite(y)):
                return float("inf")
            scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), 1e-3)
            with np.errstate(all="ignore"):
                error = np.where(np.isfinite(x), np.abs(x - y) / scale, 0.0)
            worst = max(worst, float(np.max(error, initial=0.0)))
    return worst
