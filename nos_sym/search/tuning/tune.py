"""A tuning from its settings to what it comes to; what the command ``nos-sym tune`` runs.

It is a run of the store of its own, which says from which optimizers it comes. Its trainings are those of a
search: of the same task, stored when they end, and known to later searches and tunings of the store.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

from sympy.core.numbers import Rational

from nos_sym.language.printer import print_expression
from nos_sym.language.registry import number
from nos_sym.search import loop
from nos_sym.search.archive import Archive
from nos_sym.search.candidates import Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evidence.confirming import Chosen, confirm_chosen
from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.settings import OFF
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.failures import EveryTrainingFailedError, FirstTrainings
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.journal import Journal
from nos_sym.search.listener import Listener
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.resuming import going_on
from nos_sym.search.settings import SearchSettings, trainer_of
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import check_name, name_of
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings
from nos_sym.search.tuning.algorithm import Tuned, TuningSearch
from nos_sym.search.tuning.outcome import Change, TunedRow, Tuning, compare_all
from nos_sym.search.tuning.settings import KIND, Origin, TuningSettings, tuning_from_json
from nos_sym.search.tuning.strategy import expect_cma


class NothingToTuneError(SearchError):
    """No optimizer has a constant that counts."""


def tune(
    settings: TuningSettings,
    store: Store,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    listener: Listener | None = None,
) -> tuple[Run, Tuning]:
    """Tune the constants of optimizers by CMA-ES, and return the run in the store with what it comes to.

    The result depends on the settings and on what the store held when the run began, and neither on the
    executor nor on interruptions. No optimizer is trained that the store has on the task.

    >>> with Store.open("run.db") as store:
    ...     settings = TuningSettings(preset("demo"), best_of(store, run=1, count=3), trainings=40)
    ...     run, tuning = nos_sym.tune(settings, store, executor=InProcess())

    Args:
        settings: the optimizers, how much they are trained, and on what.
        store: open for writing.
        executor: where they are trained.
        trainer: trains with an optimizer; by default the one that the settings name.
        resume: continue the store's tuning of these settings, if it has one.
        listener: is called on progress.

    Raises:
        NosSymError: the package ``cma`` or something else is missing, no optimizer has a constant that
            counts, or the store has an interrupted tuning of these settings and ``resume`` is not set.
            Evaluations are kept.
    """
    expect_cma()
    trainer = trainer or trainer_of(settings.search)
    check_name(trainer)
    search = dataclasses.replace(settings.search, trainer=name_of(trainer, settings.search.trainer), tune=OFF)
    settings = dataclasses.replace(settings, search=search)
    listener = listener or Listener()
    # What cannot be tuned is found before a run is begun.
    prints = Fingerprints(settings.dedup, almost=search.almost)
    algorithm = TuningSearch(settings, prints, listener)
    if all(each.why_not for each in algorithm.tuned):
        raise NothingToTuneError(f"nothing can be tuned: {algorithm.tuned[0].why_not}")
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, resume)
    listener.began(run)
    try:
        with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
            task = _search(settings, store, run, algorithm, prints, trainer, executor, listener)
    except EveryTrainingFailedError:
        store.remove_run(run.id)
        raise
    rows = [_row(settings.origins[each.number], each) for each in algorithm.tuned]
    rows = _confirm(settings, store, run, trainer, executor, listener, algorithm.tuned, rows)
    listener.ended()
    result = Tuning(task, tuple(rows), _source(settings))
    store.finish_run(run.id, result.to_json())
    return store.run(run.id), result


def tune_after(
    search: SearchSettings,
    store: Store,
    source: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener,
) -> Tuning | None:
    """Tune the best optimizers of a search as its settings say.

    Returns:
        What it comes to; ``None`` where the settings ask for none, or nothing can be tuned, which is noted.

    Raises:
        NosSymError: as :func:`tune`; what the search has stays.
    """
    count, trainings = search.tune
    origins = best_of(store, source.id, count) if count else ()
    if not origins:
        return None
    settings = TuningSettings(dataclasses.replace(search, tune=OFF), origins, trainings)
    # The run that is named is of the search alone.
    inner = _Told(listener)
    listener.added(count * trainings)
    try:
        return tune(settings, store, executor=executor, trainer=trainer, resume=True, listener=inner)[1]
    except NothingToTuneError as error:
        listener.note(str(error))
        return None


def best_of(store: Store, run: int, count: int, task: str | None = None) -> tuple[Origin, ...]:
    """Return the best different optimizers of a run, at most so many, as what is tuned.

    Raises:
        NosSymError: there is no such run or task, or the store cannot be read.
    """
    entries = hall_of_fame(store, run=run, task=task, limit=count).entries
    return tuple(
        Origin(e.rule.at_defaults().named("", ""), e.evaluation.run, e.evaluation.slot, e.fitness)
        for e in entries
    )


def interrupted_tuning(store: Store) -> TuningSettings:
    """Return the settings of the last interrupted tuning of a store, or else of the last tuning.

    Raises:
        SearchError: the store has no tuning.
    """
    runs = [run for run in store.runs() if run.kind == KIND]
    if not runs:
        raise SearchError(f"'{store.path}' has no tuning to resume; leave '--resume' out to begin one")
    chosen = [run for run in runs if run.finished is None] or runs
    return tuning_from_json(chosen[-1].settings)


class _Told(Listener):
    """Passes on results and notes of a part, whose beginning and end are none of the whole."""

    def __init__(self, listener: Listener) -> None:
        self.stage, self.result = listener.stage, listener.result  # type: ignore[method-assign]
        self.note, self.added = listener.note, listener.added  # type: ignore[method-assign]


def _search(
    settings: TuningSettings,
    store: Store,
    run: Run,
    algorithm: TuningSearch,
    prints: Fingerprints,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener,
) -> str:
    """Run the strategies to their end, and return the name of the task."""
    search = settings.search
    size = search.candidates_per_program
    trainings = Trainings(store, run.id, search.seed, search.repeats, trainer, executor, size)
    journal = Journal(store, run.id, prints, listener)
    archive = Archive(prints, store, run.id, run.horizon, trainings.task_name)
    try:
        loop.run(algorithm, archive, trainings, journal, FirstTrainings(search.same_failures))
        return trainings.task_name(search.training)
    except EveryTrainingFailedError:
        trainings.disown()
        raise
    finally:
        trainings.close()


def _begin(settings: TuningSettings, store: Store, resume: bool) -> Run:
    text, count, source = settings.to_json(), len(settings.origins), _source(settings)
    name = f"{count} optimizer{'' if count == 1 else 's'}"
    name += "" if source is None else f" of run {source}"
    found = going_on(store, KIND, text, resume=resume)
    return found or store.begin_run(KIND, name, text, settings.search.seed)


def _source(settings: TuningSettings) -> int | None:
    """Return the run that all optimizers come from, ``None`` where there is no such run."""
    runs = {origin.run for origin in settings.origins}
    return runs.pop() if len(runs) == 1 else None


def _best(tuned: Tuned) -> Result | None:
    """Return the result with the best fitness; of equals the first, which is the optimizer as it was."""
    fit = sorted((r for r in tuned.results.values() if r.fitness is not None), key=lambda r: r.slot.order)
    return max(fit, key=lambda r: r.fitness or 0.0, default=None)


def _row(origin: Origin, tuned: Tuned) -> TunedRow:
    source = str(tuned.rule)
    told = (source, origin.run, origin.slot, origin.fitness, tuned.why_not)
    if tuned.why_not:
        return TunedRow(*told)
    best, untuned = _best(tuned), tuned.results[Slot(Stage.TUNING, tuned.number)].fitness
    trained = sum(r.was_trained for r in tuned.results.values())
    point = tuned.points.get(best.slot) if best is not None else None
    changes = tuple(
        Change(c.where, c.scale.value, _text(c.value), _text(c.value if point is None else c.at(x)))
        for c, x in zip(tuned.constants, point or (0.0,) * len(tuned.constants), strict=True)
    )
    row = TunedRow(
        *told, untuned=untuned, trained=trained, answered=len(tuned.results) - trained, constants=changes
    )
    if best is None:
        return row
    candidate = best.candidate
    return dataclasses.replace(
        row, rule=candidate.text, key=candidate.key, place=str(best.slot), fitness=best.fitness
    )


def _text(value: Rational) -> str:
    return print_expression(number(value))


def _confirm(
    settings: TuningSettings,
    store: Store,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener,
    tuned: Sequence[Tuned],
    rows: Sequence[TunedRow],
) -> list[TunedRow]:
    """Train the best of those that are better, and what each comes from, with the same fresh seeds."""
    count, _ = settings.search.confirm
    better = [n for n, row in enumerate(rows) if row.is_better]
    best = sorted(better, key=lambda n: (-(rows[n].fitness or 0.0), n))[:count]
    chosen: list[Chosen] = []
    for rank, n in enumerate(best, 1):
        results = sorted(tuned[n].results.values(), key=lambda r: r.slot.order)
        pair = results[0], next(r for r in results if str(r.slot) == rows[n].place)
        for result in pair:
            candidate, first = result.candidate, result.fitness or 0.0
            chosen.append(Chosen(rank, str(result.slot), first, candidate.rule, candidate.key))
    if not chosen:
        return list(rows)
    found = confirm_chosen(settings.search, store, run, trainer, executor, listener, chosen)
    pairs: dict[int, tuple[Repeated, Repeated]] = {
        row: (found[2 * n].trained, found[2 * n + 1].trained) for n, row in enumerate(best)
    }
    compared = compare_all([pairs.get(n) for n in range(len(rows))])
    return [dataclasses.replace(row, compared=c) for row, c in zip(rows, compared, strict=True)]
