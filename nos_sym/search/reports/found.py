"""What a run of a store found: its evaluations, the task that is looked at, and the fitness of optimizers."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.algebra.levels import Level, level_key
from nos_sym.errors import NosSymError
from nos_sym.search.fingerprints import is_current
from nos_sym.search.slots import Stage
from nos_sym.search.store.scores import Score
from nos_sym.search.store.store import Evaluation, Store

_AT_ONCE = 1000

_AFTER = (Stage.CONFIRMATION.value, Stage.EVALUATION.value, Stage.TUNING.value)
"""Parts that are no search, whose task is shown where there is no other or it is asked for."""

_REPEATS = (Stage.ELIMINATION.value, Stage.CONFIRMATION.value, Stage.EVALUATION.value)
"""Parts whose evaluations are repeats of an optimizer."""


class HallOfFameError(NosSymError):
    """A task that is not in the store, or a name that several tasks share."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A fitness, and the evaluation that has it; of repeats their mean and the first of them."""

    fitness: float
    evaluation: Score


def evaluations_of(store: Store, run: int, *, up_to: int | None = None) -> list[Evaluation]:
    """Return the evaluations of a run, after those of other runs that answered its candidates.

    A run has found an optimizer that was answered just as one that it trained; without these, a run whose
    best optimizer was known to the store would lack it.
    """
    own = list(store.evaluations(run, up_to=up_to))
    others = store.evaluations_numbered(_of_others(store, run, {e.id for e in own}))
    return [*(e for e in others.values() if up_to is None or e.id <= up_to), *own]


def scores_of(store: Store, run: int, *, up_to: int | None = None) -> list[Score]:
    """Return the scores of the same evaluations."""
    own = list(store.scores(run, up_to=up_to))
    numbers = _of_others(store, run, {e.id for e in own})
    return [*store.scores(not_run=run, up_to=up_to, numbers=numbers), *own] if numbers else own


def _of_others(store: Store, run: int, own: set[int]) -> list[int]:
    return sorted({*store.answers(run).values()} - own)


def default_task(rows: Iterable[Score]) -> str | None:
    """Return the task of the latest fitness; of a search, if there is one, and not its initial population.

    Where nothing was searched, what was tuned comes before what confirmed it.
    """
    fit = [e for e in rows if e.fitness is not None]
    later = [e for e in fit if e.stage != Stage.INITIAL.value]
    searched = [e for e in later if e.stage not in _AFTER]
    # Trials of references have no time-step, and a task that nothing else has.
    tuned = [e for e in later if e.stage == Stage.TUNING.value and e.time_step]
    return (searched or tuned or later or fit)[-1].task if fit else None


def matching_task(text: str, tasks: Sequence[str]) -> str:
    """Return the task of a name, or the only one that has a text as a part.

    Raises:
        HallOfFameError: none has, or several.
    """
    found = [name for name in tasks if name == text] or [name for name in tasks if text in name]
    if len(found) == 1:
        return found[0]
    problem = f"task '{text}' is not in the store" if not found else f"'{text}' is part of several tasks"
    shown = ", ".join(f"'{name}'" for name in found or tasks) or "none, because nothing has a fitness yet"
    raise HallOfFameError(f"{problem}; expected one of: {shown}")


def scored(rows: Iterable[Score]) -> list[Scored]:
    """Return the fitness of each evaluation; repeats of an optimizer are averaged if all have one."""
    scores = []
    repeats: dict[tuple[Any, ...], list[Score]] = {}
    for e in rows:
        if e.key is None:
            continue
        if e.stage in _REPEATS:
            repeats.setdefault((e.run, e.particle, e.time_step), []).append(e)
        elif e.fitness is not None:
            scores.append(Scored(e.fitness, e))
    for group in repeats.values():
        values = [e.fitness for e in group if e.fitness is not None]
        if len(values) == len(group):
            scores.append(Scored(statistics.fmean(values), min(group, key=lambda e: e.slot)))
    return scores


def merged(store: Store, by_key: Mapping[str, list[Scored]], level: Level) -> list[list[Scored]]:
    """Return the scores of optimizers that are equal at a level; keys that the store lacks are computed."""
    kept = {exact: key for exact, key in store.level_keys(level.value).items() if is_current(key)}
    missing = {key: scores[0].evaluation.id for key, scores in by_key.items() if key not in kept}
    classes: dict[str, list[Scored]] = {}
    numbers = list(missing.values())
    for start in range(0, len(numbers), _AT_ONCE):
        for e in store.evaluations_numbered(numbers[start : start + _AT_ONCE]).values():
            kept[str(e.key)] = level_key(e.read_rule(), level)
    for exact, scores in by_key.items():
        classes.setdefault(kept[exact], []).extend(scores)
    return list(classes.values())


def best_first(score: Scored) -> tuple[float, int, str]:
    """Return a key that sorts scores; slots do not depend on which training ended first, as numbers do."""
    return -score.fitness, score.evaluation.run, score.evaluation.slot
