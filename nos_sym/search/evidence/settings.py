"""The settings of a confirmation: how much is trained again, and what it is compared with."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from nos_sym.search.records import SettingsError

OFF = (0, 0)
"""No confirmation."""

PARTS = ("validation", "test")
"""The parts of the data that may score a training."""

_MOST = 1000
_MOST_TRAININGS = 1_000_000


class References(Enum):
    """Which optimizers those that a search confirms are compared with.

    none: no other. default: Adam, AdamW, SGD with momentum and Nesterov with the settings of the catalog.
    tuned: these, and the best of each in a random search over all of its settings; together that has as many
    trainings as the whole run.
    """

    NONE = "none"
    DEFAULT = "default"
    TUNED = "tuned"


def has_test_part(task: Any) -> bool:
    """Return whether the settings of a trainer can ask for images that no search sees."""
    return dataclasses.is_dataclass(task) and any(field.name == "split" for field in dataclasses.fields(task))


def with_split(task: Any, split: str) -> Any:
    """Return settings of a training that is scored on a part of the data; those without parts as they are.

    Raises:
        SettingsError: the data has no such part.
    """
    return dataclasses.replace(task, split=split) if has_test_part(task) else task


def check_confirmation(confirm: tuple[int, int], training: Any) -> None:
    """Check that the best can be confirmed: how many, how often, and that there is a test part.

    Raises:
        SettingsError: they cannot.
    """
    if confirm == OFF:
        return
    if not all(1 <= number <= _MOST for number in confirm):
        raise SettingsError(
            f"'confirm' is {list(confirm)}; expected how many of the best are trained again and how often, "
            f"each 1 to {_MOST}, or [0, 0] for none"
        )
    try:
        with_split(training, "test")
    except SettingsError as error:
        raise SettingsError(f"'confirm' needs a test part: {error}; or set 'confirm' to [0, 0]") from None


def check_tuning(tune: tuple[int, int]) -> None:
    """Check how many of the best are tuned, and in how many trainings each.

    Raises:
        SettingsError: the numbers are out of range.
    """
    if tune != OFF and not (1 <= tune[0] <= _MOST and 1 <= tune[1] <= _MOST_TRAININGS):
        raise SettingsError(
            f"'tune' is {list(tune)}; expected how many of the best are tuned, 1 to {_MOST}, and the "
            f"trainings of each, 1 to {_MOST_TRAININGS}, or [0, 0] for none"
        )


def check_split(name: str, training: Any) -> None:
    """Check that a search does not choose by the test part.

    Raises:
        SettingsError: it does.
    """
    parts = (training, *getattr(training, "tasks", ()))
    if any(getattr(part, "split", "validation") != "validation" for part in parts):
        raise SettingsError(
            f"'{name}' has the split 'test'; expected validation, because what a search chooses by is no "
            "test: 'confirm' trains the best again and scores them on the test part"
        )
