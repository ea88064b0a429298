"""The trainers that settings can name.

Their modules import a framework each, so they are named here and imported when a search needs them.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from nos_sym.search.records import NOWHERE, SettingsError, Text
from nos_sym.search.trainers import Trainer


@dataclass(frozen=True, slots=True)
class TrainerKind:
    """Where the class of a trainer and the class of its settings are, each as ``module:name``."""

    trainer: str
    settings: str


TRAINERS: dict[str, TrainerKind] = {
    "torch": TrainerKind(
        "nos_sym.surrogate.trainer:TorchTrainer", "nos_sym.surrogate.settings:TrainingSettings"
    ),
    "tensorflow": TrainerKind(
        "nos_sym.surrogate.tensorflow_trainer:TensorFlowTrainer",
        "nos_sym.surrogate.settings:TrainingSettings",
    ),
}
"""Trainers by the name that settings use."""


def load(path: str) -> Any:
    """Return the object at ``module:name``."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


def load_trainer(name: str) -> Trainer[Any]:
    """Return a trainer by its name.

    Raises:
        SettingsError: there is none of this name, or it needs a package that is not installed.
    """
    path = trainer_kind(name).trainer
    try:
        trainer: Trainer[Any] = load(path)()
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the trainer '{name}' needs the package '{error.name}'; install nos-sym[{name}]"
        ) from None
    return trainer


def trainer_kind(name: Any, text: Text = NOWHERE) -> TrainerKind:
    """Return where the trainer of a name is.

    Raises:
        SettingsError: there is none of this name.
    """
    if not isinstance(name, str) or name not in TRAINERS:
        raise SettingsError(
            f"{text.place(('trainer',))}unknown trainer {name!r}; expected one of {', '.join(TRAINERS)}"
        )
    return TRAINERS[name]
