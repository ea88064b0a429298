"""A search from its settings to its report; what the command ``nos-sym evolve`` runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nos_sym.search import loop
from nos_sym.search.algorithms.of_plugins import PluginAlgorithm
from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.algorithms.protocol import SearchAlgorithm
from nos_sym.search.algorithms.random_search import RandomSearch
from nos_sym.search.algorithms.regularized_evolution import RegularizedEvolution
from nos_sym.search.archive import Archive
from nos_sym.search.collector import PausedCollector, collector_paused
from nos_sym.search.errors import SearchError
from nos_sym.search.evidence.confirming import gather
from nos_sym.search.evidence.settings import OFF
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.failures import EveryTrainingFailedError, FirstTrainings
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.journal import Journal
from nos_sym.search.listener import Listener
from nos_sym.search.own_pace import PacedArchive, at_own_pace, trained_by_text
from nos_sym.search.proposals import Proposals
from nos_sym.search.reports.report import Report, make_report
from nos_sym.search.resuming import difference, what_decides
from nos_sym.search.settings import Algorithm, SearchSettings, settings_from_json, trainer_of
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import check_name, name_of
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings
from nos_sym.search.tuning.strategy import expect_cma
from nos_sym.search.tuning.tune import tune_after

ALGORITHMS: dict[Algorithm, Callable[[SearchSettings, Proposer, Listener], SearchAlgorithm]] = {
    Algorithm.PARTICLES: ParticleSearch,
    Algorithm.RANDOM: RandomSearch,
    Algorithm.REGULARIZED: RegularizedEvolution,
}
"""Algorithms by the name that settings use."""

_KIND = "search"


def evolve(
    settings: SearchSettings,
    store: Store,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    listener: Listener | None = None,
) -> tuple[Run, Report]:
    """Search for optimizers, and return the run in the store with its report.

    The result depends on the settings and on what the store held when the run began. It depends neither on
    the executor nor on interruptions: a run that is killed and resumed ends as an uninterrupted one.

    >>> with Store.open("run.db") as store:
    ...     run, report = evolve(preset("demo", seed=3), store, executor=InProcess())

    Args:
        settings: settings of the search, for example :func:`nos_sym.search.settings.preset`.
        store: store that every evaluation is written to, open for writing.
        executor: where candidates are trained.
        trainer: trains with an optimizer; by default the trainer that the settings name. One that they do
            not name stands in the store as ``module:Class``.
        resume: continue the store's run of these settings, if it has one.
        listener: is called on progress.

    Raises:
        NosSymError: the store has an interrupted run of these settings and ``resume`` is not set, or the
            search needs something that is missing. Evaluations are kept; a run without any is removed, and so
            is one whose first ``settings.same_failures`` trainings all ended with the same exception.
    """
    # What is missing is found before a run is begun.
    if settings.tune != OFF:
        expect_cma()
    trainer = trainer or trainer_of(settings)
    check_name(trainer)
    settings = replace(settings, trainer=name_of(trainer, settings.trainer))
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, resume)
    if listener is not None:
        listener.began(run)
    try:
        with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
            proposer = _search(settings, store, run, trainer, executor, listener)
    except EveryTrainingFailedError:
        # It has nothing but one mistake over and over, which would be replayed where it goes on.
        store.remove_run(run.id)
        raise
    with collector_paused():
        report = make_report(store, run.id, settings.dedup, proposer.drawn, proposer.degenerate)
    evidence = gather(settings, store, run, trainer, executor, listener or Listener())
    tuning = tune_after(settings, store, run, trainer, executor, listener or Listener())
    report = replace(report, evidence=evidence, tuning=tuning)
    store.finish_run(run.id, report.to_json())
    return store.run(run.id), report


def _search(
    settings: SearchSettings,
    store: Store,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener | None,
) -> Proposer:
    """Run a search to its end, and return what counted its draws."""
    # What the run had before an interruption is taken in first.
    collector = PausedCollector()
    try:
        return _trained(settings, store, run, trainer, executor, listener, collector.go_on)
    finally:
        collector.go_on()


def _trained(
    settings: SearchSettings,
    store: Store,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener | None,
    begins: Callable[[], None],
) -> Proposer:
    """Run a search; ``begins`` is called when something is drawn or trained that the store does not have."""
    fingerprints = Fingerprints(settings.dedup, almost=settings.almost)
    by_text = trained_by_text(settings)
    known_to = (store, run.id, settings.seed, settings.repeats, trainer, executor)
    trainings = Trainings(*known_to, settings.candidates_per_program, by_text=by_text, began=begins)
    owners = trainings.owners if by_text else None
    journal = Journal(store, run.id, fingerprints, listener or Listener(), owners)
    memory = Proposals(store, run, settings, fingerprints, begins)
    proposer = Proposer(settings, fingerprints, journal.redrawn, memory)
    algorithm = _algorithm(settings, proposer, journal)
    known = (fingerprints, store, run.id, run.horizon, trainings.task_name)
    paced = at_own_pace(settings)
    archive = PacedArchive(*known, by_text=by_text) if paced else Archive(*known)
    first = FirstTrainings(settings.same_failures, at_own_pace=paced)
    try:
        loop.run(algorithm, archive, trainings, journal, first)
    except EveryTrainingFailedError:
        trainings.disown()
        raise
    finally:
        trainings.close()
    return proposer


def _algorithm(settings: SearchSettings, proposer: Proposer, listener: Listener) -> SearchAlgorithm:
    """Return the algorithm that the settings name."""
    found = settings.algorithm_plugin()
    if found is not None:
        return PluginAlgorithm(found, settings, proposer, listener)
    return ALGORITHMS[Algorithm(settings.algorithm)](settings, proposer, listener)


def interrupted_settings(store: Store) -> SearchSettings:
    """Return the settings of the last interrupted search of a store, or else of the last search.

    Raises:
        SearchError: the store has no search.
    """
    runs = [run for run in store.runs() if run.kind == _KIND]
    if not runs:
        raise SearchError(f"'{store.path}' has no search to resume; leave '--resume' out to begin one")
    chosen = [run for run in runs if run.finished is None] or runs
    return settings_from_json(chosen[-1].settings)


def interrupted_run(store: Store, settings: SearchSettings | None = None) -> int | None:
    """Return the number of the last interrupted search of a store, one of other settings than some."""
    own = None if settings is None else what_decides(settings.to_json())
    runs = [run for run in store.runs() if run.kind == _KIND and run.finished is None]
    return next((run.id for run in reversed(runs) if what_decides(run.settings) != own), None)


def _begin(settings: SearchSettings, store: Store, resume: bool) -> Run:
    """Return the run to continue, or a new one."""
    text = settings.to_json()
    runs = [run for run in store.runs() if run.kind == _KIND]
    same = [run for run in runs if what_decides(run.settings) == what_decides(text)]
    unfinished = [run for run in same if run.finished is None]
    if resume:
        if same:
            return (unfinished or same)[-1]
        others = [run for run in runs if run.finished is None]
        if others:
            raise SearchError(
                f"'{store.path}' has no run of these settings; run {others[-1].id}, which is interrupted, "
                f"differs in {difference(others[-1].settings, text)}; '--resume' without settings continues "
                "with that one"
            )
    elif unfinished:
        raise SearchError(
            f"run {unfinished[-1].id} of '{store.path}' has these settings and is interrupted; continue "
            "with '--resume', or choose another --seed or --store"
        )
    return store.begin_run(_KIND, settings.algorithm_name, text, settings.seed)
