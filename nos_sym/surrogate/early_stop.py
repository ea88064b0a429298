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
        dropped: whether halving ended it, as one of the worse half.
    """

    training: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    diverged: int | None = None
    steps: int = 0
    test: float | None = None
    dropped: bool = False

    @property
    def fitness(self) -> float:
        """The score that a curve with validation scores is worth: on the test part, where there is one."""
        return max(self.validation) if self.test is None else self.test

    @property
    def best_training(self) -> float:
        """Best training accuracy of an epoch, 0 where there is none."""
        return max(self.training, default=0.0)

    @property
    def final_training(self) -> float:
        """Training accuracy of the last epoch; 0 where a training has none, diverged or was dropped."""
        there = bool(self.training) and self.diverged is None and not self.dropped
        return self.training[-1] if there else 0.0


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

    Args:
        settings: the accuracy that is wanted, and of which epoch.
        accuracies: that epoch's training accuracy at each learning rate that was tried.
    """
    tried = [rate for rate in settings.learning_rates if rate in accuracies]
    if give_up(settings, accuracies) or not tried:
        return None
    best = max(tried, key=lambda rate: accuracies[rate])
    above = accuracies[best] > settings.first_score
    reached = accuracies[best] >= settings.first_score
    return best if (above if settings.first_judged == "final" else reached) else None


def judged(settings: ProtocolSettings, curve: Curve) -> float:
    """Return the training accuracy by which the first early stop judges a learning rate."""
    return curve.final_training if settings.first_judged == "final" else curve.best_training


def cuts_rate(settings: ProtocolSettings, steps: int, accuracy: float) -> bool:
    """Return whether the first early stop ends a learning rate after an epoch.

    Args:
        settings: when it begins to look, and the accuracy that it expects.
        steps: updates made at the end of the epoch.
        accuracy: the epoch's training accuracy.
    """
    return 0 < settings.first_cut_after <= steps and accuracy < settings.first_cut_score


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
