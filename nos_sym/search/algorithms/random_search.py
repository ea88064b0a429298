"""Random search: every candidate is sampled anew, which shows what a search adds."""

from __future__ import annotations

from nos_sym.search.algorithms.proposing import Proposer, sample_draw
from nos_sym.search.candidates import Candidate, Request, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot, Stage


class RandomSearch:
    """Samples ``evaluations`` genomes, each independent of all others.

    Candidates come in batches of ``population``. No result has to be waited for; there are always about as
    many candidates to evaluate as a batch has.

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

    def ask(self) -> list[Candidate]:
        """Return a batch of candidates, or none while enough of the last ones are still open."""
        total, size = self._settings.evaluations, self._settings.population
        if self._drawn == 0:
            self._listener.stage("random search", total)
        while self._drawn < total and len(self._open) < size:
            numbers = range(self._drawn, min(self._drawn + size, total))
            self._drawn = numbers.stop
            proposed = self._proposer.propose([self._request(number) for number in numbers])
            candidates = [candidate for candidate in proposed if candidate is not None]
            self._open.update(candidate.slot for candidate in candidates)
            if candidates:
                return candidates
        if self._drawn == total and not self._open and not self._closed:
            self._closed = True
            self._listener.closed(total)
        return []

    def tell(self, result: Result) -> None:
        """Note that a candidate is evaluated; nothing is learned from its fitness."""
        if result.slot not in self._open:
            raise SearchError(f"no result is expected for '{result.slot}'; tell each candidate's once")
        self._open.remove(result.slot)

    def _request(self, number: int) -> Request:
        slot = Slot(Stage.RANDOM, number)
        return Request(slot, self._draw, self._proposer.index(), self._settings.training)
