"""Waves: places that are filled together, each until its candidate has a fitness or its attempts are used up.

What counts as known is fixed when a wave begins: everything that earlier waves evaluated, other runs of the
store before this one began, and the first candidates of the wave itself in their fixed order. A candidate
that is known elsewhere is answered, also by a training that has not ended yet; one that its own particle
knows is drawn again. Candidates that fail are replaced particle by particle, when all of a particle's are in.
So nothing depends on which training ends first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from nos_sym.search.algorithms.proposing import Index, Proposal, Proposer, Redraw, Wanted
from nos_sym.search.fingerprints import Fingerprint, Fingerprints
from nos_sym.search.protocol import Candidate, TaskSettings
from nos_sym.search.results import DuplicateOf, Result, Trained, fitness_of
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Place
from nos_sym.search.store.store import Store
from nos_sym.search.trainings import Finished, Trainings


@dataclass(frozen=True, slots=True)
class Settled:
    """A candidate whose result is known.

    Attributes:
        place: what it was for.
        candidate: the optimizer.
        fingerprint: what identifies it.
        result: what it gave; :class:`DuplicateOf` where it was answered.
        evaluation: number of the training in the store, that of the original for a duplicate.
        replayed: whether the store had the training from before the run was interrupted.
    """

    place: Place
    candidate: Candidate
    fingerprint: Fingerprint
    result: Result
    evaluation: int
    replayed: bool = False

    @property
    def fitness(self) -> float | None:
        """Fitness, or ``None`` where it has none."""
        return fitness_of(self.result)


@dataclass(frozen=True, slots=True)
class _Original:
    evaluation: int
    result: Trained
    fingerprint: Fingerprint


@dataclass(slots=True)
class _Group:
    wanted: list[Wanted]
    settled: list[Settled | None]
    open: int = 0


@dataclass(slots=True)
class _Slot:
    group: _Group
    number: int
    proposal: Proposal


@dataclass(slots=True)
class _Wave:
    """The state of a wave: what is known, the places of its first candidates, and where its trainings are."""

    known: Index
    first: Index
    running: dict[Place, _Slot] = field(default_factory=dict)
    waiting: dict[Place, list[_Slot]] = field(default_factory=dict)
    trained: dict[Place, _Original] = field(default_factory=dict)
    ended: deque[tuple[_Slot, Settled]] = field(default_factory=deque)


class Waves:
    """Fills places.

    Args:
        dedup: what counts as known.
        prints: fingerprints at its level.
        store: open for writing.
        run: number of the run.
        horizon: evaluations of other runs that may be known.
        trainings: those of the run.
        settled: called for each candidate whose result is known.
    """

    def __init__(
        self,
        dedup: Dedup,
        prints: Fingerprints,
        store: Store,
        run: int,
        horizon: int,
        trainings: Trainings,
        settled: Callable[[Settled], None],
    ) -> None:
        self._shares = dedup is not Dedup.OFF
        self._prints = prints
        self._store = store
        self._run = run
        self._horizon = horizon
        self._trainings = trainings
        self._on_settled = settled
        self._known: dict[str, Index] = {}
        self._places: dict[Place, int] = {}
        self._redraws: list[Redraw] = []

    def note_redraw(self, redraw: Redraw) -> None:
        """Have a redraw recorded at the end of the wave, when its original is known."""
        self._redraws.append(redraw)

    def note_place(self, place: Place, evaluation: int) -> None:
        """Say which evaluation stands for a place that no wave fills."""
        self._places[place] = evaluation

    def fill(
        self, groups: Sequence[Sequence[Wanted]], proposer: Proposer, settings: TaskSettings, failures: int
    ) -> list[list[Settled | None]]:
        """Fill places and return the last candidate of each, ``None`` where none could be drawn.

        Args:
            groups: places by particle.
            proposer: draws candidates.
            settings: task and budget.
            failures: how many candidates may fail at a place before it stays without fitness.
        """
        states = [_Group(list(wanted), [None] * len(wanted)) for wanted in groups]
        proposals = iter(proposer.fill([w for group in groups for w in group]))
        slots = [
            _Slot(group, number, proposal)
            for group in states
            for number in range(len(group.wanted))
            if (proposal := next(proposals)) is not None
        ]
        self._work(slots, proposer, settings, failures)
        return [group.settled for group in states]

    def evaluate(self, given: Sequence[Proposal], settings: TaskSettings) -> list[Settled]:
        """Evaluate candidates that are given and return their results in the same order."""
        groups = [_Group([], [None]) for _ in given]
        slots = [_Slot(group, 0, proposal) for group, proposal in zip(groups, given, strict=True)]
        self._work(slots, None, settings, 1)
        return [settled for group in groups for settled in group.settled if settled is not None]

    def _work(
        self, slots: list[_Slot], proposer: Proposer | None, settings: TaskSettings, failures: int
    ) -> None:
        """Settle all slots, and those that come after candidates that fail."""
        wave = _Wave(self._known_of(settings), self._prints.index())
        for slot in slots:
            slot.group.open += 1
        for slot in slots:
            self._begin(wave, slot, settings, is_first=True)
        self._trainings.flush()
        while wave.running or wave.ended:
            while wave.ended:
                slot, settled = wave.ended.popleft()
                self._settle(slot, settled)
                if proposer is not None and not slot.group.open:
                    for new in _next_slots(slot.group, proposer, failures):
                        self._begin(wave, new, settings, is_first=False)
                    # Only candidates of one particle: those of others come when they come.
                    self._trainings.flush()
            if wave.running:
                self._take(wave, self._trainings.wait())
        self._finish(wave)

    def _begin(self, wave: _Wave, slot: _Slot, settings: TaskSettings, *, is_first: bool) -> None:
        """Answer a candidate, let it wait for the training that answers it, or have it trained."""
        proposal = slot.proposal
        if self._shares:
            if (original := wave.known.find(proposal.fingerprint)) is not None:
                wave.ended.append((slot, self._answer(proposal, original)))
                return
            if (place := wave.first.find(proposal.fingerprint)) is not None:
                if place in wave.trained:
                    wave.ended.append((slot, self._answer(proposal, wave.trained[place])))
                else:
                    wave.waiting.setdefault(place, []).append(slot)
                return
            if is_first:
                wave.first.add(proposal.fingerprint, proposal.place)
        wave.running[proposal.place] = slot
        self._trainings.submit(proposal.place, proposal.candidate, settings)

    def _take(self, wave: _Wave, finished: Finished) -> None:
        """Take in a training that ended, and answer those that wait for it."""
        slot = wave.running.pop(finished.place)
        proposal = slot.proposal
        settled = Settled(
            finished.place,
            proposal.candidate,
            proposal.fingerprint,
            finished.result,
            finished.evaluation,
            finished.replayed,
        )
        original = _Original(finished.evaluation, finished.result, proposal.fingerprint)
        wave.trained[finished.place] = original
        wave.ended.append((slot, settled))
        for waiting in wave.waiting.pop(finished.place, []):
            wave.ended.append((waiting, self._answer(waiting.proposal, original)))

    def _settle(self, slot: _Slot, settled: Settled) -> None:
        slot.group.settled[slot.number] = settled
        slot.group.open -= 1
        self._places[settled.place] = settled.evaluation
        self._on_settled(settled)

    def _answer(self, proposal: Proposal, original: _Original) -> Settled:
        key = proposal.fingerprint.key
        text, number = str(proposal.candidate.rule), original.evaluation
        self._store.add_duplicate(self._run, proposal.place, proposal.draw, "answered", text, key, number)
        result = DuplicateOf(key, number, original.result)
        return Settled(proposal.place, proposal.candidate, proposal.fingerprint, result, number)

    def _finish(self, wave: _Wave) -> None:
        """Make what the wave trained known, in the order of places, and record what was drawn again."""
        for place in sorted(wave.trained, key=lambda place: place.order):
            wave.known.add(wave.trained[place].fingerprint, wave.trained[place])
        with self._store.transaction():
            for r in self._redraws:
                of = self._places.get(r.original)
                self._store.add_duplicate(self._run, r.place, r.draw, "redrawn", r.text, r.key, of)
        self._redraws.clear()

    def _known_of(self, settings: TaskSettings) -> Index:
        """Return what is known on a task, at first from other runs of the store."""
        task = self._trainings.task(settings)
        if task not in self._known:
            index = self._known[task] = self._prints.index()
            if self._shares:
                earlier = self._store.evaluations(task=task, not_run=self._run, up_to=self._horizon)
                for evaluation in earlier:
                    if evaluation.rule is not None:
                        fingerprint = self._prints.of(evaluation.read_rule())
                        index.add(fingerprint, _Original(evaluation.id, evaluation.result, fingerprint))
        return self._known[task]


def _next_slots(group: _Group, proposer: Proposer, failures: int) -> list[_Slot]:
    """Return the next candidates of a particle whose candidates are all in, for those that failed."""
    again = [
        number
        for number, (wanted, last) in enumerate(zip(group.wanted, group.settled, strict=True))
        # Where nothing could be drawn after a failure, the place is ahead of the last candidate, and stays.
        if last is not None
        and last.fitness is None
        and last.place == wanted.place
        and last.place.attempt + 1 < failures
    ]
    for number in again:
        wanted = group.wanted[number]
        group.wanted[number] = replace(wanted, place=wanted.place.next())
    proposals = proposer.fill([group.wanted[number] for number in again])
    slots = [
        _Slot(group, number, proposal)
        for number, proposal in zip(again, proposals, strict=True)
        if proposal is not None
    ]
    group.open = len(slots)
    return slots
