"""Trainings with other rates along the way, and with gradients that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nos_sym.lift.beside import Draw, Pair, Plainly, drawn, have_parted, parted
from nos_sym.lift.lifted import Condition
from nos_sym.lift.verifying import Array

SCHEDULED = 100
"""Steps with a rate that changes: what the first one bounds may bind late."""
FACTORS = tuple((1.0, 0.5, 2.0)[k % 3] for k in range(SCHEDULED))
"""Of the rate at each of them."""
SURPRISES = (
    (0.0, 0.0), (0.0, 0.0, 1e3, 1e3), (1.0, 0.0, 0.0), (1e3, 1e3), (1.0, 1e3, 1.0, 1e3),
    (1.0, 1.0, 1.0, 1.0, 1e3), (np.nan, 1.0), (1.0, np.nan, 1.0),
    (10.0,) * 20, (100.0,) * 20,
)  # fmt: skip
"""Sizes of the first gradients, beside which all later ones are 1, which is a tenth of a normal number."""
UNEVEN = ((1.0, 100.0), (0.01, 0.01), (100.0, 100.0), (100.0, 0.01), (0.01, 100.0), (100.0, 1.0))
"""Sizes of the gradients of every second parameter and of the others at a step."""


def conditions(beside: Pair, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
    """Yield what a training may do that the hundred steps did not, and that the rule does not follow.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
    """
    if _scheduled(beside, shapes, draw):
        yield Condition("the learning rate stays as it is: a schedule of the group's changes other steps", "")
    if beside.misses and _skipped(beside, shapes, draw):
        yield Condition("every parameter has a gradient at every step: others are stepped otherwise", "")
    yield from surprises(beside, shapes, draw)


def surprises(
    beside: Plainly, shapes: Sequence[tuple[int, ...]], draw: Draw, *, finite: bool = False
) -> Iterator[Condition]:
    """Yield what gradients that are 0, far larger than others, or no numbers do otherwise.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
        finite: whether what is no number is not tried.
    """
    tried = [scales for scales in SURPRISES if not (finite and np.isnan(scales).any())]
    surprised = [scales for scales in tried if _surprised(beside, shapes, draw, scales)]
    if any(np.isfinite(scales).all() for scales in surprised) or _unevenly(beside, shapes, draw):
        yield Condition(
            "no gradient is 0 or far larger than those before, or than 0.1: others are stepped otherwise",
            "",
            special=True,
        )
    if any(not np.isfinite(scales).all() for scales in surprised):
        # That numbers are finite is taken for granted wherever they are read.
        yield Condition("gradients are finite: others are stepped otherwise", "")


def _surprised(
    beside: Plainly, shapes: Sequence[tuple[int, ...]], draw: Draw, scales: Sequence[float]
) -> bool:
    """Return whether the two part where gradients of some steps are 0, or a thousand times as large.

    States that are made, removed or begun anew as data decides look like any other on the steps that were
    read. Where the original has no number, nothing is compared.
    """
    weights, rows = drawn(47, shapes, len(scales) + beside.few)
    with np.errstate(all="ignore"):
        for row, scale in zip(rows, scales, strict=False):
            row[:] = [np.asarray(scale * x) for x in row]
    return _parted_finitely(beside, weights, rows, draw)


def _parted_finitely(
    beside: Plainly, weights: Sequence[Array], rows: Sequence[Sequence[Array | None]], draw: Draw
) -> bool:
    """Return whether the two part on a training in which the original has numbers throughout."""
    theirs = beside.theirs(weights, rows, draw)
    if theirs is None or not all(np.isfinite(x).all() for now in theirs for x in now):
        return False
    return have_parted(beside.ours(weights, rows, draw), theirs)


def uneven(rows: Sequence[Sequence[Array | None]]) -> list[list[Array | None]]:
    """Return gradients of which some are far larger or smaller than others of the same step.

    What all parameters of a group decide together is another decision then for other groups of them.
    """
    found: list[list[Array | None]] = []
    for k, row in enumerate(rows):
        scales = UNEVEN[k % len(UNEVEN)]
        found.append([x if x is None else np.asarray(scales[i % 2] * x) for i, x in enumerate(row)])
    return found


def _unevenly(beside: Plainly, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where some gradients are far larger or smaller than others of a step."""
    weights, rows = drawn(53, shapes, len(UNEVEN))
    return _parted_finitely(beside, weights, uneven(rows), draw)


def _scheduled(beside: Pair, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where the group's rate is another one after some steps."""
    weights, rows = drawn(41, shapes, SCHEDULED)
    theirs = beside.theirs(weights, rows, draw, factors=FACTORS)
    return theirs is not None and have_parted(beside.ours(weights, rows, draw, FACTORS), theirs)


def _skipped(beside: Pair, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where a parameter has no gradient at the first step and every third one.

    A rule leaves such a parameter and its states as they are; its steps are counted by those with a gradient.
    """
    shapes = shapes if len(shapes) > 1 else [*shapes, *shapes]
    weights, given = drawn(43, shapes, beside.few)
    rows = [[row[0] if k % 3 else None, *row[1:]] for k, row in enumerate(given)]
    return parted(beside, weights, rows, draw) is not False
