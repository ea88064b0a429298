"""Random search: every candidate is sampled anew, which shows what a search adds."""

from __future__ import annotations

from nos_sym.search.algorithms.proposing import Proposer, sample_draw
from nos_sym.search.budget import Budget, evaluations_of, note_unspent, trainings_of
from nos_sym.search.candidates import Candidate, Request, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot, Stage

SLOTS_PER_TRAINING = 100
"""Slots after which a search ends, as a multiple of its trainings: nearly all that it draws is known."""


class RandomSearch:
    """Samples genomes, each independent of all others, until ``evaluations`` of them are trained.

    Candidates come in batches of ``population``. No result has to be waited for but near the end, where some
    of those that are open may be answered by the archive: what they do not cost, later ones get.

    Args:
        settings: settings of the search.
        proposer: draws the candidates; by default one for these settings.
        listener: is called at the beginning and the end.
    """

    def __init__(
        self, settings: SearchSettings, proposer: Proposer | None = None, listener: Listener | None = None
    ) -> None:
        self._settings = settings
        self._proposer = proposer or Proposer(settings)
        self._listener = listener or Listener()
        self._draw = sample_draw(settings)
        self._drawn = 0
        self._open: set[Slot] = set()
        self._closed = False
        self._budget = Budget(trainings_of(settings))
        slots = evaluations_of(settings)
        self._most = slots if self._budget.left is None else slots * SLOTS_PER_TRAINING

    def ask(self) -> list[Candidate]:
        """Return a batch of candidates, or none while enough of the last ones are still open."""
        if self._drawn == 0:
            self._listener.stage("random search", evaluations_of(self._settings))
        while size := self._size_of_batch():
            numbers = range(self._drawn, self._drawn + size)
            self._drawn = numbers.stop
            proposed = self._proposer.propose([self._request(number) for number in numbers])
            candidates = [candidate for candidate in proposed if candidate is not None]
            self._open.update(candidate.slot for candidate in candidates)
            if candidates:
                return candidates
        if not self._open and not self._closed:
            self._closed = True
            self._listener.closed(evaluations_of(self._settings))
            note_unspent([self._budget], self._settings, self._listener)
        return []

    def tell(self, result: Result) -> None:
        """Note that a candidate is evaluated; nothing is learned from its fitness."""
        if result.slot not in self._open:
            raise SearchError(f"no result is expected for '{result.slot}'; tell each candidate's once")
        self._open.remove(result.slot)
        self._budget.spend(int(result.was_trained))

    def _size_of_batch(self) -> int:
        """Return how many slots are drawn for now: a whole batch, or at the end what is left.

        Batches must not depend on which results came first. A whole one is drawn as soon as the budget has
        room for it whatever the open ones cost, and a smaller one when none is open: in every order the same.
        """
        size = self._settings.population
        if len(self._open) >= size:
            return 0
        size = min(size, self._most - self._drawn)
        if self._budget.left is None:
            return size
        if self._budget.left - len(self._open) >= size:
            return size
        return 0 if self._open else self._budget.left

    def _request(self, number: int) -> Request:
        slot = Slot(Stage.RANDOM, number)
        return Request(slot, self._draw, self._proposer.index(), self._settings.training)
