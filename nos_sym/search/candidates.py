"""What goes through a search: a request is drawn into a candidate, and a candidate becomes a result.

::

    Request --propose--> Candidate --known? or train--> Result
    (a slot)             (an optimizer)                 (its fitness)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from nos_sym.genome.genome import Genome
from nos_sym.language.rule import Rule
from nos_sym.search.fingerprints import Fingerprint, Index
from nos_sym.search.ranking import is_ranked, rank_sums, scores_by_task
from nos_sym.search.results import DuplicateOf, Outcome, fitness_of
from nos_sym.search.slots import Slot
from nos_sym.search.trainers import TaskSettings

Draw: TypeAlias = Callable[[np.random.Generator], Genome]
"""Makes a genome from a random generator: a sample, or a mutation of a parent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A slot that wants a candidate.

    Attributes:
        slot: what the candidate is for.
        draw: makes a genome.
        taken: optimizers that must not be proposed here, each with the slot that it was first proposed for.
            The requests of one particle share this index, and every proposal is added to it.
        task: task and budget of the evaluation.
        trainings: number of candidates that may be trained for the slot, one after the other as they fail;
            ``None`` where nothing limits it.
    """

    slot: Slot
    draw: Draw
    taken: Index
    task: TaskSettings
    trainings: int | None = None

    def after(self, result: Result) -> Request:
        """Return the request once a candidate is known; answers of the archive cost no training."""
        if self.trainings is None or not result.was_trained:
            return self
        return Request(self.slot, self.draw, self.taken, self.task, self.trainings - 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An optimizer to evaluate.

    Attributes:
        slot: what it is for.
        rule: its equation, with the sign that the integrity check chose.
        genome: the graph that it was decoded from; ``None`` for a rule that was given.
        fingerprint: what identifies the optimizer.
        task: task and budget of the evaluation.
        draw: number of genomes that were drawn for the slot before this one.
    """

    slot: Slot
    rule: Rule
    genome: Genome | None
    fingerprint: Fingerprint
    task: TaskSettings
    draw: int = 0

    @property
    def key(self) -> str:
        """Exact key, the same for every way to write the optimizer."""
        return self.fingerprint.exact

    @property
    def text(self) -> str:
        """The rule in the project's language."""
        return str(self.rule)

    @property
    def has_genome(self) -> bool:
        """Whether it has a genome, which is not made for the answer."""
        return self.genome is not None


class Source(Protocol):
    """Has the genomes of candidates from before an interruption."""

    def made(self, candidate: Replayed, request: Request) -> Genome:
        """Return the genome that was drawn for a request."""

    def stored(self, candidate: Replayed) -> Genome | None:
        """Return the genome of a candidate where the store has it, which is less work."""

    def rule_of(self, genome: Genome) -> Rule:
        """Return the rule of a genome."""


