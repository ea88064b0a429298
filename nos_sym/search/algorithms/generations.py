"""Generations: slots that are filled side by side, and algorithms that go from one generation to the next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.candidates import Candidate, Request, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot


@dataclass(slots=True)
class _Group:
    """Slots of one particle: failed ones are tried again when all of them are told."""

    requests: list[Request]
    results: list[Result | None]
    open: set[Slot] = field(default_factory=set)
    trained: int = 0


class Generation:
    """Fills slots: each is tried until its candidate has a fitness or its attempts are used up.

    Failed candidates are replaced group by group, when all results of the group are told. What is proposed
    therefore does not depend on the order in which results come. Nothing more is tried where the trainings
    of a request are used up.

    Args:
        groups: requests, grouped by particle.
        proposer: draws the candidates.
        attempts: number of candidates that may fail in a slot before it stays empty.
    """

    def __init__(self, groups: Sequence[Sequence[Request]], proposer: Proposer, attempts: int = 1) -> None:
        self._groups = [_Group(list(group), [None] * len(group)) for group in groups]
        self._proposer = proposer
        self._attempts = attempts
        self._open: dict[Slot, tuple[_Group, int]] = {}
        self._to_ask: list[Candidate] = []
        candidates = iter(proposer.propose([request for group in groups for request in group]))
        for group in self._groups:
            for number in range(len(group.requests)):
                self._add(group, number, next(candidates))

    @classmethod
    def of_given(cls, candidates: Sequence[Candidate], proposer: Proposer) -> Generation:
        """Return a generation of candidates that are given; each is tried once."""
        generation = cls([], proposer)
        for candidate in candidates:
            group = _Group([], [None])
            generation._groups.append(group)
            generation._add(group, 0, candidate)
        return generation

    @property
    def size(self) -> int:
        """Number of slots."""
        return sum(len(group.results) for group in self._groups)

    @property
    def done(self) -> bool:
        """Whether every slot has its last result."""
        return not self._open

    @property
    def results(self) -> list[list[Result | None]]:
        """The last result of each slot, by group; ``None`` where no candidate could be drawn."""
        return [group.results for group in self._groups]

    @property
    def drawn(self) -> bool:
        """Whether a candidate could be drawn for any slot."""
        return any(result is not None for group in self._groups for result in group.results)

    @property
    def trained(self) -> list[int]:
        """Number of candidates that were trained so far, by group."""
        return [group.trained for group in self._groups]

    def ask(self) -> list[Candidate]:
        """Return new candidates: at first one for each slot, later those that replace failed ones."""
        asked, self._to_ask = self._to_ask, []
        return asked

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate.

        Raises:
            SearchError: the candidate was not asked for, or its result was told before.
        """
        if result.slot not in self._open:
            raise SearchError(f"no result is expected for '{result.slot}'; tell each candidate's once")
        group, number = self._open.pop(result.slot)
        group.results[number] = result
        group.open.remove(result.slot)
        group.trained += result.was_trained
        if group.requests:
            group.requests[number] = group.requests[number].after(result)
        if not group.open:
            self._try_again(group)

    def _add(self, group: _Group, number: int, candidate: Candidate | None) -> None:
        if candidate is not None:
            self._open[candidate.slot] = (group, number)
            group.open.add(candidate.slot)
            self._to_ask.append(candidate)

    def _try_again(self, group: _Group) -> None:
        """Propose new candidates for the slots of a group whose last ones failed."""
        failed = [
            number
            for number, (request, last) in enumerate(zip(group.requests, group.results, strict=False))
            # Where nothing could be drawn after a failure, the request is ahead of the last result.
            if last is not None
            and last.fitness is None
            and last.slot == request.slot
            and last.slot.attempt + 1 < self._attempts
            and request.trainings != 0
        ]
        for number in failed:
            request = group.requests[number]
            group.requests[number] = replace(request, slot=request.slot.next())
        candidates = self._proposer.propose([group.requests[number] for number in failed])
        for number, candidate in zip(failed, candidates, strict=True):
            self._add(group, number, candidate)


class Phase(Protocol):
    """A part of a search whose results are all needed before the next part; a :class:`Generation` is one."""

    @property
    def size(self) -> int:
        """Number of slots."""

    @property
    def done(self) -> bool:
        """Whether every slot has its last result."""

    def ask(self) -> list[Candidate]:
        """Return new candidates, each once."""

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate."""


class GenerationalAlgorithm(ABC):
    """An algorithm that needs all results of a generation before it can propose the next.

    A subclass writes the algorithm as a generator of generations: after each ``yield``, the results of the
    generation are there.

    Args:
        settings: settings of the search.
        proposer: draws the candidates; by default one for these settings.
        listener: is called at each stage and move.
    """

    def __init__(
        self, settings: SearchSettings, proposer: Proposer | None = None, listener: Listener | None = None
    ) -> None:
        self.settings = settings
        self.proposer = proposer or Proposer(settings)
        self.listener = listener or Listener()
        self._steps = self.generations()
        self._current: Phase | None = None

    @abstractmethod
    def generations(self) -> Iterator[Phase]:
        """Yield one generation after the other."""

    def ask(self) -> list[Candidate]:
        """Return the candidates that can be evaluated now, each once; see :class:`SearchAlgorithm`."""
        while self._current is None or self._current.done:
            if self._current is not None:
                self.listener.closed(self._current.size)
            self._current = next(self._steps, None)
            if self._current is None:
                return []
        return self._current.ask()

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate; see :class:`SearchAlgorithm`."""
        if self._current is None:
            raise SearchError(f"no result is expected for '{result.slot}'; ask before the first is told")
        self._current.tell(result)
