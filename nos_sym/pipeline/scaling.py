"""Shorter or longer trainings of a search and of what follows it, as a rehearsal of the whole has them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from nos_sym.search.protocols.elimination_settings import EliminationStage
from nos_sym.search.records import SettingsError

LARGEST = 1000.0

_LENGTHS = (
    "steps", "warmup", "hold", "epoch_steps", "first_steps", "first_epoch_steps", "first_cut_after",
    "second_after",
)  # fmt: skip
"""Settings of a training that are numbers of updates."""

_LEVELS = (
    "first_accuracy", "first_cut_accuracy", "probe_accuracy", "second_accuracy", "first_score", "probe_score",
    "second_score",
)  # fmt: skip
"""What a training has to reach on its way, which a shorter one does not."""

_CURVES = ("halving", "curve_steps", "curve_accuracies")
"""Settings of cheaper sweeps, which are of trainings of one length."""


def check_scale(scale: float) -> None:
    """Check a factor of lengths.

    Raises:
        SettingsError: it is no positive number up to :data:`LARGEST`.
    """
    if not 0 < scale <= LARGEST:
        raise SettingsError(f"the scale is {scale:g}; expected a positive number up to {LARGEST:g}")


def scaled_training(training: Any, scale: float) -> Any:
    """Return the settings of a training of a search with another length.

    A shorter one is ended by no early stop: what that asks for is reached by whole trainings. One whose
    settings know no steps stays as it is.
    """
    if scale == 1:
        return training
    if isinstance(getattr(training, "tasks", None), tuple):
        tasks = tuple(scaled_training(task, scale) for task in training.tasks)
        return dataclasses.replace(training, tasks=tasks)
    names = {field.name for field in dataclasses.fields(training)}
    if "steps" not in names:
        return training
    changes: dict[str, Any] = {
        name: scaled_length(getattr(training, name), scale) for name in _LENGTHS if name in names
    }
    # Warm-up and hold together are shorter than the whole.
    spare = changes["steps"] - 1
    for name in ("warmup", "hold"):
        if name in changes:
            changes[name] = min(changes[name], spare // 2)
    if "first_steps" in changes:
        changes["first_steps"] = min(changes["first_steps"], changes["steps"])
    changes |= {name: () for name in _CURVES if name in names}
    if scale < 1:
        changes |= {name: 0.0 for name in _LEVELS if name in names}
    return dataclasses.replace(training, **changes)


def scaled_length(steps: int, scale: float) -> int:
    """Return a number of updates; one that is 0 stays so, and no other becomes it."""
    return max(1, round(steps * scale)) if steps else 0


def scaled_stages(stages: tuple[EliminationStage, ...], scale: float) -> tuple[EliminationStage, ...]:
    """Return stages of an elimination whose trainings have another length."""
    return tuple(dataclasses.replace(s, steps=scaled_length(s.steps, scale)) for s in stages)


def with_folder(training: Any, folder: Path | None) -> Any:
    """Return the settings of a training whose archives are in a folder; those without one as they are."""
    if folder is None:
        return training
    if isinstance(getattr(training, "tasks", None), tuple):
        return dataclasses.replace(training, tasks=tuple(with_folder(t, folder) for t in training.tasks))
    if "folder" not in {field.name for field in dataclasses.fields(training)}:
        return training
    return dataclasses.replace(training, folder=folder)
