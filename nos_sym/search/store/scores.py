"""Evaluations without their equations: what halls of fame and reports of a whole store are made of.

Rule, genome and result of an evaluation are JSON, and to read them takes a hundred times as long as the
columns beside them. Where all evaluations of a store are looked at, these columns are what is read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from nos_sym.search.store.checking import expect_kinds


class Score(NamedTuple):
    """The columns of an evaluation that are neither rule, genome nor result.

    Attributes:
        id, run: number of the evaluation and of its run.
        slot: unique within the run.
        stage: first word of the slot.
        particle, time_step, child: the slot in numbers, where it has them.
        task: task and budget.
        text: the rule in the project's language.
        key: exact key; ``None`` if the text cannot be read.
        outcome: ``evaluated``, ``diverged`` or ``rejected``.
        fitness: fitness; ``None`` if the training has none.
        seconds: duration of the training.
    """

    id: int
    run: int
    slot: str
    stage: str
    particle: int | None
    time_step: int | None
    child: int | None
    task: str
    text: str
    key: str | None
    outcome: str
    fitness: float | None
    seconds: float


SCORE_COLUMNS = (
    "id, run, place, stage, particle, time_step, child, task, text, key, outcome, fitness, seconds"
)
"""Columns of the table ``evaluations`` in the order of :class:`Score`."""

_NUMBER = int | None
_KINDS = (
    *(int, int, str, str, _NUMBER, _NUMBER, _NUMBER, str, str),
    *(str | None, str, float | int | None, float | int | None),
)

_STAGE, _TASK, _SECONDS = (Score._fields.index(name) for name in ("stage", "task", "seconds"))


def scores_of_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[Score]:
    """Yield the scores of rows with :data:`SCORE_COLUMNS`.

    Raises:
        StoreError: a value is of another kind than its column.
    """
    seen: set[tuple[type, ...]] = set()
    for row in rows:
        kinds = tuple(map(type, row))
        if kinds not in seen:
            expect_kinds(row, SCORE_COLUMNS, _KINDS, f"evaluation {row[0]} of the store")
            seen.add(kinds)
        # A hundred thousand evaluations have a few tasks and stages.
        values = list(row)
        values[_STAGE], values[_TASK] = sys.intern(row[_STAGE]), sys.intern(row[_TASK])
        values[_SECONDS] = row[_SECONDS] or 0.0
        yield Score._make(values)
