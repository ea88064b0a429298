"""The archive of a search: optimizers that are known are answered, not trained again.

A candidate is answered by an evaluation of the same optimizer, on the same task and budget, of

* another run of the store that came before this one began,
* an earlier generation of this run, or
* an earlier slot of the same generation, first attempts only. If that training is still running, the answer
  comes when it ends.

None of this depends on which training ends first, because an algorithm asks for the next generation when it
has been told all results of the one before. Particles that do not wait for each other have an archive of
their own, :mod:`nos_sym.search.own_pace`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.fingerprints import Fingerprints, Index
from nos_sym.search.known import fingerprints_of
from nos_sym.search.results import DuplicateOf, Trained
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import TaskSettings


@dataclass(frozen=True, slots=True)
class _Known:
    """An evaluation that answers; ``outcome`` is ``None`` where it is read when it does."""

    evaluation: int
    outcome: Trained | None


class Archive:
    """Knows what was evaluated, and answers candidates that were.

    Args:
        fingerprints: what counts as the same optimizer; with ``Dedup.OFF`` nothing is answered.
        store: the store of the run.
        run: number of the run.
        horizon: evaluations of other runs up to this number are known.
        task_name: returns the name of a task and budget in the store.
    """

    def __init__(
        self,
        fingerprints: Fingerprints,
        store: Store,
        run: int,
        horizon: int,
        task_name: Callable[[TaskSettings], str],
    ) -> None:
        self._answers = fingerprints.dedup is not Dedup.OFF
        self._fingerprints = fingerprints
        self._store = store
        self._run = run
        self._horizon = horizon
        self._task_name = task_name
        self._tasks: dict[str, Index] = {}
        self._generation: object = None
        self._stage: Stage | None = None
        self._known: Index = fingerprints.index()
        self._first: Index = fingerprints.index()
        self._trained: dict[Slot, Result] = {}
        self._waiting: dict[Slot, list[Candidate]] = {}
        self._ready: deque[Result] = deque()

    def answers(self, candidate: Candidate) -> bool:
        """Return whether the archive will answer a candidate, so that it must not be trained.

        The answer comes from :meth:`next_result`, now or when the training that it waits for ends. If this
        returns ``False``, the candidate has to be trained and its result added.
        """
        if not self._answers:
            return False
        self._enter(candidate)
        if self._known_answers(candidate):
            return True
        slot: Slot | None = self._first.find(candidate.fingerprint)
        if slot is None:
            if candidate.slot.attempt == 0:
                self._first.add(candidate.fingerprint, candidate.slot)
            return False
        self._answer_by(slot, candidate)
        return True

    def add(self, result: Result) -> None:
        """Add the result of a training; it is passed on first, then what it answers."""
        self._ready.append(result)
        if self._answers:
            self._trained[result.slot] = result
            waiting = self._waiting.pop(result.slot, [])
            self._ready.extend(self._answer(candidate, _known(result)) for candidate in waiting)

    def next_result(self) -> Result | None:
        """Return the next result to tell the algorithm, or ``None`` while a training has to end first."""
        return self._ready.popleft() if self._ready else None

    def _known_answers(self, candidate: Candidate) -> bool:
        """Answer a candidate that other runs or earlier generations have; return whether they do."""
        known: _Known | None = self._known.find(candidate.fingerprint)
        if known is not None:
            self._ready.append(self._answer(candidate, known))
        return known is not None

    def _answer_by(self, slot: Slot, candidate: Candidate) -> None:
        """Answer a candidate by the training of another slot, now or when it ends."""
        if slot in self._trained:
            self._ready.append(self._answer(candidate, _known(self._trained[slot])))
        else:
            self._waiting.setdefault(slot, []).append(candidate)

    def _enter(self, candidate: Candidate) -> None:
        """Add what the generation before has trained, if a candidate is the first of a new one."""
        task = self._task_name(candidate.task)
        generation = (task, candidate.slot.generation)
        if generation == self._generation:
            return
        for result in sorted(self._trained.values(), key=lambda r: r.slot.order):
            self._known.add(result.candidate.fingerprint, _known(result))
        self._trained.clear()
        self._first = self._fingerprints.index()
        self._generation = generation
        self._stage = candidate.slot.stage
        self._known = self._known_on(task)

    def _known_on(self, task: str) -> Index:
        """Return what is known on a task; at first that is what other runs have evaluated."""
        if task not in self._tasks:
            index = self._tasks[task] = self._fingerprints.index()
            scores = self._store.scores(task=task, not_run=self._run, up_to=self._horizon)
            for score, fingerprint in fingerprints_of(self._store, scores, self._fingerprints):
                index.add(fingerprint, _Known(score.id, None))
        return self._tasks[task]

    def _answer(self, candidate: Candidate, known: _Known) -> Result:
        outcome = known.outcome
        if outcome is None:
            outcome = self._store.result_of(known.evaluation)
        answer = DuplicateOf(candidate.fingerprint.key, known.evaluation, outcome)
        return Result(candidate, answer, known.evaluation)


def _known(result: Result) -> _Known:
    assert not isinstance(result.outcome, DuplicateOf)
    # What was there before an interruption is in the store, from which it is read if it answers.
    return _Known(result.evaluation, None if result.replayed else result.outcome)
