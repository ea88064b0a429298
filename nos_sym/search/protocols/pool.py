"""The whole of Section 3.6: several runs eliminated and pooled, some picked, a search from each, the best.

Every part is a run of the store: the eliminations, the pool, the second searches and the last trainings. What
is interrupted goes on where it stopped and comes to the same. The run of the pool is begun first and ends
last; it keeps who was picked.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.errors import SearchError
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.protocols.elimination import Elimination, chosen_of, eliminate
from nos_sym.search.protocols.pool_settings import PooledSettings
from nos_sym.search.protocols.pooled import Pooled, PooledElimination, picked_of, recorded_pick
from nos_sym.search.protocols.second import (
    best_of,
    best_of_all,
    last_trainings,
    search_again,
    second_settings,
)
from nos_sym.search.protocols.stages import Contestant, play
from nos_sym.search.protocols.uniqueness import propose
from nos_sym.search.resuming import going_on
from nos_sym.search.settings import LARGEST_SEED
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import load_trainer, name_of
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings

KIND = "pool"

Told = Callable[[str, int, int], None]
"""Called with the part that is trained, how many trainings of it are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Source:
    """A run whose best optimizers compete.

    Attributes:
        run: its number.
        store: its store, open for reading, where that is another one than the trainings go to.
    """

    run: int
    store: Store | None = None

    def __str__(self) -> str:
        return f"run {self.run}" if self.store is None else f"run {self.run} of {self.store.path.name}"


class _Counting(Listener):
    """Tells how many slots of a search are done."""

    def __init__(self, told: Told, what: str, total: int) -> None:
        self._told, self._what, self._total, self._done = told, what, total, 0
        told(what, 0, total)

    def closed(self, slots: int) -> None:
        self._done += slots
        self._told(self._what, min(self._done, self._total), self._total)


def eliminate_pooled(
    settings: PooledSettings,
    store: Store,
    sources: Sequence[Source],
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    pick: Sequence[str] = (),
    only_pool: bool = False,
    told: Told = lambda what, done, total: None,
    listener: Listener | None = None,
) -> tuple[Run, PooledElimination]:
    """Eliminate several runs, pool what they leave, and search again from those that are picked.

    Without ``pick``, and where nobody was picked before, it ends with the pool and a proposal; the same call
    with ``resume`` and ``pick`` goes on.

    Args:
        settings: the protocol.
        store: store that everything is written to, open for writing.
        sources: the runs, which must have ended.
        executor: where optimizers are trained.
        trainer: trains with an optimizer; by default the trainer that the settings name.
        resume: continue the store's pool of these runs with these settings, if it has one.
        pick: names of the pool, as ``("Opt1", "Opt4")``, or ``("proposed",)``.
        only_pool: whether it ends with the pool, also where somebody was picked before.
        told: called on progress.
        listener: is called with each run that begins, and with each training of the eliminations, of the pool
            and of the last stages.

    Returns:
        The run of the pool in the store, and what was found.

    Raises:
        NosSymError: a run is missing, has not ended or has no optimizer with a fitness; the store has an
            interrupted pool like this and ``resume`` is not set; who is picked is not of the pool, or others
            were picked before. Evaluations are kept.
    """
    _check_sources(store, sources)
    trainer = trainer or load_trainer(settings.elimination.trainer)
    own = replace(settings.elimination, trainer=name_of(trainer, settings.elimination.trainer))
    settings = replace(settings, elimination=own)
    listener = listener or Listener()
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, sources, resume)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        runs, eliminations = _eliminate_each(settings, store, sources, trainer, executor, told, listener)
        pool = _pool(settings, store, run, sources, eliminations, trainer, executor, told, listener)
    found = PooledElimination(tuple(map(str, sources)), tuple(each.id for each in runs), pool)
    found = _picked(settings, store, run, found, tuple(pick))
    if only_pool or not found.picked:
        return store.run(run.id), found
    by_name = {each.name: each for each in pool}
    second = []
    for number, name in enumerate(found.picked):
        chosen = by_name[name]
        source = sources[chosen.sources[0]]
        of = (source.store or store).run(source.run)
        search = second_settings(settings, of, chosen.text, number)
        what = f"search {number + 1}/{len(found.picked)} from {name}"
        counting = _Counting(told, what, search.time_steps * search.mutations + 1)
        second.append(search_again(search, store, executor, trainer, counting).id)
    entries = best_of(store, second, settings.second.keep)
    final = last_trainings(
        settings, store, run.id, entries, executor, trainer, _of_stage(told, "last trainings"), listener
    )
    every = [*found.eliminations, run.id, final.id]
    best = best_of_all(settings, store, every, trainer, executor)
    found = replace(found, second=tuple(second), final=final.id, best=best)
    store.finish_run(run.id, found.to_json())
    return store.run(run.id), found


