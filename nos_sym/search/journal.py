"""The journal of a run: what is written to the store besides trainings."""

from __future__ import annotations

from nos_sym.search.candidates import Move, Redraw, Result
from nos_sym.search.failures import RepeatedFailures
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.listener import Listener
from nos_sym.search.own_pace import Owners
from nos_sym.search.results import DuplicateOf
from nos_sym.search.slots import Slot
from nos_sym.search.store.store import Store


class Journal(Listener):
    """Writes duplicates and moves to the store, and passes every event on to whoever watches.

    Args:
        store: open for writing.
        run: number of the run.
        fingerprints: what counts as the same optimizer.
        listener: whoever watches.
        owners: which slots trainings belong to, where they are functions of their texts.
    """

    def __init__(
        self,
        store: Store,
        run: int,
        fingerprints: Fingerprints,
        listener: Listener,
        owners: Owners | None = None,
    ) -> None:
        self._store = store
        self._run = run
        self._fingerprints = fingerprints
        self._listener = listener
        self._owners = owners
        self._evaluations: dict[Slot, int] = {}
        # What a run that goes on has already is not written again: each write waits for the disk.
        self._moves = {row[:2]: row[2:] for row in store.moves(run)}
        self._duplicates = {row[:2] for row in store.duplicates(run)}
        self._redraws: list[Redraw] = []
        self._catalog = catalog_index(fingerprints)
        self._found: set[str] = set()
        self._repeated = RepeatedFailures()

    def stage(self, name: str, slots: int) -> None:
        """Pass on that a part of the search begins."""
        self._listener.stage(name, slots)

    def result(self, result: Result) -> None:
        """Write that a candidate was answered, and say where it is of the catalog or one of many failures."""
        candidate, outcome = result.candidate, result.outcome
        self._evaluations[candidate.slot] = result.evaluation
        settled = self._owners is not None and self._owners.settle(result)
        if isinstance(outcome, DuplicateOf) and not settled and self._is_new(candidate.slot, candidate.draw):
            text = candidate.text
            self._store.add_duplicate(
                self._run, candidate.slot, candidate.draw, "answered", text, outcome.key, outcome.evaluation
            )
        self._listener.result(result)
        repeated = self._repeated.note(result)
        if repeated is not None:
            self._listener.note(repeated)
        name = self._catalog.find(candidate.fingerprint)
        if name is not None and name not in self._found:
            self._found.add(name)
            self._listener.note(f"found {name} of the catalog: {candidate.rule}")

    def _is_new(self, slot: Slot, draw: int) -> bool:
        """Return whether the store has no duplicate of a slot and draw from before an interruption."""
        return (str(slot), draw) not in self._duplicates

    def redrawn(self, redraw: Redraw) -> None:
        """Keep a redraw until the evaluation of its original is known."""
        self._redraws.append(redraw)
        self._listener.redrawn(redraw)

    def emptied(self, slots: int) -> None:
        """Pass on that slots stay empty."""
        self._listener.emptied(slots)

    def closed(self, slots: int) -> None:
        """Pass on that slots are done."""
        self._listener.closed(slots)

    def moved(self, move: Move) -> None:
        """Write where a particle is."""
        candidate, result = move.candidate, move.result
        fitness, evaluation = (None, None) if result is None else (result.fitness, result.evaluation)
        text, key = candidate.text, candidate.key
        if self._moves.get((move.particle, move.time_step)) != (text, key, fitness, evaluation):
            self._store.add_move(self._run, move.particle, move.time_step, text, key, fitness, evaluation)
        self._listener.moved(move)

    def ended(self) -> None:
        """Pass on that the search is complete."""
        self._listener.ended()

    def note(self, text: str) -> None:
        """Pass on a message."""
        self._listener.note(text)

    def flush(self) -> None:
        """Write the redraws; to be called while no training runs, when their originals have ended."""
        redraws = [r for r in self._redraws if self._is_new(r.slot, r.draw)]
        self._redraws.clear()
        if not redraws:
            return
        with self._store.transaction():
            for r in redraws:
                original = self._evaluations.get(r.original)
                self._store.add_duplicate(self._run, r.slot, r.draw, "redrawn", r.text, r.key, original)
