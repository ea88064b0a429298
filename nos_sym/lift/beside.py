"""An original and its rule that are stepped beside each other, whatever framework the original is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.setting import setting_name
from nos_sym.lift.elsewhere import PARTED
from nos_sym.lift.verifying import Array, distance
from nos_sym.program.parameters import Parameters

Rows = list[list[Array]]
Draw = Mapping[str, float]

PLAIN = 320
"""Steps that are run one by one: what counts them may be where nothing sees it."""
NARROW = "weights are of float64: those of float32 are stepped otherwise"


class Plainly(Protocol):
    """An original and its rule, which are stepped as they are.

    Attributes:
        few: steps of a short comparison.
    """

    few: int

    def theirs(
        self, weights: Sequence[Array], rows: Sequence[Sequence[Array | None]], draw: Draw
    ) -> Rows | None:
        """Return the weights of the original after each step, ``None`` where it raises an error."""

    def ours(
        self, weights: Sequence[Array], rows: Sequence[Sequence[Array | None]], draw: Draw
    ) -> Rows | None:
        """Return the weights of the rule after each step, ``None`` where it cannot be run."""


class Pair(Plainly, Protocol):
    """An original and its rule, which are stepped at rates that change, too.

    Attributes:
        misses: whether parameters may have no gradient at a step.
    """

    misses: bool

    def theirs(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        *,
        factors: Sequence[float] = (),
    ) -> Rows | None:
        """Return the weights of the original after each step, ``None`` where it raises an error.

        Args:
            weights: at the beginning.
            rows: gradients of each step, ``None`` for a parameter that has none.
            draw: values of settings.
            factors: of the learning rate at each step; none for a rate that stays.
        """

    def ours(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        factors: Sequence[float] = (),
    ) -> Rows | None:
        """Return the weights of the rule after each step, ``None`` where it cannot be run."""


def stepped(
    rule: Block,
    weights: Sequence[Array],
    rows: Sequence[Sequence[Array | None]],
    draw: Draw,
    factors: Sequence[float] = (),
) -> Rows | None:
    """Return the weights of a rule after each step, ``None`` where it cannot be run.

    Args:
        rule: with settings under the names of the draw.
        weights: at the beginning.
        rows: gradients of each step, ``None`` for a parameter that has none.
        draw: values of settings.
        factors: of the learning rate at each step; none for a rate that stays.
    """
    names = {setting_name(node) for node in rule.settings}
    now, found = list(weights), []
    try:
        own = rule.with_settings({n: x for n, x in draw.items() if n in names})
        running = Parameters(own, [w.shape for w in weights], total_steps=len(rows))
        with np.errstate(all="ignore"):
            for number, row in enumerate(rows):
                now = running.apply(now, row, rate_of(draw) * (factors[number] if factors else 1.0))
                found.append(now)
    except Exception:
        return None
    return found


def have_parted(ours: Rows | None, theirs: Rows, bound: float = PARTED) -> bool:
    """Return whether a rule leaves an original by more than both round; one that cannot be run does."""
    return ours is None or not distance(ours, theirs) <= bound


def parted(
    beside: Plainly, weights: Sequence[Array], rows: Sequence[Sequence[Array | None]], draw: Draw
) -> bool | None:
    """Return whether the two part on a training, ``None`` where the original raises an error."""
    theirs = beside.theirs(weights, rows, draw)
    return None if theirs is None else have_parted(beside.ours(weights, rows, draw), theirs)


def drawn(seed: int, shapes: Sequence[tuple[int, ...]], steps: int) -> tuple[list[Array], Rows]:
    """Return weights, and the gradients of some steps."""
    rng = np.random.default_rng(seed)
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    return weights, [[np.asarray(0.1 * rng.normal(size=s)) for s in shapes] for _ in range(steps)]


def rate_of(draw: Draw) -> float:
    """Return the learning rate among values of settings."""
    return float(draw.get("lr", 0.01))


def are_narrow(changes: Sequence[Sequence[Array]]) -> bool:
    """Return whether weights of float32 are stepped otherwise, by more than these can round.

    Args:
        changes: what some steps made of weights of float32, and of the same of float64.
    """
    for x, y in zip(*changes, strict=True):
        scale = max(float(np.max(np.abs(y), initial=0.0)), 1e-4)
        if not float(np.max(np.abs(x - y), initial=0.0)) <= 0.05 * scale:
            return True
    return False
