"""What a run of a store did, slot by slot: when, how it ended, and where particles went."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nos_sym.errors import NosSymError
from nos_sym.report.figures.model import FigureError
from nos_sym.search.failures import Ending, ending_of
from nos_sym.search.reports.found import evaluations_of
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.slots import Slot, Stage, slot_from_text
from nos_sym.search.store.rows import Evaluation, Run
from nos_sym.search.store.store import Store

__all__ = ["History", "Place", "Trial", "chosen_run", "history"]

_STAGES = {
    stage.value: stage
    for stage in (
        Stage.INITIAL, Stage.PARTICLE, Stage.CHILD, Stage.RANDOM, Stage.POPULATION, Stage.CYCLE,
    )
}  # fmt: skip
"""Stages of a search. Others are trainings after it."""

_WITH_STEPS = (Stage.INITIAL, Stage.PARTICLE, Stage.CHILD)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an optimizer was proposed in a run.

    Attributes:
        stage: part of the search.
        particle: number of the particle, from 0; ``None`` where it is not known, or there are none.
        time_step: moves of the particle up to it: 0 for its start and for the initial population, 1 for the
            first children; ``None`` where it is not known.
        order: sorts the optimizers of a run in the order of the search.
    """

    stage: Stage
    particle: int | None
    time_step: int | None
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One optimizer that a run proposed, and what came of it.

    Attributes:
        place: where it was proposed.
        evaluation: its training; that of the same optimizer where it was not trained again.
        answered: whether it was known, so that nothing was trained.
    """

    place: Place
    evaluation: Evaluation
    answered: bool

    @property
    def fitness(self) -> float | None:
        """Fitness, larger is better; ``None`` if the training gave none."""
        return self.evaluation.fitness

    @property
    def ending(self) -> Ending:
        """How the training ended."""
        return ending_of(self.evaluation.result)


@dataclass(frozen=True, slots=True)
class History:
    """A run in the order of its search.

    Attributes:
        run: the run.
        task: task and budget whose fitness is drawn.
        trials: the optimizers that were tried on it, and the initial population, whatever its task is.
        lineages: by particle, its evaluation on the task after each of its moves, by time-step; a particle
            that stays has the one of before, and one that started on another task no first one.
        stepped: whether there are time-steps; else trials have an order alone.
        note: what is not known of the run, as the end of a caption; empty where nothing is missing.
    """

    run: Run
    task: str
    trials: tuple[Trial, ...]
    lineages: Mapping[int, Mapping[int, Evaluation]]
    stepped: bool
    note: str


def chosen_run(store: Store, number: int | None, task: str | None = None, *, searches: bool) -> Run:
    """Return a run by its number, or the last that has evaluations.

    Args:
        store: the store.
        number: number of the run.
        task: a part of the name of a task; without a number, a run that has an evaluation on it is preferred.
        searches: whether it has to be a search, or a log of one.

    Raises:
        FigureError: the run has no evaluation, or is no search.
        StoreError: there is no such run.
    """
    if number is not None:
        run = store.run(number)
        if searches and not run.is_search:
            raise FigureError(
                f"run {number} of '{store.path}' is of the kind '{run.kind}', which has no time-steps; "
                "expected a search or an imported log, which 'nos-sym runs' lists"
            )
        if next(store.scores(number), None) is None:
            raise FigureError(f"run {number} of '{store.path}' has no evaluation yet; nothing to draw")
        return run
    runs = [run for run in reversed(store.runs()) if run.is_search or not searches]
    tasks = {run.id: {score.task for score in store.scores(run.id)} for run in runs}
    on_task = [run for run in runs if any((task or "") in name for name in tasks[run.id])]
    for run in (*on_task, *(run for run in runs if tasks[run.id])):
        return run
    what = "search" if searches else "run"
    raise FigureError(f"'{store.path}' has no {what} with an evaluation yet; nothing to draw")


def history(store: Store, run: int | None = None, task: str | None = None) -> History:
    """Return a run of a store in the order of its search.

    Args:
        store: the store.
        run: number of the run; by default the last search, or log of one, with an evaluation.
        task: task and budget, or a part of its name; by default that of the latest evaluations.

    Raises:
        FigureError: nothing can be drawn.
        NosSymError: there is no such run or task, or the store cannot be read.
    """
    chosen = chosen_run(store, run, task, searches=True)
    on = hall_of_fame(store, run=chosen.id, task=task, limit=0).task
    if not on:
        raise FigureError(
            f"no evaluation of run {chosen.id} of '{store.path}' has a fitness yet; nothing to draw"
        )
    evaluations = {e.id: e for e in evaluations_of(store, chosen.id)}
    every = list(_trials(store, chosen, evaluations))
    trials = [t for t in every if t.evaluation.task == on or t.place.stage is Stage.INITIAL]
    stepped = bool(trials) and all(t.place.time_step is not None for t in trials)
    lineages = _lineages(store, chosen, evaluations, on) if stepped else {}
    if not trials:
        raise FigureError(
            f"run {chosen.id} of '{store.path}' has no evaluation of its search on '{on}'; expected another "
            "--task"
        )
    return History(
        chosen, on, tuple(sorted(trials, key=lambda t: t.place.order)), lineages, stepped,
        _note(chosen, trials, lineages, stepped),
    )  # fmt: skip


def _trials(store: Store, run: Run, evaluations: Mapping[int, Evaluation]) -> Iterable[Trial]:
    for e in evaluations.values():
        if e.run == run.id and e.stage in _STAGES:
            yield Trial(_place_of(e, run), e, False)
    for text, _, kind, _, _, number in store.duplicates(run.id):
        known = None if number is None else evaluations.get(number)
        if kind != "answered" or known is None:
            continue
        try:
            slot = slot_from_text(text)
        except NosSymError:
            continue
        if slot.stage.value in _STAGES:
            yield Trial(_place_of_slot(slot), known, True)


def _place_of(evaluation: Evaluation, run: Run) -> Place:
    if run.kind != "import":
        return _place_of_slot(slot_from_text(evaluation.slot))
    stage = _STAGES[evaluation.stage]
    step: int | None = 0
    if stage is Stage.CHILD:
        step = None if evaluation.time_step is None else evaluation.time_step + 1
    if stage is not Stage.INITIAL and evaluation.particle is None:
        step = None
    # The lines of a log are in its order.
    return Place(stage, evaluation.particle, step, (evaluation.id,))


def _place_of_slot(slot: Slot) -> Place:
    if slot.stage not in _WITH_STEPS:
        return Place(slot.stage, None, None, slot.order)
    step = slot.time_step + 1 if slot.stage is Stage.CHILD else 0
    particle = None if slot.stage is Stage.INITIAL else slot.particle
    return Place(slot.stage, particle, step, slot.order)


def _lineages(
    store: Store, run: Run, evaluations: Mapping[int, Evaluation], task: str
) -> dict[int, dict[int, Evaluation]]:
    found: dict[int, dict[int, Evaluation]] = {}
    for particle, step, _, _, _, number in store.moves(run.id):
        at = None if number is None else evaluations.get(number)
        if at is not None and at.task == task and at.fitness is not None and math.isfinite(at.fitness):
            found.setdefault(particle, {})[step] = at
    last = max((step for moves in found.values() for step in moves), default=0)
    for moves in found.values():
        # Where no child reached a fitness, the particle stays; in a run that goes on, it may still move.
        end = last if run.finished is not None else max(moves)
        for step in range(min(moves) + 1, end + 1):
            moves.setdefault(step, moves[step - 1])
    return {particle: dict(sorted(moves.items())) for particle, moves in sorted(found.items())}


def _note(
    run: Run, trials: Sequence[Trial], lineages: Mapping[int, Mapping[int, Evaluation]], stepped: bool
) -> str:
    stages = {trial.place.stage for trial in trials}
    if stages <= {Stage.RANDOM, Stage.POPULATION, Stage.CYCLE}:
        return ""
    if not stepped:
        return "; the particles of this log are not known, so that no lineage is drawn"
    if not lineages and Stage.CHILD in stages:
        return "; no move of a particle is known, so that no lineage is drawn"
    return ""
