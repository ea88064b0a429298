"""Which run of a store a resumed search or elimination belongs to: the one with the same settings."""

from __future__ import annotations

import json
from typing import Any

from nos_sym.search.errors import SearchError
from nos_sym.search.records import with_new_names
from nos_sym.search.settings import Algorithm, Counted, as_written
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store

_LATER_OF_TRAININGS: dict[str, Any] = {
    "split": "validation",
    "halving": [],
    "curve_steps": [],
    "curve_accuracies": [],
    "capture": False,
    "check_every": 20,
}
"""Settings of trainings that stores did not always have, with the values that trainings had before."""


def what_decides(settings: str) -> Any:
    """Return the settings of a run without those that do not change its result.

    The data is checked by its digest, so a run can be resumed where its folder is another one. A setting that
    stores did not always have is left out where it changes nothing, so that runs from before it are resumed.
    """
    table = with_new_names(json.loads(settings))
    # What is trained after a search decides nothing of it: a run may be confirmed later, or more of it.
    for name in ("same_failures", "confirm", "references"):
        table.pop(name, None)
    table = as_written(table)
    if table.get("algorithm") != Algorithm.PARTICLES.value:
        table.pop("barriers")
    elif table["counted"] == Counted.SLOTS.value:
        # The number that particles had then decided nothing.
        table["evaluations"] = 0
        table["counted"] = Counted.TRAININGS.value
    if not table.get("template"):
        table.pop("template", None)
    if not any((table.get("operations") or {}).values()):
        table.pop("operations", None)
    for section in ("training", "initial_training"):
        if isinstance(table.get(section), dict):
            for training in (table[section], *table[section].get("tasks", ())):
                training.pop("folder", None)
                for name, off in _LATER_OF_TRAININGS.items():
                    if training.get(name, off) == off:
                        training.pop(name, None)
    return table


def going_on(store: Store, kind: str, settings: str, *, resume: bool, name: str | None = None) -> Run | None:
    """Return the run of a kind, and of a name if one is given, with the same settings that goes on.

    Args:
        store: the store.
        kind: kind of the run, as a message names it.
        settings: settings as JSON.
        resume: whether an interrupted run, or else the last one that ended, goes on.
        name: name of the run.

    Returns:
        The run; ``None`` where a new one begins.

    Raises:
        SearchError: there is an interrupted run like this, and it is not to go on.
    """
    decisive = what_decides(settings)
    found = [run for run in store.runs() if run.kind == kind and name in (None, run.name)]
    same = [run for run in found if what_decides(run.settings) == decisive]
    unfinished = [run for run in same if run.finished is None]
    if resume and same:
        return (unfinished or same)[-1]
    if unfinished:
        raise SearchError(
            f"run {unfinished[-1].id} of '{store.path}' is such an {kind} and is interrupted; "
            "continue with '--resume', or choose another --seed"
        )
    return None


def difference(one: str, other: str) -> str:
    """Return the first setting in which two records differ, with its values."""
    rows = _walk(what_decides(one), what_decides(other), "")
    # The settings of a training are those of its trainer, so that another trainer explains them.
    for name, value, there in sorted(rows, key=lambda row: row[0] != "trainer"):
        if value != there:
            return f"'{name}' ({json.dumps(value)} and not {json.dumps(there)})"
    return "nothing"


def _walk(one: Any, other: Any, name: str) -> list[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other})
        return [
            row
            for key in names
            for row in _walk(one.get(key), other.get(key), f"{name}.{key}" if name else key)
        ]
    return [(name, one, other)]
