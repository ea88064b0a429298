"""Learning-rate schedules that a search found: those that leave its optimizers, each class once.

A schedule that leaves an optimizer (:func:`nos_sym.algebra.factor.factor`) multiplies its learning rate. Two
are one class where one is proved to be a constant, other than 0, times the other
(:mod:`nos_sym.algebra.schedule_keys`): the peak of the learning rate absorbs the constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from nos_sym import catalog
from nos_sym.algebra.schedule_keys import Form, form_key, schedule_form, schedule_key, schedule_of_form
from nos_sym.errors import NosSymError, escaped, one_line
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Schedule
from nos_sym.search.reports.found import HallOfFameError
from nos_sym.search.reports.hall_of_fame import Entry, hall_of_fame
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.scores import score_text
from nos_sym.search.store.store import Store

_SHOWN = 10
"""Rows that are printed."""


@dataclass(frozen=True, slots=True)
class FoundSchedule:
    """A class of schedules that leave optimizers.

    Attributes:
        schedule: one of them; an entry of Table 10 where it is proved to be one, else that of the best
            optimizer. Named ``LR1`` as there, others ``LRa``, ``LRb`` and so on, the best first.
        key: its key, the same for a constant times it.
        known: whether it is an entry of Table 10.
        fitness: best fitness of the optimizers that it leaves.
        optimizers: how many of them there are, each counted once.
        rule: the best of them, as a text.
        task: task and budget of that fitness.
        store, run, slot: the evaluation that has it.
    """

    schedule: Schedule
    key: str
    known: bool
    fitness: float
    optimizers: int
    rule: str
    task: str
    store: str
    run: int
    slot: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "name": self.schedule.name,
            "schedule": print_expression(self.schedule.factor),
            "catalog": self.schedule.name if self.known else None,
            "fitness": self.fitness,
            "optimizers": self.optimizers,
            "key": self.key,
            "rule": self.rule,
            "task": self.task,
            "store": self.store,
            "run": self.run,
            "slot": self.slot,
        }


@dataclass(frozen=True, slots=True)
class FoundSchedules:
    """The schedules of one run or several; as a text, what ``nos-sym schedules`` prints of the first.

    Attributes:
        rows: the classes, that of the best fitness first.
        optimizers: number of different optimizers with a fitness.
        without: how many of them no schedule leaves.
        unreadable: how many of them have a rule that cannot be read.
        tasks: tasks and budgets whose fitness is shown; those of two are not comparable.
    """

    rows: tuple[FoundSchedule, ...]
    optimizers: int
    without: int
    unreadable: int
    tasks: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(map(escaped, self.lines()))

    def lines(self, limit: int = _SHOWN) -> list[str]:
        """Return the lines that show the first rows."""
        lines = [f"task        {task}" for task in self.tasks] or ["no optimizer has a fitness yet"]
        if len(self.tasks) > 1:
            lines.append("            fitness of different tasks is not comparable; --task chooses one")
        if self.tasks:
            counted = f"{self.optimizers} with a fitness, {self.without} without a schedule"
            counted += f", {self.unreadable} unreadable" if self.unreadable else ""
            lines.append(f"optimizers  {counted}")
            lines.append(f"schedules   {len(self.rows)}, equal up to a constant factor counted once")
        for row in self.rows[:limit]:
            text = print_expression(row.schedule.factor)
            noun = "optimizer" if row.optimizers == 1 else "optimizers"
            lines += ["", f"{row.schedule.name:<6} {score_text(row.fitness)}   {text}"]
            lines.append(f"{'':>17}{row.optimizers} {noun}, best {shown_text(one_line(row.rule))}")
        more = len(self.rows) - limit
        return [*lines, *(["", f"and {more} more"] if more > 0 else [])]


@dataclass(slots=True)
class _Class:
    """What is known of a class while runs are read."""

    form: Form
    fitness: float
    entry: Entry
    store: str
    carriers: set[str] = field(default_factory=set)


def collect_schedules(
    sources: Iterable[tuple[Store, int | None]],
    *,
    task: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> FoundSchedules:
    """Return the schedules that leave the optimizers of runs.

    Args:
        sources: stores, each with the number of a run, or ``None`` for all of its searches and imported logs.
        task: task and budget, or a part of its name; by default each run's own, the latest that is not that
            of its initial population.
        progress: called with the number of optimizers that were looked at.

    Raises:
        HallOfFameError: a store has no search, or none of the runs has the task.
        StoreError: there is no such run, or a store cannot be read.
    """
    found: dict[str, _Class] = {}
    optimizers: set[str] = set()
    without: set[str] = set()
    unreadable: set[str] = set()
    tasks: dict[str, None] = {}
    for store, run in _runs(sources):
        best = _on_task(store, run, task)
        if best is None:
            continue
        on, entries = best
        tasks.setdefault(on)
        for entry in entries:
            optimizers.add(entry.key)
            progress(len(optimizers))
            try:
                form = schedule_form(entry.rule)
            except NosSymError:
                unreadable.add(entry.key)
                continue
            if form is None:
                without.add(entry.key)
                continue
            here = found.setdefault(form_key(form), _Class(form, entry.fitness, entry, str(store.path)))
            here.carriers.add(entry.key)
            if entry.fitness > here.fitness:
                here.form, here.fitness, here.entry, here.store = form, entry.fitness, entry, str(store.path)
    if task is not None and not tasks:
        raise HallOfFameError(f"task '{task}' is in none of the runs; 'nos-sym top' shows those of a store")
    rows = _named(sorted(found.items(), key=lambda item: (-item[1].fitness, item[0])))
    return FoundSchedules(
        tuple(rows), len(optimizers), len(without - unreadable), len(unreadable), tuple(tasks)
    )


def _runs(sources: Iterable[tuple[Store, int | None]]) -> Iterable[tuple[Store, int]]:
    """Yield every run once, in the order in which they are given."""
    seen: set[tuple[str, int]] = set()
    for store, number in sources:
        if number is not None:
            numbers = [store.run(number).id]
        else:
            numbers = [run.id for run in store.runs() if run.is_search]
            if not numbers:
                raise HallOfFameError(
                    f"'{store.path}' has no search or imported log; 'nos-sym evolve' makes one"
                )
        for each in numbers:
            place = (str(store.path.resolve()), each)
            if place not in seen:
                seen.add(place)
                yield store, each


def _on_task(store: Store, run: int, task: str | None) -> tuple[str, Sequence[Entry]] | None:
    """Return task and optimizers of a run; ``None`` where nothing has a fitness, or it lacks the task."""
    if task is not None:
        names = {e.task for e in store.scores(run) if e.fitness is not None}
        if task not in names and not any(task in name for name in names):
            return None
    best = hall_of_fame(store, run=run, task=task)
    return (best.task, best.entries) if best.task else None


def _named(classes: Iterable[tuple[str, _Class]]) -> Iterable[FoundSchedule]:
    letters = count()
    for key, each in classes:
        known = _table_10().get(key)
        schedule = schedule_of_form(each.form).named(_letters(next(letters))) if known is None else known
        e = each.entry.evaluation
        yield FoundSchedule(
            schedule, key, known is not None, each.fitness, len(each.carriers), e.text, e.task,
            each.store, e.run, e.slot,
        )  # fmt: skip


def _letters(number: int) -> str:
    """Return the name of a schedule without one: ``LRa`` to ``LRz``, then ``LRaa`` and so on."""
    name = ""
    while number >= 0:
        name = chr(ord("a") + number % 26) + name
        number = number // 26 - 1
    return f"LR{name}"


@cache
def _table_10() -> dict[str, Schedule]:
    """Return the learning-rate schedules of the paper by their keys."""
    found: dict[str, Schedule] = {}
    for name in catalog.names():
        entry = catalog.entry(name) if catalog.group_of(name) == "schedules" else None
        if isinstance(entry, Schedule):
            key = schedule_key(entry)
            if key is not None:
                found.setdefault(key, entry)
    return found
