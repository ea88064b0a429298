"""A search from its settings to its report; what the command ``nos-sym evolve`` runs."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from nos_sym.search.algorithms.baselines import run_random, run_regularized
from nos_sym.search.algorithms.particles import run_particles
from nos_sym.search.protocol import Executor, Trainer
from nos_sym.search.reports.report import Report, make_report
from nos_sym.search.session import Listener, SearchError, Session, Silent
from nos_sym.search.settings import Algorithm, SearchSettings, settings_from_json, trainer_of
from nos_sym.search.store.store import Run, Store

_ALGORITHMS = {
    Algorithm.PARTICLES: run_particles,
    Algorithm.RANDOM: run_random,
    Algorithm.REGULARIZED: run_regularized,
}
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

    The result depends on the settings and on what the store holds of other runs when the run begins. It
    depends neither on the executor nor on interruptions: a run that is killed and resumed ends as one that
    was not.

    Args:
        settings: of the search.
        store: open for writing.
        executor: where candidates are trained.
        trainer: the surrogate; by default the one that the settings name.
        resume: go on with the store's run of these settings, if it has one.
        listener: whoever watches.

    Raises:
        NosSymError: the store has an interrupted run of these settings and ``resume`` is not set; or
            something that the search needs is missing. What was evaluated is kept; where nothing was, the
            store has no run more than before.
    """
    listener = listener or Silent()
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, resume)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        session = Session(settings, store, run, trainer or trainer_of(settings), executor, listener)
        try:
            _ALGORITHMS[settings.algorithm](session)
        finally:
            session.trainings.close()
    proposer = session.proposer
    report = make_report(store, run.id, settings.dedup, proposer.drawn, proposer.degenerate)
    store.finish_run(run.id, report.to_json())
    return store.run(run.id), report


def interrupted_settings(store: Store) -> SearchSettings:
    """Return the settings of the last search of a store, one that is not finished before others.

    Raises:
        SearchError: the store has no search.
    """
    runs = [run for run in store.runs() if run.kind == _KIND]
    if not runs:
        raise SearchError(f"'{store.path}' has no search to resume; leave '--resume' out to begin one")
    chosen = [run for run in runs if run.finished is None] or runs
    return settings_from_json(chosen[-1].settings)


def _begin(settings: SearchSettings, store: Store, resume: bool) -> Run:
    """Return the run to go on with, or a new one."""
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
                f"differs in {_difference(others[-1].settings, text)}; '--resume' without settings goes on "
                "with that one"
            )
    elif unfinished:
        raise SearchError(
            f"run {unfinished[-1].id} of '{store.path}' has these settings and is interrupted; go on with "
            "'--resume', or choose another --seed or --store"
        )
    return store.begin_run(_KIND, settings.algorithm.value, text, settings.seed)


def what_decides(settings: str) -> Any:
    """Return the settings of a run, as its JSON has them, without those of where it is run.

    Archives of data are checked by their digest, so a run can go on where they lie in another folder.
    """
    table = json.loads(settings)
    for section in ("training", "initial_training"):
        if isinstance(table.get(section), dict):
            table[section].pop("folder", None)
    return table


def _difference(one: str, other: str) -> str:
    """Return the first setting in which two records differ, with its values."""
    for name, value, there in _walk(json.loads(one), json.loads(other), ""):
        if value != there:
            return f"'{name}' ({json.dumps(value)} and not {json.dumps(there)})"
    return "nothing"


def _walk(one: Any, other: Any, name: str) -> list[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other})
        return [
            row
            for key in names
            for row in _walk(one.get(key), other.get(key), f"{name}.{key}" if name else key)
        ]
    return [(name, one, other)]
