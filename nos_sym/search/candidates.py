"""What goes through a search: a request is drawn into a candidate, and a candidate becomes a result.

::

    Request --propose--> Candidate --known? or train--> Result
    (a slot)             (an optimizer)                 (its fitness)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nos_sym.genome.genome import Genome
from nos_sym.language.rule import Rule
from nos_sym.search.fingerprints import Fingerprint, Index
from nos_sym.search.ranking import is_ranked, rank_sums, scores_of
from nos_sym.search.results import Outcome, fitness_of
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
    """

    slot: Slot
    draw: Draw
    taken: Index
    task: TaskSettings


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
        scores = [scores_of(r.outcome) for r in different]
        if all(scores):
            sums = rank_sums([each or {} for each in scores])
            ranked = sorted(
                zip(sums, different, strict=True), key=lambda row: (row[0], -(row[1].fitness or 0.0))
            )
            return [result for _, result in ranked]
    return sorted(fit, key=lambda r: -(r.fitness or 0.0))
