"""Tables of settings, one above the other: what the upper says, and of the lower what still applies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nos_sym.search.records import with_new_names
from nos_sym.search.trainer_kinds import TRAINERS, settings_class

_TRAININGS = ("training", "initial_training")
"""Tables with the settings of a training."""


def for_trainer(table: Mapping[str, Any], trainer: str) -> dict[str, Any]:
    """Return the table of a preset for another trainer.

    Where that has settings of its own, those of trainings are left out: they are of the trainer before.

    Raises:
        SettingsError: there is no such trainer.
    """
    same = settings_class(trainer) is settings_class(table.get("trainer", "torch"))
    left_out = () if same else _TRAININGS
    return {key: value for key, value in table.items() if key not in left_out} | {"trainer": trainer}


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the values of both tables; where both have a key, ``above`` wins.

    Where ``above`` names another task, what ``below`` has of trainings is left out, as it is of that before.
    """
    merged = with_new_names(below)
    if _is_of_package({**merged, **above}) and names_other_task(
        merged.get("training", {}), above.get("training", {})
    ):
        merged = {key: value for key, value in merged.items() if key not in _TRAININGS}
    for key, value in with_new_names(above).items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def names_other_task(below: Any, above: Any) -> bool:
    """Return whether the settings of a training name another task than those below them."""
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return False
    return ("task" in above or "tasks" in above) and _tasks_of(above) != _tasks_of(below)


def _tasks_of(table: Mapping[str, Any]) -> Any:
    """Return the task that the settings of a training are of; those that name none are of images."""
    return "several" if "tasks" in table else table.get("task", "images")


def _is_of_package(table: Mapping[str, Any]) -> bool:
    """Return whether a trainer of the package trains, whose settings name their task."""
    return table.get("trainer", "torch") in TRAINERS
