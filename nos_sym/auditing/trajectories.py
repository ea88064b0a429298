"""Trajectories of the catalog at the defaults of its entries, kept in a file since all of them take long.

``python -m nos_sym.auditing.trajectories`` writes the file, as ``make generated`` does. It carries a digest
of the texts of the catalog: where these are not those of this installation, all are run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from nos_sym import catalog
from nos_sym.algebra.falsification.histories import can_run
from nos_sym.auditing.distance import Array, History, Runner, histories
from nos_sym.cache.remembered import remembered
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.system import system_of

TABLE = "trajectories.json"

AFTER = (1, 3, 12)
"""Steps after which the weights are kept."""

_KEPT = (
    "drawn",
    "a quadratic function",
    "small gradients, 1e-6",
    "zeros at most steps",
    "a rate that changes",
)
_DIGITS = 7

Rows = dict[str, list[float]]


def kept_histories() -> tuple[History, ...]:
    """Return the histories on which trajectories are kept."""
    return tuple(h for h in histories() if h.name in _KEPT)


def trajectory(rule: Rule | Block) -> Array | None:
    """Return the weights of an optimizer at its defaults: history, step of :data:`AFTER`, entry.

    ``None`` where an operation does not say what it computes.
    """
    if not can_run(system_of(rule)):
        return None
    run = Runner(rule)
    rows = [run(history, {}, max(AFTER)) for history in kept_histories()]
    return np.array([[row[step].ravel() for step in AFTER] for row in rows])


def catalog_trajectories() -> dict[str, Array]:
    """Return the trajectory of every optimizer of the catalog, from the file where it is of this catalog."""
    text = _file_text()
    rows = _kept(text)
    if rows is None:
        rows = json.loads(
            remembered(("trajectories of the catalog",), lambda: json.dumps(rows_of(catalog.names())))
        )
    shape = (len(_KEPT), len(AFTER), -1)
    return {name: np.array(row, dtype=float).reshape(shape) for name, row in rows.items()}


def rows_of(names: Iterable[str]) -> Rows:
    """Return the trajectories of entries of the catalog as lists, schedules left out."""
    rows: Rows = {}
    for name in names:
        entry = catalog.entry(name)
        found = None if isinstance(entry, Schedule) else trajectory(entry)
        if found is not None:
            finite = np.nan_to_num(found.ravel(), nan=0.0, posinf=1e300, neginf=-1e300)
            rows[name] = [float(f"{x:.{_DIGITS}g}") for x in finite]
    return rows


@lru_cache(maxsize=2)
def _kept(text: str) -> Rows | None:
    """Return the rows of a file; ``None`` where it is of another catalog or damaged."""
    try:
        table: dict[str, Any] = json.loads(text)
        if table["catalog"] != digest_of_catalog():
            return None
        rows: Rows = table["rows"]
    except (ValueError, KeyError, TypeError):
        return None
    return rows


def _file_text() -> str:
    try:
        return files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    except OSError:
        return ""


@lru_cache(maxsize=1)
def digest_of_catalog() -> str:
    """Return a digest of all entries as they are written, and of how trajectories are made."""
    text = repr([(name, catalog.text_of(name)) for name in catalog.names()] + [_KEPT, AFTER])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def written() -> str:
    """Return the file, from trajectories that are run now; one line for each entry."""
    rows = rows_of(catalog.names())
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items())
    return f'{{"catalog": "{digest_of_catalog()}", "rows": {{\n{lines}\n}}}}\n'


if __name__ == "__main__":
    Path(__file__).with_name(TABLE).write_text(written(), encoding="utf-8")
