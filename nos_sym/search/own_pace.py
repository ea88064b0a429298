"""Particles at their own pace: what keeps a search without barriers a function of its settings.

Particles that do not wait for each other reach the same optimizer in an order that depends on time. The
result must not, so whoever comes first has to get what whoever comes second would have got:

* What is known before any particle moves answers at the level of the deduplication, in a fixed order: other
  runs of the store, the initial population, and the optimizers that particles start from.
* Of what particles make, a candidate is answered by one *of the same text*. The training of a child is
  therefore a function of the run's seed, the task and the text, and not of the slot: the same text is the
  same file, and the seed of its training is drawn from it. Candidates of other particles that are equal in
  other words are trained.
* Within a particle nothing changes: what it had before is drawn again, at the level of the deduplication.

In the store, the training of a text belongs to the first of its slots in their fixed order
(:class:`Owners`), and all others were answered by it.

Where several candidates are one program, which of them are trained together decides the rounding. Texts of
other particles then answer nothing, because what they answered would be missing in a program.
"""

from __future__ import annotations

from collections.abc import Mapping

from nos_sym.search.archive import Archive
from nos_sym.search.budget import trainings_of
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.results import DuplicateOf
from nos_sym.search.settings import Algorithm, SearchSettings
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store


def at_own_pace(settings: SearchSettings) -> bool:
    """Return whether particles of a search do not wait for each other.

    With a budget of trainings they do: see :class:`~nos_sym.search.algorithms.particles.ParticleSearch`.
    """
    without_barriers = settings.algorithm is Algorithm.PARTICLES and not settings.barriers
    return without_barriers and trainings_of(settings) is None


def trained_by_text(settings: SearchSettings) -> bool:
    """Return whether trainings of children are functions of their texts, and answer the same text."""
    one_each = settings.candidates_per_program == 1
    return at_own_pace(settings) and settings.dedup.level is not None and one_each


class PacedArchive(Archive):
    """The archive of particles at their own pace; see the module.

    Args:
        by_text: whether a child answers those of the same text.
        arguments: as those of :class:`~nos_sym.search.archive.Archive`.
    """

    def __init__(self, *arguments: object, by_text: bool) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._by_text = by_text
        self._of_text: dict[tuple[str, str], Slot] = {}
        self._entered = False

    def answers(self, candidate: Candidate) -> bool:
        """Return whether the archive will answer a candidate; see :meth:`Archive.answers`."""
        if not self._answers or candidate.slot.stage is not Stage.CHILD:
            return super().answers(candidate)
        if not self._entered:
            self._entered = True
            # Children come together with what their particles start from, if that is trained.
            if self._stage is not Stage.PARTICLE:
                self._enter(candidate)
        if self._known_answers(candidate):
            return True
        slot: Slot | None = self._first.find(candidate.fingerprint)
        if slot is None and self._by_text:
            text = (self._task_name(candidate.task), candidate.text)
            slot = self._of_text.setdefault(text, candidate.slot)
            slot = None if slot is candidate.slot else slot
        if slot is None:
            return False
        self._answer_by(slot, candidate)
        return True


class Owners:
    """Which slot a training belongs to, of all slots of a run that have its text: the first in their order.

    What is written is one transaction for each answer, so the store is right at any moment.

    Args:
        store: open for writing.
        run: number of the run.
        recorded: the slots of trainings of children from before the run was interrupted, by their numbers.
    """

    def __init__(self, store: Store, run: int, recorded: Mapping[int, Slot]) -> None:
        self._store = store
        self._run = run
        self._slots = dict(recorded)
        self._candidates: dict[int, Candidate] = {}

    def settle(self, result: Result) -> bool:
        """Record the slots of a result where a training of this run answers its text.

        Returns:
            Whether nothing else is to be recorded.
        """
        candidate, number = result.candidate, result.evaluation
        if candidate.slot.stage is not Stage.CHILD:
            return False
        owner = self._slots.get(number)
        if owner is None:
            if isinstance(result.outcome, DuplicateOf):
                return False
            owner = self._slots[number] = candidate.slot
        if candidate.slot == owner:
            self._candidates[number] = candidate
        elif candidate.slot.order > owner.order:
            self._add_answered(candidate, number)
        else:
            with self._store.transaction():
                genome = None if candidate.genome is None else candidate.genome.to_json()
                self._store.move_evaluation(number, candidate.slot, genome)
                before = self._candidates.get(number)
                # One from before an interruption comes again, and is recorded then.
                if before is not None:
                    self._add_answered(before, number)
            self._slots[number], self._candidates[number] = candidate.slot, candidate
        return True

    def _add_answered(self, candidate: Candidate, number: int) -> None:
        key, text = candidate.fingerprint.key, candidate.text
        self._store.add_duplicate(self._run, candidate.slot, candidate.draw, "answered", text, key, number)
