"""Which run of a store a resumed search or elimination belongs to: the one with the same settings."""

from __future__ import annotations

import json
from typing import Any

from nos_sym.search.records import with_new_names


def what_decides(settings: str) -> Any:
    """Return the settings of a run without those that do not change its result.

    The data is checked by its digest, so a run can be resumed where its folder is another one. A setting that
    stores did not always have is left out where it changes nothing, so that runs from before it are resumed.
    """
    table = with_new_names(json.loads(settings))
    table.pop("same_failures", None)
    if not any((table.get("operations") or {}).values()):
        table.pop("operations", None)
    for section in ("training", "initial_training"):
        if isinstance(table.get(section), dict):
            for training in (table[section], *table[section].get("tasks", ())):
                training.pop("folder", None)
    return table


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
