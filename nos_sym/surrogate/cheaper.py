"""What settings may say of cheaper trainings: halving of the sweep, and ends by the curve.

Both change what a fitness means. They are settings of a task, off in the presets of the paper.
"""

from __future__ import annotations

from typing import Protocol

from nos_sym.search.records import SettingsError


class CheaperSettings(Protocol):
    """What is read of the settings of a training, as ``TrainingSettings`` explains it."""

    @property
    def steps(self) -> int:
        """Length of the whole run, in updates."""

    @property
    def epoch_steps(self) -> int:
        """Length of an epoch in steps."""

    @property
    def first_steps(self) -> int:
        """Steps of the sweep at each learning rate."""

    @property
    def first_epoch_steps(self) -> int:
        """Length of an epoch of the sweep; 0 for that of the whole run."""

    @property
    def halving(self) -> tuple[int, ...]:
        """Steps of the sweep after which the better half goes on."""

    @property
    def curve_steps(self) -> tuple[int, ...]:
        """Steps of the whole run after which its curve is looked at."""

    @property
    def curve_accuracies(self) -> tuple[float, ...]:
        """What it must reach there."""


def check_cheaper(settings: CheaperSettings) -> None:
    """Check both settings.

    Raises:
        SettingsError: steps are no ends of epochs in order, or accuracies are not one for each of them.
    """
    epoch = "first_epoch_steps" if settings.first_epoch_steps else "epoch_steps"
    _check_steps(settings, "halving", epoch, "first_steps")
    _check_steps(settings, "curve_steps", "epoch_steps", "steps")
    wanted, looks = settings.curve_accuracies, len(settings.curve_steps)
    if len(wanted) != looks:
        raise SettingsError(
            f"'curve_accuracies' is {wanted}; expected {looks} numbers, one for each of 'curve_steps'"
        )
    if not all(0 <= accuracy <= 1 for accuracy in wanted):
        raise SettingsError(f"'curve_accuracies' is {wanted}; expected numbers in [0, 1]")


def falls_behind(settings: CheaperSettings, steps: int, accuracy: float) -> bool:
    """Return whether the curve ends a whole run after an epoch.

    It is a function of settings and of the run alone, so that it does not depend on what was trained before
    or at the same time.

    Args:
        settings: the steps at which it looks, and what it expects there.
        steps: updates made at the end of the epoch.
        accuracy: the epoch's training accuracy.
    """
    wanted = dict(zip(settings.curve_steps, settings.curve_accuracies, strict=True))
    return steps in wanted and accuracy < wanted[steps]


def _check_steps(settings: CheaperSettings, name: str, epoch: str, whole: str) -> None:
    """Check that steps are ends of epochs; ``epoch`` and ``whole`` name the settings with their lengths."""
    steps: tuple[int, ...] = getattr(settings, name)
    each, length = getattr(settings, epoch), getattr(settings, whole)
    inside = all(0 < step < length and step % each == 0 for step in steps)
    if not inside or list(steps) != sorted(set(steps)):
        raise SettingsError(
            f"'{name}' is {steps}; expected ends of epochs in ascending order: multiples of '{epoch}', "
            f"{each}, below '{whole}', {length}"
        )
