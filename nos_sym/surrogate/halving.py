"""Successive halving of the learning rates of the first early stop (Jamieson and Talwalkar, AISTATS 2016).

All rates of an optimizer train to the first rung, a step of ``halving``; the better half of them goes on to
the next rung, and so on to ``first_steps``. After rung k, ``ceil(n / 2^k)`` of n rates are left at most: 4, 2
and 1 of seven. What goes on is exactly the training that a sweep without halving would make. Rates are
compared by the training accuracy by which the first early stop chooses, that of their best epoch or that of
the last one so far; of equal ones the first in the settings stays. What has diverged, or was cut by the first
early stop, cannot go on and takes no place of those that do. What is dropped has no final epoch, so that
it is never chosen where the final one counts; where the best one does, what stayed is as good.

Each optimizer and seed is halved for itself, and probes apart from the other rates, so that the result does
not depend on what is trained beside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Hashable, Sequence
from dataclasses import replace

from nos_sym.surrogate.early_stop import Curve, judged
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.protocol import ProtocolSettings


class Halving:
    """Decides which of some runs of a sweep go on.

    Args:
        settings: with the rungs.
        runs: all that are trained in a round of the sweep, of one optimizer or several.
    """

    def __init__(self, settings: ProtocolSettings, runs: Sequence[Run]) -> None:
        self._settings = settings
        groups: dict[Hashable, list[int]] = {}
        copies: Counter[Run] = Counter()
        for index, run in enumerate(runs):
            # The same training may be asked for twice, each time for an evaluation of its own.
            groups.setdefault((run.file, run.seed, copies[run]), []).append(index)
            copies[run] += 1
        self._groups = list(groups.values())

    def ended(self, steps: int, curves: Sequence[Curve], going: set[int]) -> set[int]:
        """Return which runs end after a number of steps.

        Args:
            steps: updates that the runs have made.
            curves: of all runs, so far.
            going: numbers of the runs that are still trained and have not diverged.
        """
        rungs = self._settings.halving
        if steps not in rungs:
            return set()
        rung = rungs.index(steps) + 1
        found: set[int] = set()
        for group in self._groups:
            left = -(-len(group) // 2**rung)
            # Sorting keeps the order of equal ones.
            ranked = sorted(going.intersection(group), key=lambda i: (-judged(self._settings, curves[i]), i))
            found.update(ranked[left:])
        return found


def finished(training: Generator[Curve, None, Curve]) -> Curve:
    """Train to the end, and return the curve."""
    while True:
        try:
            next(training)
        except StopIteration as end:
            curve: Curve = end.value
            return curve


def train_halving(
    settings: ProtocolSettings, runs: Sequence[Run], trainings: Sequence[Generator[Curve, None, Curve]]
) -> list[Curve]:
    """Train a round of a sweep, epoch by epoch side by side, and return the curves.

    Args:
        settings: with the rungs.
        runs: what is trained.
        trainings: a training of each, which yields its curve at the end of each epoch, and returns it.
    """
    halving = Halving(settings, runs)
    curves = [Curve()] * len(runs)
    going = set(range(len(runs)))
    while going:
        for index in sorted(going):
            try:
                curves[index] = next(trainings[index])
            except StopIteration as end:
                curves[index] = end.value
                going.remove(index)
        if going:
            steps = max(curves[index].steps for index in going)
            for index in halving.ended(steps, curves, going):
                trainings[index].close()
                curves[index] = replace(curves[index], dropped=True)
                going.remove(index)
    return curves
