"""Confirmations as a store has them: what is known of an optimizer beside its first fitness."""

from __future__ import annotations

import json
from typing import Any

from nos_sym.search.evidence.repeats import Repeated, by_particle
from nos_sym.search.slots import Stage
from nos_sym.search.store.store import Store

CONFIRMATION = "confirmation"
"""Kind of the runs that confirm the best of a search."""


def confirmations(store: Store, task: str, run: int | None = None) -> dict[str, Repeated]:
    """Return the new trainings of optimizers by their exact key; of several confirmations the latest.

    Args:
        store: the store.
        task: task and budget of the search in which they had their first fitness.
        run: only those of this search.
    """
    found: dict[str, Repeated] = {}
    for confirmation in store.runs():
        if confirmation.kind != CONFIRMATION:
            continue
        told = json.loads(confirmation.settings)
        if told.get("task") != task or (run is not None and told.get("source") != run):
            continue
        if told.get("hidden"):
            # Another task, whose scores are not compared with the first fitness.
            continue
        chance = told.get("chance")
        rows = [e for e in store.scores(confirmation.id) if e.stage == Stage.CONFIRMATION.value]
        keys = {e.particle: (e.key, e.text) for e in rows}
        scores = by_particle((e.particle or 0, e.child or 0, e.fitness) for e in rows)
        for particle, values in scores.items():
            key, text = keys[particle]
            if key is not None:
                known = chance if isinstance(chance, int | float) else None
                found[key] = Repeated(text, values, known)
    return found


def columns_of(again: Repeated | None, first: float) -> dict[str, Any]:
    """Return the columns of a table that tell the new trainings of an optimizer.

    Args:
        again: the trainings, if there are any.
        first: its fitness in the search.
    """
    interval = None if again is None else again.interval
    return {
        "confirmed": None if interval is None else interval.mean,
        "confirmed_low": None if interval is None else interval.low,
        "confirmed_high": None if interval is None else interval.high,
        "confirmed_repeats": 0 if again is None else len(again.scores),
        "confirmed_failed": 0 if again is None else again.failed,
        "shrinkage": None if interval is None else first - interval.mean,
    }
