"""The curves of trainings, and both early stops (Section 3.4), with the variants of the authors' script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nos_sym.surrogate.cheaper import falls_behind
from nos_sym.surrogate.protocol import ProtocolSettings


@dataclass(frozen=True, slots=True)
class Curve:
    """What was measured in a training, epoch by epoch: accuracies of images, scores of other tasks.

    Attributes:
        training: mean training accuracies.
        validation: validation accuracies at the ends of the epochs; empty where none was asked for.
        diverged: the step, from 0, whose loss or update was not finite; ``None`` where all were.
        steps: updates made.
        test: score on the test part at the first epoch of the best validation score; ``None`` where none was
            asked for, or no epoch was validated.
    """

    training: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    diverged: int | None = None
    steps: int = 0
    test: float | None = None

    @property
    def fitness(self) -> float:
        """The score that a curve with validation scores is worth: on the test part, where there is one."""
        return max(self.validation) if self.test is None else self.test

    @property
    def best_training(self) -> float:
        """Best training accuracy of an epoch, 0 where there is none."""
        return max(self.training, default=0.0)


def rounds_of(settings: ProtocolSettings) -> tuple[tuple[float, ...], ...]:
    """Return the learning rates that the first early stop tries, in the groups in which it tries them."""
    others = tuple(rate for rate in settings.learning_rates if rate not in settings.probes)
    return tuple(group for group in (settings.probes, others) if group)


def give_up(settings: ProtocolSettings, accuracies: Mapping[float, float]) -> bool:
    """Return whether the probes are known and all of them too bad for the others to be tried."""
    if not settings.probes or not set(settings.probes) <= set(accuracies):
        return False
    return max(accuracies[rate] for rate in settings.probes) < settings.probe_score


def choose_rate(settings: ProtocolSettings, accuracies: Mapping[float, float]) -> float | None:
    """Return the learning rate with the best training accuracy, or ``None`` where the first stop rejects all.

    Of equal ones the first in the settings.
    """
    tried = [rate for rate in settings.learning_rates if rate in accuracies]
    if give_up(settings, accuracies) or not tried:
        return None
    best = max(tried, key=lambda rate: accuracies[rate])
    return best if accuracies[best] >= settings.first_score else None


def ends_run(settings: ProtocolSettings, steps: int, accuracy: float) -> bool:
    """Return whether the second early stop, or the curve where settings say so, ends a run after an epoch.

    Args:
        settings: when it begins to look, and the accuracy that it expects.
        steps: updates made at the end of the epoch.
        accuracy: the epoch's training accuracy.
    """
    if steps >= settings.second_after and accuracy < settings.second_score:
        return True
    return falls_behind(settings, steps, accuracy)
