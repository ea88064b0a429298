"""A search that runs: its settings, the parts that do its work, and whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from nos_sym.errors import NosSymError
from nos_sym.search.algorithms.generations import Settled, Waves
from nos_sym.search.algorithms.proposing import Index, Proposal, Proposer, Redraw, Wanted
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.protocol import Executor, TaskSettings, Trainer
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Place
from nos_sym.search.store.store import Run, Store
from nos_sym.search.trainings import Trainings

if TYPE_CHECKING:
    from nos_sym.genome.genome import Genome
    from nos_sym.language.rule import Rule


class SearchError(NosSymError):
    """A search that cannot go on: no candidate passes, or an initial optimizer is none."""


class Listener(Protocol):
    """Whoever watches a search."""

    def stage(self, name: str, places: int) -> None:
        """Say that a part of the search begins, with the number of its places."""

    def settled(self, settled: Settled) -> None:
        """Say that the result of a candidate is known."""

    def redrawn(self, redraw: Redraw) -> None:
        """Say that a candidate was known in its particle and is drawn again."""

    def filled(self, count: int) -> None:
        """Say that places of this part are done, whether they have a fitness or not."""

    def note(self, text: str) -> None:
        """Say something in words, one line."""


class Silent:
    """A listener that says nothing."""

    def stage(self, name: str, places: int) -> None:
        """Do nothing."""

    def settled(self, settled: Settled) -> None:
        """Do nothing."""

    def redrawn(self, redraw: Redraw) -> None:
        """Do nothing."""

    def filled(self, count: int) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


class Session:
    """One run of a search.

    Attributes:
        settings: of the search.
        store: open for writing.
        run: the run in the store.
        proposer: draws candidates.
        waves: fills places.
        listener: whoever watches.
    """

    def __init__(
        self,
        settings: SearchSettings,
        store: Store,
        run: Run,
        trainer: Trainer[Any],
        executor: Executor,
        listener: Listener,
    ) -> None:
        self.settings = settings
        self.store = store
        self.run = run
        self.listener = listener
        self._prints = Fingerprints(settings.dedup)
        self._catalog = catalog_index(self._prints)
        self._named: set[str] = set()
        self.trainings = Trainings(
            store, run.id, settings.seed, settings.repeats, trainer, executor, settings.together
        )
        self.waves = Waves(
            settings.dedup, self._prints, store, run.id, run.horizon, self.trainings, self._settled
        )
        self.proposer = Proposer(settings, self._prints, self._redrawn)

    def index(self) -> Index:
        """Return an empty index of optimizers, for what a particle knows."""
        return self._prints.index()

    def proposal(self, place: Place, rule: Rule, genome: Genome | None) -> Proposal:
        """Return a proposal of an optimizer that is given."""
        candidate, fingerprint = self.proposer.candidate(rule, genome)
        return Proposal(place, candidate, fingerprint, 0)

    def fill(
        self, groups: Sequence[Sequence[Wanted]], task: TaskSettings, failures: int
    ) -> list[list[Settled | None]]:
        """Fill places; see :meth:`nos_sym.search.algorithms.generations.Waves.fill`."""
        settled = self.waves.fill(groups, self.proposer, task, failures)
        self.listener.filled(sum(map(len, groups)))
        return settled

    def evaluate(self, given: Sequence[Proposal], task: TaskSettings) -> list[Settled]:
        """Evaluate optimizers that are given; see :class:`nos_sym.search.algorithms.generations.Waves`."""
        settled = self.waves.evaluate(given, task)
        self.listener.filled(len(given))
        return settled

    def distinct(self, settled: Sequence[Settled]) -> list[Settled]:
        """Return the first of each optimizer; without deduplication all of them."""
        if self.settings.dedup.level is None:
            return list(settled)
        index = self.index()
        chosen = []
        for s in settled:
            if index.find(s.fingerprint) is None:
                index.add(s.fingerprint, s.place)
                chosen.append(s)
        return chosen

    def _settled(self, settled: Settled) -> None:
        self.listener.settled(settled)
        name = self._catalog.find(settled.fingerprint)
        if name is not None and name not in self._named:
            self._named.add(name)
            self.listener.note(f"found {name} of the catalog: {settled.candidate.rule}")

    def _redrawn(self, redraw: Redraw) -> None:
        self.waves.note_redraw(redraw)
        self.listener.redrawn(redraw)


def best_first(settled: Sequence[Settled | None]) -> list[Settled]:
    """Return what has a fitness, the best first; of equals the first."""
    fit = [s for s in settled if s is not None and s.fitness is not None]
    return sorted(fit, key=lambda s: -(s.fitness or 0.0))