class Replayed(Candidate):
    """A candidate that the store has from before an interruption; its genome is made when it is asked for.

    A search that goes on has as many of these as it had candidates, and needs the genome of few: those that
    are mutated for what is missing, or best so far.

    Args:
        slot, fingerprint, task, draw: as of a :class:`Candidate`.
        text: the rule in the project's language.
        source: has its genome.
        made_for: what it was drawn for, or else the candidate that it is again.
    """

    __slots__ = ("_made", "_made_for", "_source", "_text")

    _text: str
    _made: Genome | None
    _made_for: Request | Replayed | None
    _source: Source

    def __init__(
        self,
        slot: Slot,
        text: str,
        fingerprint: Fingerprint,
        task: TaskSettings,
        draw: int,
        source: Source,
        made_for: Request | Replayed,
    ) -> None:
        put = object.__setattr__
        put(self, "slot", slot)
        put(self, "fingerprint", fingerprint)
        put(self, "task", task)
        put(self, "draw", draw)
        put(self, "_text", text)
        put(self, "_source", source)
        put(self, "_made_for", made_for)
        put(self, "_made", None)

    def __repr__(self) -> str:
        return f"<Replayed {self.slot}: {self._text}>"

    def at(self, slot: Slot, task: TaskSettings) -> Replayed:
        """Return it for another slot and task; the genome is made once for both."""
        return Replayed(slot, self._text, self.fingerprint, task, 0, self._source, self)

    @property
    def text(self) -> str:
        """The rule in the project's language."""
        return self._text

    @property
    def rule(self) -> Rule:
        """Its equation, with the sign that the integrity check chose."""
        return self._source.rule_of(self.genome)

    @property
    def has_genome(self) -> bool:
        """Whether it has a genome, which is not made for the answer."""
        return True

    @property
    def genome(self) -> Genome:
        """The graph that it was decoded from."""
        if self._made is None:
            for candidate in reversed(self._without_genome()):
                candidate._make()
        assert self._made is not None
        return self._made

    def _without_genome(self) -> list[Replayed]:
        """Return it and what it needs, the oldest last, back to a genome that is there or in the store.

        A particle may have any number of moves, more than there can be calls within calls.
        """
        found: list[Replayed] = []
        last: Candidate | None = self
        while isinstance(last, Replayed) and last._made is None:
            found.append(last)
            made_for = last._made_for
            if isinstance(made_for, Replayed):
                last = made_for
                continue
            stored = last._source.stored(last)
            if stored is not None:
                last._keep(stored)
                break
            last = getattr(made_for.draw, "parent", None) if made_for is not None else None
        return found

    def _make(self) -> None:
        made_for = self._made_for
        if isinstance(made_for, Replayed):
            self._keep(made_for.genome)
        elif made_for is not None:
            self._keep(self._source.made(self, made_for))

    def _keep(self, genome: Genome) -> None:
        object.__setattr__(self, "_made", genome)
        # What it was made for is not needed again.
        object.__setattr__(self, "_made_for", None)


@dataclass(frozen=True, slots=True)
class Result:
    """A candidate whose evaluation ended.

    Attributes:
        candidate: the candidate.
        outcome: what the training gave; :class:`~nos_sym.search.results.DuplicateOf` if the archive answered.
        evaluation: number of the evaluation in the store, that of the original for a duplicate.
        replayed: whether the store had the training from before the run was interrupted.
    """

    candidate: Candidate
    outcome: Outcome
    evaluation: int
    replayed: bool = False

    @property
    def slot(self) -> Slot:
        """What the candidate was for."""
        return self.candidate.slot

    @property
    def was_trained(self) -> bool:
        """Whether the candidate was trained, now or before an interruption, and not answered."""
        return not isinstance(self.outcome, DuplicateOf)

    @property
    def fitness(self) -> float | None:
        """Fitness, larger is better; ``None`` if the training gave none."""
        return fitness_of(self.outcome)


@dataclass(frozen=True, slots=True)
class Redraw:
    """A genome that was drawn for a slot and discarded, because its particle had the optimizer before.

    Attributes:
        slot: what it was drawn for.
        draw: number of genomes that were drawn for the slot before this one.
        text: the rule.
        key: key at the level of the deduplication.
        original: the slot for which the particle had the optimizer.
    """

    slot: Slot
    draw: int
    text: str
    key: str
    original: Slot


@dataclass(frozen=True, slots=True)
class Move:
    """Where a particle is after a time-step.

    Attributes:
        particle: number of the particle.
        time_step: number of moves so far; 0 is where the particle starts.
        candidate: the optimizer.
        result: its result; ``None`` for a start that is not evaluated.
    """

    particle: int
    time_step: int
    candidate: Candidate
    result: Result | None


def best_first(results: Sequence[Result | None]) -> list[Result]:
    """Return the results that have a fitness, the best first; of equals the earlier one.

    Where their task says so, the best has the best mean rank over several tasks, each result counted once.
    """
    fit = [r for r in results if r is not None and r.fitness is not None]
    if fit and all(is_ranked(r.candidate.task) for r in fit):
        different = list({r.slot: r for r in fit}.values())
        scores = [scores_by_task(r.outcome) for r in different]
        if all(scores):
            sums = rank_sums([each or {} for each in scores])
            ranked = sorted(
                zip(sums, different, strict=True), key=lambda row: (row[0], -(row[1].fitness or 0.0))
            )
            return [result for _, result in ranked]
    return sorted(fit, key=lambda r: -(r.fitness or 0.0))
