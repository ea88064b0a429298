"""Originals whose step is traced, beside their rules where neither the reading nor the hundred steps were.

A trace has three parameters of neutral names and float64, at steps that are all alike. What code decides by
their number, place, names and types leaves no mark in it, and neither does what it counts in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nos_sym.language.block import Block
from nos_sym.lift import trainings
from nos_sym.lift.beside import (
    NARROW,
    PLAIN,
    Draw,
    Rows,
    are_narrow,
    drawn,
    have_parted,
    parted,
    stepped,
)
from nos_sym.lift.elsewhere import ALONE, FEW, SEVERAL, few_text, shapes_left_out
from nos_sym.lift.lifted import Condition
from nos_sym.lift.verifying import Array, distance

NAMES = (
    "dense/kernel", "dense/bias", "embedding/embeddings", "layer_norm/scale", "LayerNorm_0/gamma",
    "batch_normalization/beta", "attention/query/w", "attention/query/b", "lm_head/weight",
)  # fmt: skip
"""Names that parameters have in networks, by which weight decay and the like are left out."""

EAGER = "steps are compiled: those that are run eagerly are otherwise"
COUNTED = "code keeps nothing of its own between steps: what it counts there is not in a compiled step"
MORE = 12
"""Steps of trainings with gradients that are missing or far larger than others."""


@dataclass(frozen=True, slots=True)
class How:
    """How an original is run.

    Attributes:
        factors: of the learning rate at each step; none for a rate that stays.
        names: of the parameters, with those of their layers before; none for neutral ones.
        dtype: of weights and gradients.
        otherwise: eagerly, where long trainings are compiled.
    """

    factors: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    dtype: str = "float64"
    otherwise: bool = False


AS_IS = How()
Running = Callable[
    [Mapping[str, float], Sequence[Array], "Sequence[Sequence[Array | None]]", How], list[list[Array]]
]
"""Runs an original: settings by name, weights, gradients of each step and how, to the weights after each."""


class Traced:
    """A rule and its original, side by side.

    Args:
        rule: with settings under the names of the draws.
        run: runs the original.
        misses: whether parameters may have no gradient at a step.
    """

    def __init__(self, rule: Block, run: Running, *, misses: bool) -> None:
        self.rule = rule
        self.run = run
        self.few = MORE
        self.misses = misses

    def theirs(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        *,
        factors: Sequence[float] = (),
        how: How = AS_IS,
    ) -> Rows | None:
        """Return the weights of the original after each step, ``None`` where it raises an error."""
        try:
            return self.run(draw, weights, rows, How(tuple(factors)) if factors else how)
        except Exception:
            return None

    def ours(
        self,
        weights: Sequence[Array],
        rows: Sequence[Sequence[Array | None]],
        draw: Draw,
        factors: Sequence[float] = (),
    ) -> Rows | None:
        """Return the weights of the rule after each step, ``None`` where it cannot be run."""
        return stepped(self.rule, weights, rows, draw, factors)

    def parts(
        self, shapes: Sequence[tuple[int, ...]], draw: Draw, how: How = AS_IS, steps: int = FEW
    ) -> bool:
        """Return whether the two part; what the original refuses is not compared."""
        return self.apart(shapes, draw, how, steps)[0]

    def part(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool | None:
        """Return whether the two part in a few steps, ``None`` where the original refuses the parameters."""
        return parted(self, *drawn(29, shapes, FEW), draw)

    def apart(
        self, shapes: Sequence[tuple[int, ...]], draw: Draw, how: How, steps: int
    ) -> tuple[bool, float]:
        """Return whether the two part, and how far apart they are; what is refused is not compared."""
        weights, rows = drawn(29, shapes, steps)
        theirs = self.theirs(weights, rows, draw, how=how)
        if theirs is None:
            return False, 0.0
        ours = self.ours(weights, rows, draw)
        return have_parted(ours, theirs), float("inf") if ours is None else distance(ours, theirs)

    def conditions(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
        """Yield arrangements of parameters and trainings for which the rule is not that of the original.

        Args:
            shapes: for which the two were compared, as parameters of one optimizer.
            draw: values of settings.
        """
        if any(self.parts([s], draw) for s in shapes):
            yield Condition(ALONE, "", special=True)
        if self.parts([shapes[-1]] * SEVERAL, draw):
            yield Condition(few_text(SEVERAL), "", special=True)
        elif any(self.parts([s] * len(NAMES), draw, How(names=NAMES)) for s in shapes[:2]):
            words = ", ".join(dict.fromkeys(n.rpartition("/")[2] for n in NAMES))
            text = f"names of parameters and layers say nothing: some of {words} are stepped otherwise"
            yield Condition(text, "", special=True)
        yield from trainings.conditions(self, shapes, draw)
        yield from shapes_left_out(shapes, lambda own: self.part(own, draw))
        if self.narrow(shapes, draw):
            yield Condition(NARROW, "")

    def narrow(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
        """Return whether the original steps weights of float32 otherwise, by more than these can round."""
        weights, rows = drawn(31, shapes, FEW)
        changes: list[list[Array]] = []
        for dtype in ("float32", "float64"):
            theirs = self.theirs(weights, rows, draw, how=How(dtype=dtype))
            if theirs is None:
                return False
            changes.append([np.asarray(x, float) - w for x, w in zip(theirs[-1], weights, strict=True)])
        return are_narrow(changes)


def beyond(
    rule: Block,
    run: Running,
    draw: Draw,
    shapes: Sequence[tuple[int, ...]],
    *,
    misses: bool,
    eager: int = FEW,
    counted: Callable[[], bool] | None = None,
) -> tuple[tuple[int, float] | None, tuple[Condition, ...], int]:
    """Compare a rule with its original beyond what it was verified for.

    Args:
        rule: with settings under the names of the draws.
        run: runs the original.
        draw: values of settings.
        shapes: for which the two were compared.
        misses: whether parameters may have no gradient at a step.
        eager: steps that are run eagerly.
        counted: returns whether code keeps something of its own from a step to the next.

    Returns:
        The steps in which the two part and how far, ``None`` where they do not; the conditions under which
        the rule is that of the original; and how many plain steps were run.
    """
    pair = Traced(rule, run, misses=misses)
    vector = [next((s for s in shapes if len(s) == 1), shapes[0])]
    found: list[Condition] = []
    plain = 0
    # One parameter alone may be stepped otherwise, which is said as that.
    if not pair.parts(vector, draw):
        plain = PLAIN
        parted, far = pair.apart(vector, draw, AS_IS, PLAIN)
        if parted:
            return (PLAIN, far), (), plain
        if pair.parts(vector, draw, How(otherwise=True), eager):
            found.append(Condition(EAGER, "", special=True))
        elif counted is not None and counted():
            found.append(Condition(COUNTED, "", special=True))
    return None, (*found, *pair.conditions(shapes, draw)), plain
