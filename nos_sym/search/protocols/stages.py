"""Stages that candidates go through: each trained several times, and those with the best mean go on.

Every repeat is an evaluation in the store, so what is interrupted goes on with those that are missing. A
candidate is out if one of its repeats has no fitness.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Result
from nos_sym.search.evidence.repeats import Asked, train_all
from nos_sym.search.listener import Listener
from nos_sym.search.protocols.elimination_settings import EliminationStage, training_of
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.trainers import TaskSettings
from nos_sym.search.trainings import Trainings

Progress = Callable[[int, int, int], None]
"""Called with the stage, counted from 0, its number of trainings that are done, and their total number."""


@dataclass(slots=True)
class Contestant:
    """One candidate of an elimination.

    Attributes:
        key: exact key.
        text: the rule.
        slot: the slot of the run in which it had its best fitness.
        fitness: its fitness there.
        scores: for each stage that it reached, the fitness of each repeat, ``None`` if it has none.
        rank: counted from 1; optimizers that reached a later stage come before others.
    """

    key: str
    text: str
    slot: str
    fitness: float
    scores: list[tuple[float | None, ...]] = field(default_factory=list)
    rank: int = 0

    def mean(self, stage: int) -> float | None:
        """Return the mean fitness in a stage; ``None`` if it did not reach it or failed."""
        if stage >= len(self.scores):
            return None
        values = [value for value in self.scores[stage] if value is not None]
        return statistics.fmean(values) if len(values) == len(self.scores[stage]) else None


def play(
    stages: Sequence[EliminationStage],
    training: TaskSettings,
    rules: Sequence[Rule],
    contestants: Sequence[Contestant],
    trainings: Trainings,
    progress: Progress,
    listener: Listener,
) -> list[int]:
    """Play stages one after the other, note scores and ranks, and return who is left after the last.

    Args:
        stages: the stages.
        training: task and budget, of which each stage has its own network and steps.
        rules: the optimizers of the contestants.
        contestants: the candidates; of equals the first goes before the others.
        trainings: those of the run that this is a part of.
        progress: called before each stage and after each training.
        listener: called with each result.
    """
    left = list(range(len(contestants)))
    for number, stage in enumerate(stages):
        task = training_of(training, stage)
        _train(number, stage, task, left, rules, contestants, trainings, progress, listener)
        left = _rank(number, stage, left, contestants)
    return left


def _train(
    number: int,
    stage: EliminationStage,
    task: TaskSettings,
    left: Sequence[int],
    rules: Sequence[Rule],
    contestants: Sequence[Contestant],
    trainings: Trainings,
    progress: Progress,
    listener: Listener,
) -> None:
    """Train every candidate that is left in a stage, and note the scores."""
    total = len(left) * stage.repeats
    progress(number, 0, total)
    done = count(1)

    def told(result: Result) -> None:
        progress(number, next(done), total)
        listener.result(result)

    slots = {n: [Slot(Stage.ELIMINATION, n, number, r) for r in range(stage.repeats)] for n in left}
    asked = [Asked(slot, rules[n], contestants[n].key, task) for n in left for slot in slots[n]]
    found = train_all(trainings, asked, told)
    for n in left:
        contestants[n].scores.append(tuple(found[slot] for slot in slots[n]))


def _rank(
    number: int, stage: EliminationStage, left: Sequence[int], contestants: Sequence[Contestant]
) -> list[int]:
    """Rank the candidates of a stage, and return those that reach the next: the best that did not fail."""

    def order(n: int) -> tuple[float, int]:
        mean = contestants[n].mean(number)
        return float("inf") if mean is None else -mean, n

    ranked = sorted(left, key=order)
    for rank, n in enumerate(ranked, 1):
        contestants[n].rank = rank
    return [n for n in ranked if contestants[n].mean(number) is not None][: stage.keep]
