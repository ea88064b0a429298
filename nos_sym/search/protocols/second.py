"""The second searches of a pooled elimination, and the last trainings of what they find."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.protocols.elimination_settings import training_of
from nos_sym.search.protocols.pool_settings import PooledSettings
from nos_sym.search.protocols.pooled import Reported
from nos_sym.search.protocols.stages import Contestant, Progress, play
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.found import scored
from nos_sym.search.reports.hall_of_fame import Entry, hall_of_fame
from nos_sym.search.resuming import going_on, what_decides
from nos_sym.search.settings import (
    LARGEST_SEED,
    SearchSettings,
    for_trainer,
    merge,
    preset,
    read_preset,
    settings_from_table,
)
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings

FINAL = "final"
"""Kind of the run that has the last trainings."""


def second_settings(settings: PooledSettings, of: Run, text: str, number: int) -> SearchSettings:
    """Return the settings of the search that begins with an optimizer: those of its run, but for a few.

    Args:
        settings: those of the protocol.
        of: the run that found the optimizer; an imported log has the settings of the preset ``paper``.
        text: the optimizer.
        number: number of the search, from 0; each has a seed of its own.
    """
    table = json.loads(of.settings)
    if "training" not in table:
        table = record_to_table(preset("paper")) if of.kind == "import" else read_preset("paper")
    table = for_trainer(table, settings.elimination.trainer)
    # Of an algorithm that is not the one that goes on here.
    table.pop("algorithm_settings", None)
    second = settings.second
    own: dict[str, Any] = {
        "seed": (settings.elimination.seed + 1 + number) % (LARGEST_SEED + 1),
        "algorithm": "particles",
        "particles": 1,
        "initial": [text],
        "evaluate_particles": True,
        "time_steps": second.time_steps,
        "mutations": second.mutations,
        "repeats": second.repeats,
        "evaluations": 0,
        "confirm": [0, 0],
        "references": "none",
        "tune": [0, 0],
    }
    trained = record_to_table(settings.elimination.training)
    folder = {"folder": trained["folder"]} if "folder" in trained else {}
    if folder:
        own |= {"training": folder, "initial_training": folder}
    if "training" not in table:
        # A trainer of one's own without settings of the run: those of the eliminations.
        own["training"] = trained
    return settings_from_table(merge(table, own))


def search_again(
    settings: SearchSettings,
    store: Store,
    executor: Executor,
    trainer: Trainer[Any],
    listener: Listener,
) -> Run:
    """Search with settings, or go on with the run that has them, and return the run."""
    decisive = what_decides(settings.to_json())
    same = [run for run in store.runs() if run.kind == "search" and what_decides(run.settings) == decisive]
    run, _ = evolve(settings, store, executor=executor, trainer=trainer, resume=bool(same), listener=listener)
    return run


def best_of(store: Store, runs: Sequence[int], keep: int) -> list[Entry]:
    """Return the best different optimizers of runs together.

    Where they have different tasks, whose fitness cannot be compared, the best of each task come in turn.
    """
    lists: dict[str, list[Entry]] = {}
    for run in runs:
        found = hall_of_fame(store, run=run)
        if found.task:
            lists.setdefault(found.task, []).extend(found.entries)
    ranked = []
    for entries in lists.values():
        each: dict[str, Entry] = {}
        for entry in sorted(entries, key=lambda e: -e.fitness):
            each.setdefault(entry.key, entry)
        ranked += list(enumerate(each.values()))
    if len(lists) > 1:
        ranked.sort(key=lambda pair: pair[0])
    chosen: dict[str, Entry] = {}
    for _, entry in ranked:
        chosen.setdefault(entry.key, entry)
    return list(chosen.values())[:keep]


def last_trainings(
    settings: PooledSettings,
    store: Store,
    pool: int,
    entries: Sequence[Entry],
    executor: Executor,
    trainer: Trainer[Any],
    progress: Progress,
    listener: Listener,
) -> Run:
    """Play the last stages with the optimizers that the second searches left, and return their run."""
    seed = (settings.elimination.seed + 2) % (LARGEST_SEED + 1)
    text = json.dumps({"pool": pool, **record_to_table(settings.final)}, sort_keys=True)
    run = going_on(store, FINAL, text, resume=True) or store.begin_run(FINAL, f"of run {pool}", text, seed)
    listener.began(run)
    contestants = [Contestant(e.key, e.evaluation.text, e.evaluation.slot, e.fitness) for e in entries]
    trainings = Trainings(store, run.id, seed, 1, trainer, executor)
    training, rules = settings.elimination.training, [entry.rule for entry in entries]
    try:
        play(settings.final.stages, training, rules, contestants, trainings, progress, listener)
    finally:
        trainings.close()
    listener.ended()
    ranked = sorted(contestants, key=lambda c: c.rank)
    store.finish_run(run.id, {"contestants": [_row(c) for c in ranked]})
    return store.run(run.id)


def _row(contestant: Contestant) -> dict[str, Any]:
    means = [contestant.mean(stage) for stage in range(len(contestant.scores))]
    return {"key": contestant.key, "text": contestant.text, "rank": contestant.rank, "means": means}


def best_of_all(
    settings: PooledSettings, store: Store, runs: Iterable[int], trainer: Trainer[Any], executor: Executor
) -> tuple[Reported, ...]:
    """Return the best of all optimizers that runs trained as in the last stage, by the mean of all trainings.

    Those with a training without a fitness are left out, as in every stage.
    """
    runs = list(runs)
    last = training_of(settings.elimination.training, settings.final.stages[-1])
    trainings = Trainings(store, runs[-1], settings.elimination.seed, 1, trainer, executor)
    try:
        task = trainings.task_name(last)
    finally:
        trainings.close()
    means: dict[str, list[tuple[float, int]]] = {}
    failed: set[str] = set()
    first: dict[str, tuple[str, int]] = {}
    for run in runs:
        rows = [e for e in store.scores(run) if e.task == task and e.key is not None]
        failed |= {str(e.key) for e in rows if e.fitness is None}
        for e in rows:
            first.setdefault(str(e.key), (e.text, run))
        counts: dict[tuple[int | None, int | None], int] = {}
        for e in rows:
            counts[e.particle, e.time_step] = counts.get((e.particle, e.time_step), 0) + 1
        for score in scored(rows):
            e = score.evaluation
            means.setdefault(str(e.key), []).append((score.fitness, counts[e.particle, e.time_step]))
    found = []
    for key, parts in means.items():
        if key not in failed:
            count = sum(n for _, n in parts)
            mean = statistics.fmean([value for value, _ in parts], weights=[n for _, n in parts])
            found.append(Reported(key, first[key][0], mean, count, first[key][1]))
    ranked = sorted(found, key=lambda each: (-each.mean, each.run, each.key))
    return tuple(replace(each) for each in ranked[: settings.final.report])