def _check_sources(store: Store, sources: Sequence[Source]) -> None:
    if not sources:
        raise SearchError("no run is given; expected one or more")
    places = [(str((each.store or store).path.resolve()), each.run) for each in sources]
    for each, place in zip(sources, places, strict=True):
        if places.count(place) > 1:
            raise SearchError(f"{each} is given twice; expected different runs")
        of = each.store or store
        if of.run(each.run).finished is None:
            raise SearchError(f"run {each.run} of '{of.path}' has not ended; continue it before it is pooled")


def _begin(settings: PooledSettings, store: Store, sources: Sequence[Source], resume: bool) -> Run:
    table = json.loads(settings.to_json())
    table["sources"] = [_identity(settings, each) for each in sources]
    text = json.dumps(table, sort_keys=True)
    found = going_on(store, KIND, text, resume=resume)
    name = f"of {', '.join(map(str, sources))}"
    return found or store.begin_run(KIND, name, text, settings.elimination.seed)


def _identity(settings: PooledSettings, source: Source) -> dict[str, Any]:
    """Return what a run is known by: its number, and in another store, of any name, who competes."""
    if source.store is None:
        return {"run": source.run}
    return {"run": source.run, "chosen": chosen_of(settings.elimination, source.store, source.run)}


def _eliminate_each(
    settings: PooledSettings,
    store: Store,
    sources: Sequence[Source],
    trainer: Trainer[Any],
    executor: Executor,
    told: Told,
    listener: Listener,
) -> tuple[list[Run], list[Elimination]]:
    """Eliminate every run, or take what its elimination came to before."""
    runs, found = [], []
    for source in sources:
        what = f"elimination of {source}"
        run, result = eliminate(
            settings.elimination, store, source.run, executor=executor, trainer=trainer, resume=True,
            progress=_of_stage(told, what), listener=listener, of=source.store, whole=True,
        )  # fmt: skip
        runs.append(run)
        found.append(result)
    return runs, found


def _of_stage(told: Told, what: str) -> Callable[[int, int, int], None]:
    return lambda stage, done, total: told(f"{what}, stage {stage + 1}", done, total)


def _pool(
    settings: PooledSettings,
    store: Store,
    run: Run,
    sources: Sequence[Source],
    eliminations: Sequence[Elimination],
    trainer: Trainer[Any],
    executor: Executor,
    told: Told,
    listener: Listener,
) -> tuple[Pooled, ...]:
    """Return what the eliminations leave together, trained once more if there are stages, best first."""
    last = len(settings.elimination.stages) - 1
    of: dict[str, list[int]] = {}
    texts: dict[str, str] = {}
    every: dict[str, list[float]] = {}
    for place, elimination in enumerate(eliminations):
        for each in elimination.kept(settings.elimination):
            # Keys of two stores may be of two versions; the rule says which optimizer it is.
            key, mean = key_of(_read(each.text)), each.mean(last)
            assert mean is not None
            of.setdefault(key, []).append(place)
            every.setdefault(key, []).append(mean)
            texts.setdefault(key, each.text)
    means = {key: statistics.fmean(found) for key, found in every.items()}
    if not means:
        raise SearchError("no optimizer is left by the eliminations: a training of each has no fitness")
    keys = sorted(means, key=lambda key: (-means[key], of[key][0], key))
    rules = {key: _read(texts[key]) for key in keys}
    if settings.pool.stages:
        contestants = [Contestant(key, texts[key], "", means[key]) for key in keys]
        seed = (settings.elimination.seed + 1) % (LARGEST_SEED + 1)
        trainings = Trainings(store, run.id, seed, 1, trainer, executor)
        training, progress = settings.elimination.training, _of_stage(told, "pool")
        listener.began(run)
        try:
            given = [rules[key] for key in keys]
            left = play(settings.pool.stages, training, given, contestants, trainings, progress, listener)
        finally:
            trainings.close()
        if not left:
            raise SearchError("no optimizer of the pool is left: a training of each has no fitness")
        final = len(settings.pool.stages) - 1
        keys = [keys[n] for n in left]
        scores = [contestants[n].mean(final) for n in left]
        means |= {key: mean for key, mean in zip(keys, scores, strict=True) if mean is not None}
    choices = propose([rules[key] for key in keys], settings.pool.pick, settings.pool.apart)
    return tuple(
        Pooled(f"Opt{number}", key, texts[key], tuple(of[key]), means[key], choice)
        for number, (key, choice) in enumerate(zip(keys, choices, strict=True), 1)
    )


def _read(text: str) -> Rule:
    rule = parse(text)
    assert isinstance(rule, Rule)
    return rule


def _picked(
    settings: PooledSettings, store: Store, run: Run, found: PooledElimination, pick: tuple[str, ...]
) -> PooledElimination:
    """Return the pool with who is picked, now or before, and record it."""
    before, by_before = recorded_pick(run.report)
    picked, by = picked_of(found, pick, settings.pool.pick) if pick else (before, by_before)
    if before and picked != before:
        raise SearchError(
            f"run {run.id} of '{store.path}' has picked {', '.join(before)} before; leave the pick out, or "
            "choose another --seed"
        )
    found = replace(found, picked=picked, by=by_before or by)
    if picked and not before:
        store.replace_report(run.id, found.to_json())
    return found
