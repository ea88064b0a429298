"""The evaluations that a run of a store found: those that it trained, and those that answered it."""

from __future__ import annotations

from nos_sym.search.store.store import Evaluation, Store


def evaluations_of(store: Store, run: int, *, up_to: int | None = None) -> list[Evaluation]:
    """Return the evaluations of a run, after those of other runs that answered its candidates.

    A run has found an optimizer that was answered just as one that it trained; without these, a run whose
    best optimizer was known to the store would lack it.
    """
    own = list(store.evaluations(run, up_to=up_to))
    numbers = {number for _, _, kind, _, _, number in store.duplicates(run) if kind == "answered"}
    numbers -= {e.id for e in own}
    if not numbers:
        return own
    return [e for e in store.evaluations(not_run=run, up_to=up_to) if e.id in numbers] + own
