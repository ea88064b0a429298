"""PyTorch: the rule beside its original where neither the reading nor the hundred steps were.

Late steps are reached by a leap: counters of the original are set forward, and ``t`` of the rule with them.
Where the two part after one, all steps up to there are run, since what an original accumulates does not
leap. One parameter alone, several groups and parameters of more axes are tried as well: a rule that is not
theirs says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import numpy as np
import torch

from nos_sym.language.block import Block
from nos_sym.lift import torch_asking, torch_closures, torch_hidden, torch_layouts, torch_trainings
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.beside import Draw, rate_of
from nos_sym.lift.elsewhere import ALONE, FEW, PARTED, few_text, shapes_left_out
from nos_sym.lift.lifted import Condition
from nos_sym.lift.originals import Original
from nos_sym.lift.torch_beside import LEAP, PLAIN, Beside, Course, step, types, weights_of
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_states import kept
from nos_sym.lift.torch_watching import watched
from nos_sym.lift.trainings import UNEVEN
from nos_sym.lift.verifying import Array, distance
from nos_sym.program.parameters import Parameters

STEPS = 1000
"""Steps that are run one by one: what counts them may be where nothing sees it."""
MANY = 101
"""Parameters of one group: some are looked up by their place, or counted."""
GROUPS = 12
"""Groups that are more than two."""


class Beyond(Beside):
    """A rule and its original where neither the reading nor the hundred steps were."""

    def parted_at(self, draw: Draw, shape: tuple[int, ...]) -> tuple[int, float] | None:
        """Return the steps within which the two part after the hundredth, and how far; ``None`` for none."""
        rows = self._leaping(draw, shape, frozenset(), False, LEAP + FEW)
        plain = _farthest(islice(rows, STEPS))
        if not plain <= PARTED:
            return STEPS, plain
        plan = watched(self.plan, self.arguments.given(draw), len(shape))
        # What waits for a list to be full does nothing before.
        self.few = FEW + plan.filling
        if not plan.counters:
            return None
        if _farthest(self._leaping(draw, shape, plan.counters, True, self.few)) <= PARTED:
            return None
        # What was kept before a leap may not be what a training has there, so that all steps are run.
        whole = _farthest(rows)
        return None if whole <= PARTED else (LEAP + FEW, whole)

    def _leaping(
        self, draw: Draw, shape: tuple[int, ...], counters: frozenset[Key], leaps: bool, steps: int
    ) -> Iterator[float]:
        """Yield how far the two part at each of some steps, and after a leap where there is to be one."""
        rng = np.random.default_rng(23)
        weight = rng.normal(size=shape)
        ours = self.parameters([shape], draw)
        now: list[Array] = [np.asarray(weight)]
        with self.optimizer([weight], draw) as (optimizer, theirs):
            pass
        for number in range(steps + 2 * leaps):
            with types(), np.errstate(all="ignore"):
                if number == steps:
                    _leap(optimizer, theirs, counters, ours, LEAP)
                row = [np.asarray(0.1 * rng.normal(size=shape))]
                now = ours.apply(now, row, rate_of(draw))
                step(optimizer, theirs, row)
                apart = distance([now], [weights_of(theirs)])
            yield apart

    def conditions(self, draws: Sequence[Draw], shapes: Sequence[tuple[int, ...]]) -> Iterator[Condition]:
        """Yield arrangements of parameters for which the rule is not that of the original.

        Args:
            draws: values of settings, and others.
            shapes: for which the two were compared, as parameters of one group.
        """
        first, second = draws[0], draws[-1]
        if any(self._rearranged([s], shapes, first) for s in shapes):
            yield Condition(ALONE, "", special=True)
        yield from self._groups(draws, shapes[-1])
        many = [shapes[k % len(shapes)] for k in range(MANY)]
        if self._rearranged(many, shapes, first, steps=2 + self.few - FEW):
            yield Condition(few_text(MANY), "", special=True)
        yield from torch_trainings.conditions(self, shapes, first, second)
        yield from shapes_left_out(shapes, lambda own: self.part(own, first))
        yield from torch_layouts.conditions(self, shapes, first)

    def _rearranged(
        self,
        shapes: Sequence[tuple[int, ...]],
        plain: Sequence[tuple[int, ...]],
        draw: Draw,
        course: Course = PLAIN,
        steps: int = 0,
    ) -> bool:
        """Return whether the two part in an arrangement of parameters and not in the plain one.

        A threshold on what parameters have together is passed where some gradients are far larger or smaller.
        """
        if self.parts(shapes, draw, course, steps=steps):
            return True
        # Many parameters take long: the first sizes are mixed, small and large.
        count = max(steps, 3) if steps else len(UNEVEN)
        uneven = self.parts(shapes, draw, course, steps=count, sizes=True)
        return uneven and not self.parts(plain, draw, steps=count, sizes=True)

    def _groups(self, draws: Sequence[Draw], shape: tuple[int, ...]) -> Iterator[Condition]:
        """Yield what several groups do otherwise."""
        first = draws[0]
        own = [self.regrouped(first, draws[-1 - k % len(draws)]) for k in range(len(draws))]
        own = [first, *(x for x in own if x != first)]
        several = [own[k % len(own)] for k in range(GROUPS)]
        if self._rearranged([shape] * 2, [shape] * 2, first, Course([first] * 2)):
            yield Condition("there is one group: parameters of several are stepped otherwise", "")
        elif any(self.parts([shape] * 2, x, Course([x, y])) for x, y in pairwise([*own[:2], *own[:1]])):
            yield Condition("groups have the same settings: others of a second group are not followed", "")
        elif self.parts([shape] * 3, first, Course([first] * 3)):
            yield Condition("there are at most two groups: of three, some are stepped otherwise", "")
        elif self.parts([shape] * GROUPS, first, Course(several)):
            yield Condition(f"there are at most two groups: of {GROUPS}, some are stepped otherwise", "")
        elif self.parts([shape] * 3, first, Course([first] * 3, late=2)):
            yield Condition("groups are there from the first step: a later one is stepped otherwise", "")


def _farthest(rows: Iterator[float]) -> float:
    """Return how far the two part at most; infinity where one raises an error."""
    worst = 0.0
    try:
        for apart in rows:
            worst = max(worst, apart)
            if not worst <= PARTED:
                return worst
    except Exception:
        return float("inf")
    return worst


def _leap(
    optimizer: Any, parameters: Sequence[Any], counters: frozenset[Key], ours: Parameters, step: int
) -> None:
    """Set the count of the steps of an original and of its rule."""
    for parameter in parameters:
        for key, place in kept(optimizer, parameter).items():
            if key in counters:
                x = place.value
                place.put(torch.full_like(x, step) if isinstance(x, torch.Tensor) else type(x)(step))
    ours.leap(step)


def beyond(
    rule: Block,
    original: Original,
    arguments: Arguments,
    draws: Sequence[Draw],
    shapes: Sequence[tuple[int, ...]],
) -> tuple[tuple[int, float] | None, tuple[Condition, ...], int]:
    """Compare a rule with its original beyond what it was verified for.

    Returns:
        The steps in which the two part and how far, ``None`` where no late step is known at which they do;
        the conditions under which the rule is that of the original; and how many plain steps were run.
    """
    pair = Beyond(rule, original, arguments)
    vector = next((s for s in shapes if len(s) == 1), shapes[0])
    parted = pair.parted_at(draws[0], vector)
    closed = torch_closures.conditions(pair.make, arguments.given(draws[0]), shapes)
    hidden = torch_hidden.conditions(pair, shapes, draws[0], STEPS)
    watching = torch_asking.conditions(pair, shapes, draws[0])
    return parted, (*pair.conditions(draws, shapes), *closed, *hidden, *watching), STEPS
