"""PyTorch: the rule beside its original where neither the reading nor the hundred steps were.

Late steps are reached by a leap: counters of the original are set forward, and ``t`` of the rule with them.
Where the two part after one, all steps up to there are run, since what an original accumulates does not
leap. One parameter alone, several groups and parameters of more axes are tried as well: a rule that is not
theirs says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from nos_sym.language.block import Block
from nos_sym.lift import torch_closures, torch_trainings
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.elsewhere import ALONE, FEW, PARTED, UNTRIED, left_out_text
from nos_sym.lift.lifted import Condition
from nos_sym.lift.originals import Original
from nos_sym.lift.torch_beside import LEAPS, Beside, Draw, drawn, have_parted, rate_of, step, weights_of
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_states import kept
from nos_sym.lift.torch_watching import watched
from nos_sym.lift.verifying import Array, distance
from nos_sym.program.parameters import Parameters

PLAIN = 320
"""Steps that are run one by one: what counts them may be where nothing sees it."""
MANY = 6
"""Parameters of one group that are more than the rule was read off of and verified for."""


class Beyond(Beside):
    """A rule and its original where neither the reading nor the hundred steps were."""

    def parted_at(self, draw: Draw, shape: tuple[int, ...]) -> tuple[int, float] | None:
        """Return the steps within which the two part after the hundredth, and how far; ``None`` for none."""
        plain = self._plain(draw, shape, PLAIN)
        if not plain <= PARTED:
            return PLAIN, plain
        plan = watched(self.plan, self.arguments.given(draw), len(shape))
        # What waits for a list to be full does nothing before.
        self.few = FEW + plan.filling
        leaps = LEAPS if plan.counters else ()
        reached = [0]
        try:
            for leap, apart in self._leaping(draw, shape, plan.counters, leaps, self.few):
                reached.append(leap)
                if not apart <= PARTED:
                    break
            else:
                return None
        except Exception:
            reached.append(next((x for x in LEAPS if x > reached[-1]), 0))
        leap = reached[-1]
        # What was kept before a leap may not be what a training has there, so that all steps are run.
        whole = self._plain(draw, shape, leap + 3)
        return None if whole <= PARTED else (leap + 3, whole)

    def _plain(self, draw: Draw, shape: tuple[int, ...], steps: int) -> float:
        """Return how far the two part in steps run one by one; infinity where one raises an error."""
        try:
            return max(x for _, x in self._leaping(draw, shape, frozenset(), (), steps))
        except Exception:
            return float("inf")

    def _leaping(
        self,
        draw: Draw,
        shape: tuple[int, ...],
        counters: frozenset[Key],
        leaps: Sequence[int],
        steps: int = FEW,
    ) -> Iterator[tuple[int, float]]:
        rng = np.random.default_rng(23)
        weight = rng.normal(size=shape)
        ours = self.parameters([shape], draw)
        now: list[Array] = [np.asarray(weight)]
        with self.optimizer([weight], draw) as (optimizer, theirs):
            for leap in (0, *leaps):
                if leap:
                    _leap(optimizer, theirs, counters, ours, leap)
                for _ in range(2 if leap else steps):
                    row = [np.asarray(0.1 * rng.normal(size=shape))]
                    now = ours.apply(now, row, rate_of(draw))
                    step(optimizer, theirs, row)
                    yield leap, distance([now], [weights_of(theirs)])

    def conditions(self, draws: Sequence[Draw], shapes: Sequence[tuple[int, ...]]) -> Iterator[Condition]:
        """Yield arrangements of parameters for which the rule is not that of the original.

        Args:
            draws: values of settings, and others.
            shapes: for which the two were compared, as parameters of one group.
        """
        first, second = draws[0], draws[-1]
        if any(self._parts([s], first) for s in shapes):
            yield Condition(ALONE, "", special=True)
        if self._parts([shapes[-1]] * 2, first, grouped=first):
            yield Condition("there is one group: parameters of several are stepped otherwise", "")
        elif self._parts([shapes[-1]] * 2, first, grouped=second):
            yield Condition("groups have the same settings: others of a second group are not followed", "")
        if self._parts([shapes[-1]] * MANY, first):
            yield Condition(
                f"there are a few parameters: of {MANY}, some are stepped otherwise", "", special=True
            )
        yield from torch_trainings.conditions(self, shapes, first)
        ranks = {len(s) for s in shapes}
        left_out = 0
        for shape, words in UNTRIED:
            tried = len(shape) in ranks or len(shape) > 2
            if tried and left_out < 3 and self._parts([shape, *shapes[-1:]], first):
                yield Condition(left_out_text(words), "", special=True)
                left_out = max(left_out, len(shape))
        if self._narrow(shapes, first):
            yield Condition("weights are of float64: those of float32 are stepped otherwise", "")

    def _narrow(self, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
        """Return whether the original steps weights of float32 otherwise, by more than these can round."""
        found = []
        for dtype in (torch.float32, torch.float64):
            rng = np.random.default_rng(31)
            weights = [torch.nn.Parameter(torch.tensor(rng.normal(size=s), dtype=dtype)) for s in shapes]
            before = [np.asarray(x, float) for x in weights_of(weights)]
            try:
                optimizer = self.make(weights, **self.arguments.given(draw))
                for _ in range(self.few):
                    for w in weights:
                        w.grad = torch.tensor(0.1 * rng.normal(size=tuple(w.shape)), dtype=dtype)
                    optimizer.step()
            except Exception:
                return False
            found.append([np.asarray(x, float) - w for x, w in zip(weights_of(weights), before, strict=True)])
        for x, y in zip(*found, strict=True):
            scale = max(float(np.max(np.abs(y))), 1e-4)
            if not float(np.max(np.abs(x - y))) <= 0.05 * scale:
                return True
        return False

    def _parts(self, shapes: Sequence[tuple[int, ...]], draw: Draw, grouped: Draw | None = None) -> bool:
        """Return whether the two part; what the original refuses is not compared.

        Args:
            shapes: of the parameters.
            draw: values of settings.
            grouped: those of the last parameter, which is in a group of its own then.
        """
        weights, rows = drawn(29, shapes, self.few)
        theirs = self.theirs(weights, rows, draw, grouped)
        if theirs is None:
            return False
        ours = self.ours(weights, rows, draw if grouped is None else grouped)
        if ours is None or grouped is None or grouped is draw:
            return have_parted(ours, theirs)
        return have_parted([x[-1:] for x in ours], [x[-1:] for x in theirs])


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
) -> tuple[tuple[int, float] | None, tuple[Condition, ...]]:
    """Compare a rule with its original beyond what it was verified for.

    Returns:
        The steps in which the two part and how far, ``None`` where no late step is known at which they do;
        and the conditions under which the rule is that of the original.
    """
    pair = Beyond(rule, original, arguments)
    vector = next((s for s in shapes if len(s) == 1), shapes[0])
    parted = pair.parted_at(draws[0], vector)
    closed = torch_closures.conditions(pair.make, arguments.given(draws[0]), shapes)
    return parted, (*pair.conditions(draws, shapes), *closed)
