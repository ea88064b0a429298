"""Which run of a store a resumed search or elimination belongs to: the one with the same settings."""

from __future__ import annotations

import json
from typing import Any

from nos_sym.search.added_settings import SEARCH, SECTIONS, without_added
from nos_sym.search.errors import SearchError
from nos_sym.search.records import with_new_names
from nos_sym.search.settings import Algorithm, Counted, as_written
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store


def what_decides(settings: str) -> Any:
    """Return the settings of a run without those that do not change its result.

    The data is checked by its digest, so a run can be resumed where its folder is another one. A setting that
    stores did not always have is left out where it changes nothing, so that runs from before it are resumed.
    """
    table = with_new_names(json.loads(settings))
    # What is trained after a search decides nothing of it: a run may be confirmed later, or more of it.
    for name in ("same_failures", "confirm", "references", "tune"):
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
    table = without_added(table, SEARCH)
    for section, before in SECTIONS.items():
        if isinstance(table.get(section), dict):
            table[section] = without_added(table[section], before)
            table[section].pop("folder", None)
            if "tasks" in table[section]:
                table[section]["tasks"] = [without_added(task, before) for task in table[section]["tasks"]]
                for task in table[section]["tasks"]:
                    task.pop("folder", None)
    if not any((table.get("operations") or {}).values()):
        table.pop("operations", None)
    for stage in _stages(table):
        if stage.get("network") == "convnet":
            del stage["network"]
    return table


def _stages(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the stages of an elimination, which did not always name a network."""
    stages = table.get("stages")
    return [stage for stage in stages if isinstance(stage, dict)] if isinstance(stages, list) else []


def going_on(
    store: Store, kind: str, settings: str, *, resume: bool, name: str | None = None, horizon: int = 0
) -> Run | None:
    """Return the run of a kind, and of a name if one is given, with the same settings that goes on.

    Args:
        store: the store.
        kind: kind of the run, as a message names it.
        settings: settings as JSON.
        resume: whether an interrupted run, or else the last one that ended, goes on.
        name: name of the run.
        horizon: number of an evaluation that the run must have known when it began.

    Returns:
        The run; ``None`` where a new one begins.

    Raises:
        SearchError: there is an interrupted run like this, and it is not to go on.
    """
    decisive = what_decides(settings)
    runs = [run for run in store.runs() if run.kind == kind and name in (None, run.name)]
    found = [run for run in runs if run.horizon >= horizon]
    same = [run for run in found if what_decides(run.settings) == decisive]
    unfinished = [run for run in same if run.finished is None]
    if resume and same:
        return (unfinished or same)[-1]
    if unfinished:
        raise SearchError(
            f"run {unfinished[-1].id} of '{store.path}' is such {_with_article(kind)} and is interrupted; "
            "continue with '--resume', or choose another --seed"
        )
    return None


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def difference(one: str, other: str) -> str:
    """Return the first setting in which two records differ, with its values."""
    rows = _walk(what_decides(one), what_decides(other), "")
    # The settings of a training are those of its trainer, so that another trainer explains them.
    for name, value, there in sorted(rows, key=lambda row: row[0] != "trainer"):
        if value != there:
            shown = [json.dumps(_meant(name, each)) for each in (value, there)]
            return f"'{name}' ({shown[0]} and not {shown[1]})"
    return "nothing"


def _meant(name: str, value: Any) -> Any:
    """Return what a setting means: a missing one, what it did before it was a setting."""
    section, _, key = name.rpartition(".")
    return SECTIONS.get(section, SEARCH).get(key) if value is None else value


def _walk(one: Any, other: Any, name: str) -> list[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other})
        return [
            row
            for key in names
            for row in _walk(one.get(key), other.get(key), f"{name}.{key}" if name else key)
        ]
    return [(name, one, other)]
