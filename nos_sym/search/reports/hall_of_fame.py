"""The hall of fame of a store: the best optimizers of one task, each once, with its schedule factored out."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from nos_sym.algebra.factor import Factored, factor
from nos_sym.algebra.levels import Level
from nos_sym.errors import escaped
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Rule
from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.stored import columns_of, confirmations
from nos_sym.search.failures import Ending
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.ranking import scores_by_task
from nos_sym.search.reports.complexity import size_of_rule
from nos_sym.search.reports.endings import endings_of
from nos_sym.search.reports.found import (
    HallOfFameError,
    Scored,
    best_first,
    default_task,
    matching_task,
    merged,
    scored,
    scores_of,
)
from nos_sym.search.reports.texts import entry_lines, hall_of_fame_lines
from nos_sym.search.results import Evaluated
from nos_sym.search.scores import score_text
from nos_sym.search.settings import Dedup
from nos_sym.search.store.store import Evaluation, Store
from nos_sym.search.tuning.settings import Origin
from nos_sym.search.tuning.stored import origins_of

_SHOWN = 10
"""Entries that are printed."""


@dataclass(frozen=True, repr=False)
class Entry:
    """One optimizer of a hall of fame; as a text, what ``nos-sym top`` prints of it.

    Attributes:
        rank: counted from 1.
        fitness: best fitness of its evaluations; in an elimination, the mean of its repeats.
        mean: mean fitness of all of its evaluations on the task.
        count: number of its evaluations on the task.
        evaluation: the evaluation with the best fitness; in an elimination, the first repeat.
        confirmed: its trainings with fresh seeds after a search; ``None`` where there are none.
        origin: the optimizer whose constants were tuned to it; ``None`` where none were.
    """

    rank: int
    fitness: float
    mean: float
    count: int
    evaluation: Evaluation
    confirmed: Repeated | None = None
    origin: Origin | None = None

    def __str__(self) -> str:
        return "\n".join(map(escaped, entry_lines(describe([self])[0])))

    def __repr__(self) -> str:
        return escaped(f"<Entry {self.rank}: {score_text(self.fitness)}  {self.evaluation.text}>")

    @property
    def key(self) -> str:
        """Exact key."""
        return str(self.evaluation.key)

    @cached_property
    def rule(self) -> Rule:
        """The optimizer."""
        return self.evaluation.read_rule()

    @cached_property
    def size(self) -> int:
        """Nodes of the canonical form as it is written, the same for every way to write the rule."""
        return size_of_rule(self.rule)

    @cached_property
    def factored(self) -> Factored:
        """The optimizer as schedule times constant times core."""
        return factor(self.rule)


@dataclass(frozen=True, slots=True, repr=False)
class HallOfFame:
    """A hall of fame; as a text, what ``nos-sym top`` prints of its first entries.

    Attributes:
        task: task and budget of all entries; fitness values on others are not comparable.
        entries: the entries, the best first.
        optimizers: number of optimizers with a fitness on the task.
        evaluations: number of evaluations on the task, including those that failed.
        unreadable: number of evaluations with a fitness and a rule that cannot be read.
        failed: number of evaluations on the task that ended with an exception or another failure.
        reason: the most frequent reason for no fitness, of failures if there are any, and how many have it.
        other_tasks: other tasks with a fitness.
    """

    task: str
    entries: tuple[Entry, ...]
    optimizers: int = 0
    evaluations: int = 0
    unreadable: int = 0
    other_tasks: tuple[str, ...] = ()
    failed: int = 0
    reason: tuple[str, int] | None = None

    def __str__(self) -> str:
        lines = hall_of_fame_lines(self, describe(self.entries[:_SHOWN]))
        more = len(self.entries) - _SHOWN
        return "\n".join(map(escaped, [*lines, *(["", f"and {more} more entries"] if more > 0 else [])]))

    def __repr__(self) -> str:
        if not self.task:
            return "<HallOfFame: no optimizer has a fitness yet>"
        best = f", the best {score_text(self.entries[0].fitness)}" if self.entries else ""
        count = f"{len(self.entries)} of {self.optimizers} optimizers"
        return escaped(f"<HallOfFame: {count} on {self.task}{best}>")

    def to_pandas(self) -> Any:
        """Return the entries as a ``pandas.DataFrame``, a row each, the best first.

        Its columns are those of ``nos-sym top --csv``, :data:`COLUMNS`: ``rank``, ``fitness``, ``key``,
        ``rule``; ``size``, its nodes without identities; ``schedule``, ``constant`` and ``core``, whose
        product is the rule; ``catalog``, its name there; ``task``, ``run`` and ``slot``, which evaluation it
        is; ``evaluations``, how many, and their ``mean``; ``learning_rate`` and ``seconds``; ``scores``, by
        task where there are several. Of its trainings with fresh seeds after the search: their mean
        ``confirmed``, its 95 % interval ``confirmed_low`` and ``confirmed_high``, ``confirmed_repeats``, how
        many, ``confirmed_failed``, how many without a fitness, and ``shrinkage``, the fitness less their
        mean. Of one with tuned constants, ``tuned_from`` is the rule that it comes from, and
        ``tuned_from_fitness`` the first fitness of that.

        Raises:
            HallOfFameError: pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise HallOfFameError(
                "a hall of fame as a table needs pandas, which is not installed; pip install pandas"
            ) from None
        return pandas.DataFrame(describe(self.entries), columns=list(COLUMNS))


