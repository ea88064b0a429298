"""Tunings as a store has them: which optimizers come from which."""

from __future__ import annotations

from collections.abc import Iterable

from nos_sym.errors import NosSymError
from nos_sym.search.slots import Stage
from nos_sym.search.store.rows import Evaluation
from nos_sym.search.store.store import Store
from nos_sym.search.tuning.settings import KIND, Origin, tuning_from_json


def origins_of(store: Store, evaluations: Iterable[Evaluation]) -> dict[int, Origin]:
    """Return what evaluations were tuned from, by their numbers; nothing of those that were not.

    The first evaluation of an optimizer in a tuning is the optimizer itself, and tuned from nothing. Settings
    of a run that this version cannot read say nothing.
    """
    found: dict[int, Origin] = {}
    origins: dict[int, tuple[Origin, ...]] = {}
    for e in evaluations:
        if e.stage != Stage.TUNING.value or not e.time_step:
            continue
        if e.run not in origins:
            run = store.run(e.run)
            try:
                origins[e.run] = tuning_from_json(run.settings).origins if run.kind == KIND else ()
            except NosSymError:
                origins[e.run] = ()
        number = e.particle or 0
        if number < len(origins[e.run]):
            found[e.id] = origins[e.run][number]
    return found
