"""The data of a page: what the JavaScript in it shows, as records that become JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from nos_sym.errors import escaped
from nos_sym.report.mathml.tree import Packed


@dataclass(frozen=True, slots=True)
class Row:
    """An optimizer in the table; a list in JSON, in the order of the fields, because there are thousands.

    Attributes:
        rank: place in the hall of fame, from 1; ``None`` without a fitness that counts.
        fitness: best fitness, or ``None``.
        mean: mean fitness of its evaluations, or ``None``.
        count: number of its evaluations on the task.
        size: complexity, as in :func:`~nos_sym.search.reports.complexity.size_of_rule`; ``None`` where the
            rule cannot be read.
        momentum: momentum type; empty where the rule cannot be read.
        schedule: number of its schedule among those of the page, ``None`` where none leaves it.
        formula: the update; ``None`` where it has no formula, whose text is shown instead.
        text: the rule.
        key: exact key; empty where the rule cannot be read.
        catalog: its name in the catalog, or nothing.
        run, slot: which evaluation it is, in the words of the store.
        place: the same for people, as in ``particle 3, step 2``.
        particle: particle of the run, from 0, or ``None``.
        time_step: move of the particle that it was a candidate for, from 1; 0 where the particle starts.
        seconds: duration of that evaluation.
        learning_rate: rate that the early stop chose, or ``None``.
        status: how the evaluation ended, as :class:`~nos_sym.search.failures.Ending` has it.
        reason: number of the reason for no fitness among those of the page, or ``None``.
        change: what the mutation replaced, as pairs of old and new.
        confirmed: values of the columns of confirmations, as the page names them.
    """

    rank: int | None
    fitness: float | None
    mean: float | None
    count: int
    size: int | None
    momentum: str
    schedule: int | None
    formula: Packed | None
    text: str
    key: str
    catalog: str
    run: int
    slot: str
    place: str
    particle: int | None
    time_step: int | None
    seconds: float
    learning_rate: float | None
    status: str
    reason: int | None
    change: tuple[tuple[str, str], ...]
    confirmed: tuple[float | str | None, ...]


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule that leaves rules.

    Attributes:
        text: its text.
        formula: the same as a formula, or ``None``.
        points: the schedule times the base schedule over the training, largest absolute value 1; empty where
            that is 0 or not finite. A gap is ``None``.
    """

    text: str
    formula: Packed | None
    points: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Where a particle is after a time-step.

    Attributes:
        time_step: 0 is where it starts.
        text: the rule.
        formula: its update, or ``None``.
        fitness: its fitness, or ``None``.
        key: exact key, by which the table finds it.
        change: what is new in it, as pairs of old and new.
    """

    time_step: int
    text: str
    formula: Packed | None
    fitness: float | None
    key: str
    change: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """The data sheet and the source file of one of the best.

    Attributes:
        lines: title, sentences, basis, and what shows it, of each line.
        display: the whole equation as a formula, or ``None``.
        latex: the same in LaTeX.
        source: numbers of the lines of its PyTorch file among those of the page.
    """

    lines: tuple[tuple[str, tuple[str, ...], str, str], ...]
    display: Packed | None
    latex: str
    source: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """An optimizer that was met more than once, and what training it every time would have added."""

    text: str
    others: tuple[str, ...]
    redrawn: int
    answered: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An evaluation that was answered and not trained.

    Attributes:
        slot: the slot that was answered.
        kind: ``answered`` or ``redrawn``.
        level: the level at which both are the same; see :mod:`nos_sym.search.reports.answers`.
        text: the rule.
        original: what answered it; empty where that is unknown.
        of: run and slot of that.
        reason: why both are the same.
    """

    slot: str
    kind: str
    level: str
    text: str
    original: str
    of: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run of the store.

    Attributes:
        number, kind, name, seed, started, finished: as in the store.
        endings: how its evaluations ended, and how many did.
        seconds: duration of its evaluations, added up.
        dedup: level of the deduplication; empty for what is no search.
        saved: of each way in which evaluations were saved, name, count and seconds.
        groups: optimizers that were met more than once, the most frequent first.
        answers: every evaluation that was saved, and why.
        settings: names and values.
        versions: names and versions.
    """

    number: int
    kind: str
    name: str
    seed: int | None
    started: str
    finished: str | None
    endings: tuple[tuple[str, int], ...]
    seconds: float
    dedup: str
    saved: tuple[tuple[str, int, float], ...]
    groups: tuple[SavedGroup, ...]
    answers: tuple[ShownAnswer, ...]
    settings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a page shows.

    Attributes:
        store: name of the file of the store.
        written: when the page was written, ISO 8601 in UTC.
        version: version of nos-sym that wrote it.
        task: task and budget of the table; empty where nothing has a fitness.
        others: other tasks with a fitness.
        run: run that alone is shown, or ``None``.
        evaluations: number of evaluations on the task.
        unreadable: number of those with a fitness and a rule that cannot be read.
        columns: names of the columns of confirmations; none where the store has none.
        rows: the table, best first, those without a fitness at the end.
        trainings: fitness and number of the row of each evaluation of the task, in the order of their ends;
            fitness is ``None`` where there is none.
        schedules: schedules of the rows.
        reasons: reasons for no fitness.
        moves: moves by run and particle, as in ``1/0``.
        sheets: data sheets by the number of the row.
        lines: lines of source files.
        runs: runs of the store.
        live: seconds after which the page is written anew while a search goes on; ``None`` where it is not.
    """

    store: str
    written: str
    version: str
    task: str
    others: tuple[str, ...]
    run: int | None
    evaluations: int
    unreadable: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    trainings: tuple[tuple[float | None, int], ...]
    schedules: tuple[ShownSchedule, ...]
    reasons: tuple[str, ...]
    moves: Mapping[str, tuple[Move, ...]]
    sheets: Mapping[str, ShownSheet]
    lines: tuple[str, ...]
    runs: tuple[ShownRun, ...]
    live: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the runs that are shown have ended."""
        return all(run.finished is not None for run in self.runs)

    def to_json(self) -> dict[str, Any]:
        """Return the page as JSON data, numbers that are not finite as null and texts escaped."""
        data: dict[str, Any] = _plain(self)
        return data | {"fields": [field.name for field in fields(Row)]}


def _plain(value: Any) -> Any:
    if isinstance(value, Row):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, str):
        # What is not printable, marks of direction too, is shown as what it is.
        return escaped(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value