def hall_of_fame(
    store: Store,
    *,
    run: int | None = None,
    task: str | None = None,
    limit: int | None = None,
    level: Level = Level.EXACT,
    up_to: int | None = None,
) -> HallOfFame:
    """Return the best optimizers of a store on one task.

    Args:
        store: the store.
        run: only evaluations of this run, including those of earlier runs that answered its candidates.
        task: name of a task, or a part of it that no other task has. By default the task of the latest
            evaluation with a fitness, other than those of the initial population.
        limit: the most entries to return.
        level: optimizers that are equal at this level share an entry.
        up_to: only evaluations with numbers up to this one.

    Raises:
        HallOfFameError: no task has this name, or several do.
        StoreError: there is no such run, or the store cannot be read.
    """
    if run is not None:
        store.run(run)
    rows = list(store.scores(up_to=up_to)) if run is None else scores_of(store, run, up_to=up_to)
    tasks = list(dict.fromkeys(e.task for e in rows if e.fitness is not None))
    chosen = default_task(rows) if task is None else matching_task(task, tasks)
    on_task = rows if chosen is None else [e for e in rows if e.task == chosen]
    endings, reason = endings_of(store, on_task)
    failed = endings[Ending.FAILED]
    if chosen is None:
        return HallOfFame("", (), evaluations=len(rows), failed=failed, reason=reason)
    by_key: dict[str, list[Scored]] = {}
    for score in scored(on_task):
        by_key.setdefault(str(score.evaluation.key), []).append(score)
    classes = list(by_key.values()) if level is Level.EXACT else merged(store, by_key, level)
    ranked = sorted(classes, key=lambda scores: min(map(best_first, scores)))
    best = [min(scores, key=best_first).evaluation.id for scores in ranked[:limit]]
    shown, again = store.evaluations_numbered(best), confirmations(store, chosen, run)
    origins = origins_of(store, shown.values())
    entries = tuple(
        _entry(rank, scores, shown[number], again, origins.get(number))
        for rank, (scores, number) in enumerate(zip(ranked, best, strict=False), 1)
    )
    unreadable = sum(e.key is None and e.fitness is not None for e in on_task)
    others = tuple(name for name in tasks if name != chosen)
    return HallOfFame(chosen, entries, len(classes), len(on_task), unreadable, others, failed, reason)


def _entry(
    rank: int,
    scores: list[Scored],
    evaluation: Evaluation,
    again: Mapping[str, Repeated],
    origin: Origin | None,
) -> Entry:
    best = min(scores, key=best_first)
    mean = statistics.fmean(s.fitness for s in scores)
    # Members of a class at a level other than exact may have been confirmed under another key.
    keys = dict.fromkeys(str(s.evaluation.key) for s in [best, *scores])
    confirmed = next((again[key] for key in keys if key in again), None)
    return Entry(rank, best.fitness, mean, len(scores), evaluation, confirmed, origin)


COLUMNS = (
    *("rank", "fitness", "key", "rule", "size", "schedule", "constant", "core", "catalog", "task", "run"),
    *("slot", "evaluations", "mean", "learning_rate", "seconds", "scores", "confirmed", "confirmed_low"),
    *("confirmed_high", "confirmed_repeats", "confirmed_failed", "shrinkage", "tuned_from"),
    "tuned_from_fitness",
)
"""Keys of the records of :func:`describe`, in their order."""


def describe(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return entries as JSON data: their equations, and the run and slot that they come from."""
    prints = Fingerprints(Dedup.EXACT)
    names = catalog_index(prints)
    records = []
    for entry in entries:
        result = entry.evaluation.result
        factored = entry.factored
        records.append(
            {
                "rank": entry.rank,
                "fitness": entry.fitness,
                "key": entry.key,
                "rule": print_body(entry.rule),
                "size": entry.size,
                "schedule": print_expression(factored.schedule.factor),
                "constant": print_expression(factored.constant),
                "core": print_body(factored.core),
                "catalog": names.find(prints.of(entry.rule)),
                "task": entry.evaluation.task,
                "run": entry.evaluation.run,
                "slot": entry.evaluation.slot,
                "evaluations": entry.count,
                "mean": entry.mean,
                "learning_rate": result.learning_rate if isinstance(result, Evaluated) else None,
                "seconds": result.seconds,
                "scores": scores_by_task(result),
                **columns_of(entry.confirmed, entry.fitness),
                "tuned_from": None if entry.origin is None else print_body(entry.origin.rule),
                "tuned_from_fitness": None if entry.origin is None else entry.origin.fitness,
            }
        )
    return records
