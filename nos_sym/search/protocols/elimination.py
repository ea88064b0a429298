"""The elimination protocol (Section 3.6): the best optimizers of a run on larger and larger networks.

In each stage every candidate is trained several times, and those with the best mean fitness go on to the
next stage. Every repeat is an evaluation in the store, so an elimination that is interrupted goes on with
those that are missing. A candidate is out if one of its repeats has no fitness.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any

from nos_sym.search.candidates import Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evidence.repeats import Asked, train_all
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.protocols.elimination_settings import EliminationSettings
from nos_sym.search.reports.hall_of_fame import Entry, hall_of_fame
from nos_sym.search.resuming import going_on
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import load_trainer, name_of
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings

KIND = "elimination"

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


@dataclass(frozen=True, slots=True)
class Elimination:
    """The result of an elimination.

    Attributes:
        source: number of the run that the candidates come from.
        task: task on which they were chosen.
        contestants: all candidates, the best first.
    """

    source: int
    task: str
    contestants: tuple[Contestant, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        rows = [
            asdict(c) | {"means": [c.mean(stage) for stage in range(len(c.scores))]} for c in self.contestants
        ]
        return {"source": self.source, "task": self.task, "contestants": rows}


def eliminate(
    settings: EliminationSettings,
    store: Store,
    source: int,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    progress: Progress = lambda stage, done, total: None,
    listener: Listener | None = None,
) -> tuple[Run, Elimination]:
    """Train the best optimizers of a run on larger and larger networks, and keep the best of each stage.

    Args:
        settings: stages and training.
        store: store with the run, open for writing.
        source: number of the run whose best optimizers compete.
        executor: where they are trained.
        trainer: trains with an optimizer; by default the trainer that the settings name.
        resume: continue the store's elimination of this run with these settings, if it has one.
        progress: called before each stage and after each training.
        listener: is called with the run, with each training that ends, and at the end.

    Returns:
        The run of the elimination in the store, and its result.

    Raises:
        NosSymError: there is no such run, it has no optimizer with a fitness, or the store has an interrupted
            elimination like this and ``resume`` is not set. Evaluations are kept.
    """
    store.run(source)
    trainer = trainer or load_trainer(settings.trainer)
    settings = replace(settings, trainer=name_of(trainer, settings.trainer))
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, source, resume)
    listener = listener or Listener()
    listener.began(run)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        result = _play_all(settings, store, source, run, trainer, executor, progress, listener)
    listener.ended()
    store.finish_run(run.id, result.to_json())
    return store.run(run.id), result


def _play_all(
    settings: EliminationSettings,
    store: Store,
    source: int,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    progress: Progress,
    listener: Listener,
) -> Elimination:
    """Play all stages and return what came of them."""
    # Of the run, what it had when this elimination began counts, also after an interruption.
    best = hall_of_fame(store, run=source, limit=settings.candidates, level=settings.level, up_to=run.horizon)
    if not best.entries:
        raise SearchError(f"run {source} of '{store.path}' has no optimizer with a fitness to begin with")
    contestants = [Contestant(e.key, e.evaluation.text, e.evaluation.slot, e.fitness) for e in best.entries]
    trainings = Trainings(store, run.id, settings.seed, 1, trainer, executor)
    try:
        left = list(range(len(contestants)))
        for stage in range(len(settings.stages)):
            _play(settings, stage, left, best.entries, contestants, trainings, progress, listener)
            left = _rank(settings, stage, left, contestants)
    finally:
        trainings.close()
    ranked = tuple(sorted(contestants, key=lambda c: c.rank))
    return Elimination(source, best.task, ranked)


def _begin(settings: EliminationSettings, store: Store, source: int, resume: bool) -> Run:
    text, name = settings.to_json(), f"of run {source}"
    found = going_on(store, KIND, text, resume=resume, name=name)
    return found or store.begin_run(KIND, name, text, settings.seed)


def _play(
    settings: EliminationSettings,
    stage: int,
    left: Sequence[int],
    entries: Sequence[Entry],
    contestants: Sequence[Contestant],
    trainings: Trainings,
    progress: Progress,
    listener: Listener,
) -> None:
    """Train every candidate that is left in a stage, and note the scores."""
    repeats = settings.stages[stage].repeats
    training = settings.stage_training(stage)
    total = len(left) * repeats
    progress(stage, 0, total)
    done = count(1)

    def told(result: Result) -> None:
        progress(stage, next(done), total)
        listener.result(result)

    slots = {number: [Slot(Stage.ELIMINATION, number, stage, r) for r in range(repeats)] for number in left}
    asked = [Asked(slot, entries[n].rule, entries[n].key) for n in left for slot in slots[n]]
    found = train_all(trainings, asked, training, told)
    for number in left:
        contestants[number].scores.append(tuple(found[slot] for slot in slots[number]))


def _rank(
    settings: EliminationSettings, stage: int, left: Sequence[int], contestants: Sequence[Contestant]
) -> list[int]:
    """Rank the candidates of a stage, and return those that reach the next: the best that did not fail."""

    def order(number: int) -> tuple[float, int]:
        mean = contestants[number].mean(stage)
        return float("inf") if mean is None else -mean, number

    ranked = sorted(left, key=order)
    for rank, number in enumerate(ranked, 1):
        contestants[number].rank = rank
    fit = [number for number in ranked if contestants[number].mean(stage) is not None]
    return fit[: settings.stages[stage].keep]
