"""Which of several good optimizers are worth a search of their own: the accurate ones that are unlike.

The paper picks six of eighteen by hand, "for validation accuracy and uniqueness", and does not say what that
is. Here it is defined, so that a proposal can be made and read:

* Two optimizers that are proved equal up to a sign, a constant and a learning-rate schedule
  (``Level.SCHEDULE``) are one class, and of a class the most accurate one is proposed.
* Of others the distance is 0 to 1: one less the absolute cosine of their steps over fixed histories of
  gradients (:func:`steps_of`). The schedule of each is left out first, since another base schedule would
  absorb it, and a constant factor or the sign changes no absolute cosine.

The proposal goes through the optimizers from the most accurate and takes each that is at least ``apart`` from
all that are taken. Where that leaves too few, those of other classes that are farthest from the taken ones
are added, and at last the most accurate of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.algebra.factor import factor
from nos_sym.algebra.levels import Level, level_key
from nos_sym.errors import NosSymError
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter

SHAPE, TOTAL, STEPS = (8, 16), 60, 30
"""Shape of the weights, T of the decay functions, and steps of each history."""

NOISE = (0.0, 1.0, 10.0)
"""Noise of each history, as a multiple of the signal of its gradients."""

RATE, MOMENTUM = 1e-3, 0.9

Steps = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is known of one optimizer beside the others, and whether it is proposed.

    Attributes:
        kind: number of its class, from 1; the same for those that are equal at level ``schedule``.
        nearest: index of the nearest optimizer that was taken before it, ``None`` for the first; one of its
            own class is at 0.
        distance: its distance, ``None`` where a history has no finite steps of either.
        taken: whether it is proposed.
        reason: why, in words in which ``{nearest}`` stands for the name of the nearest one that is taken.
    """

    kind: int
    nearest: int | None
    distance: float | None
    taken: bool
    reason: str


def steps_of(rule: Rule) -> Steps | None:
    """Return how the core of an optimizer moves weights, each step divided by its length.

    The histories have the same weights and gradients for all: sizes from 1e-3 to 10, signs that stay, and
    noise in three strengths (:data:`NOISE`). Dropout draws the same masks for all. Momentum is 0.9.

    Returns:
        A unit vector of all steps of all histories; ``None`` where one is not finite, or all are 0.
    """
    rng = np.random.default_rng(19)
    size = 10.0 ** rng.uniform(-3, 1, SHAPE)
    signal, weight = rng.choice([-1.0, 1.0], SHAPE), rng.normal(size=SHAPE)
    try:
        core = factor(rule).core
    except NosSymError:
        core = rule
    made: list[Any] = []
    with np.errstate(all="ignore"):
        for noise in NOISE:
            run = Interpreter(core, SHAPE, total_steps=TOTAL, saturating=False, rng=np.random.default_rng(20))
            for _ in range(STEPS):
                gradient = size * (signal + noise * rng.normal(size=SHAPE))
                change = run.change(weight, gradient, RATE, MOMENTUM)
                length = np.linalg.norm(change)
                made.append(change / length if length > 0 else change)
        steps = np.array(made, np.float64).ravel()
        length = np.linalg.norm(steps)
    return steps / length if np.isfinite(length) and length > 0 else None


def distance(x: Steps | None, y: Steps | None) -> float | None:
    """Return one less the absolute cosine of two optimizers' steps; ``None`` where one has none."""
    return None if x is None or y is None else max(0.0, 1 - abs(float(np.sum(x * y))))


def propose(rules: Sequence[Rule], count: int, apart: float) -> list[Choice]:
    """Return what is proposed of optimizers, the most accurate first, and why.

    Args:
        rules: the optimizers in the order of their accuracy.
        count: how many are proposed; all where there are no more.
        apart: distance from which two are unlike.
    """
    keys = [level_key(rule, Level.SCHEDULE) for rule in rules]
    kinds = {key: number for number, key in enumerate(dict.fromkeys(keys), 1)}
    steps = [steps_of(rule) for rule in rules]

    def between(i: int, j: int) -> float | None:
        return 0.0 if keys[i] == keys[j] else distance(steps[i], steps[j])

    def nearest(i: int, others: Sequence[int]) -> tuple[int | None, float | None]:
        """Return the nearest of others; what has no distance is taken to be far."""
        found = {j: between(i, j) for j in others if j != i}
        first = min(found, key=lambda j: (_far(found[j]), j), default=None)
        return (None, None) if first is None else (first, found[first])

    taken: dict[int, tuple[str, int | None, float | None]] = {}
    left: dict[int, tuple[str, int | None, float | None]] = {}
    for i in range(len(rules)):
        j, far = nearest(i, list(taken))
        if len(taken) == count:
            left[i] = "enough before it", j, far
        elif j is None:
            taken[i] = "the most accurate", j, far
        elif keys[i] == keys[j]:
            left[i] = "equal to {nearest} up to a schedule", j, far
        elif _far(far) < apart:
            left[i] = f"{far:.3f} from {{nearest}}, less than {apart:g}", j, far
        else:
            measured = (
                "steps that are not finite" if far is None else f"{far:.3f} from {{nearest}}, the nearest"
            )
            taken[i] = measured, j, far
    while len(taken) < min(count, len(rules)):
        # Farthest first; those of a class that is taken already come last, the most accurate first.
        now = {i: nearest(i, list(taken)) for i in left}
        chosen = max(left, key=lambda i: (_far(now[i][1]), -i))
        reason, j, far = left.pop(chosen)
        taken[chosen] = f"added, since too few are apart: {reason}", j, far
    return [
        Choice(kinds[keys[i]], j, far, i in taken, reason)
        for i, (reason, j, far) in sorted({**taken, **left}.items())
    ]


def _far(distance: float | None) -> float:
    return 1.0 if distance is None else distance
