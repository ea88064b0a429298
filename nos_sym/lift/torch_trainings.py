"""PyTorch: trainings with other rates along the way, and with gradients that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nos_sym.lift.arguments import RATES
from nos_sym.lift.elsewhere import PARTED
from nos_sym.lift.lifted import Condition
from nos_sym.lift.torch_beside import Beside, Draw, rate_of, step, weights_of
from nos_sym.lift.verifying import Array, distance

SCHEDULED = 100
"""Steps with a rate that changes: what the first one bounds may bind late."""
SURPRISES = (
    (0.0, 0.0), (0.0, 0.0, 1e3, 1e3), (1.0, 0.0, 0.0), (1e3, 1e3), (1.0, 1e3, 1.0, 1e3),
    (1.0, 1.0, 1.0, 1.0, 1e3),
)  # fmt: skip
"""Sizes of the first gradients, beside which all later ones are 1."""


def conditions(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
    """Yield what a training may do that the hundred steps did not, and that the rule does not follow.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
    """
    if _scheduled(beside, shapes, draw):
        yield Condition("the learning rate stays as it is: a schedule of the group's changes other steps", "")
    if _skipped(beside, shapes, draw):
        yield Condition("every parameter has a gradient at every step: others are stepped otherwise", "")
    if any(_surprised(beside, shapes, draw, scales) for scales in SURPRISES):
        yield Condition(
            "no gradient is 0 or far larger than those before: otherwise it is stepped otherwise",
            "",
            special=True,
        )


def _surprised(
    beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw, scales: Sequence[float]
) -> bool:
    """Return whether the two part where gradients of some steps are 0, or a thousand times as large.

    States that are made, removed or begun anew as data decides look like any other on the steps that were
    read.
    Where the original has no number, nothing is compared.
    """
    rng = np.random.default_rng(47)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    steps = (*scales, *(1.0 for _ in range(beside.few)))
    rows = [[np.asarray(0.1 * x * rng.normal(size=s)) for s in shapes] for x in steps]
    theirs = []
    try:
        with beside.optimizer(weights, draw) as (optimizer, parameters):
            for row in rows:
                step(optimizer, parameters, row)
                theirs.append(weights_of(parameters))
    except Exception:
        return False
    if not all(np.isfinite(x).all() for now in theirs for x in now):
        return False
    running, now, ours = beside.parameters(shapes, draw), weights, []
    for row in rows:
        now = running.apply(now, row, rate_of(draw))
        ours.append(now)
    return not distance(ours, theirs) <= PARTED


def _scheduled(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where the group's rate is another one after some steps."""
    rng = np.random.default_rng(41)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    rows = [[np.asarray(0.1 * rng.normal(size=s)) for s in shapes] for _ in range(SCHEDULED)]
    factors = [(1.0, 0.5, 2.0)[k % 3] for k in range(len(rows))]
    theirs = []
    try:
        with beside.optimizer(weights, draw) as (optimizer, parameters):
            key = next((k for k in RATES if k in optimizer.param_groups[0]), None)
            if key is None:
                return False
            rate = optimizer.param_groups[0][key]
            for row, factor in zip(rows, factors, strict=True):
                optimizer.param_groups[0][key] = rate * factor
                step(optimizer, parameters, row)
                theirs.append(weights_of(parameters))
    except Exception:
        return False
    running, now, ours = beside.parameters(shapes, draw), weights, []
    for row, factor in zip(rows, factors, strict=True):
        now = running.apply(now, row, rate_of(draw) * factor)
        ours.append(now)
    return not distance(ours, theirs) <= PARTED


def _skipped(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where a parameter has no gradient at the first step and every third one.

    A rule leaves such a parameter and its states as they are; its steps are counted by those with a gradient.
    """
    rng = np.random.default_rng(43)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    rows: list[list[Array | None]] = []
    for k in range(beside.few):
        given = [np.asarray(0.1 * rng.normal(size=s)) for s in shapes]
        rows.append([given[0] if k % 3 else None, *given[1:]])
    theirs = []
    try:
        with beside.optimizer(weights, draw) as (optimizer, parameters):
            for row in rows:
                step(optimizer, parameters, row)
                theirs.append(weights_of(parameters))
    except Exception:
        return True
    running, now, ours = beside.parameters(shapes, draw), weights, []
    for row in rows:
        now = running.apply(now, row, rate_of(draw))
        ours.append(now)
    return not distance(ours, theirs) <= PARTED
