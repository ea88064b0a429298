"""The rows of a store as frozen data: runs and evaluations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nos_sym.errors import escaped
from nos_sym.search.results import (
    Evaluated,
    ResultError,
    Trained,
    outcome_of,
    result_from_json,
    result_to_json,
)
from nos_sym.search.scores import score_text
from nos_sym.search.slots import Slot
from nos_sym.search.store.checking import expect_kinds, read_object
from nos_sym.search.store.connection import StoreError

if TYPE_CHECKING:
    from nos_sym.language.rule import Rule


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """One run of a store.

    Attributes:
        id: number of the run.
        kind: ``search``, ``import`` of a log, or of what trains after it: ``elimination``, ``pool``,
            ``final``, ``confirmation``, ``references``, ``evaluation``, ``tuning``.
        name: the algorithm, or what was imported.
        seed: seed of the random choices, or ``None``.
        settings: settings as JSON.
        versions: versions of nos-sym, Python and libraries when the run began.
        started: when the run began, ISO 8601 in UTC.
        finished: when it finished; ``None`` before.
        horizon: evaluations of other runs up to this number are known to it.
        report: as JSON data; ``None`` before the run finished, but for a pool, which keeps who was picked.
    """

    id: int
    kind: str
    name: str
    seed: int | None
    settings: str
    versions: Mapping[str, str]
    started: str
    finished: str | None
    horizon: int
    report: Mapping[str, Any] | None

    @property
    def is_search(self) -> bool:
        """Whether it is a search, or a log of one."""
        return self.kind in ("search", "import")

    def __str__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        ended = "unfinished" if self.finished is None else f"finished {self.finished}"
        return escaped(f"run {self.id}: {self.kind}, {self.name}{seed}, started {self.started}, {ended}")

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation:
    """One training of one optimizer; the columns of the table ``evaluations``.

    Attributes:
        slot: unique within the run; for a search the text of a :class:`~nos_sym.search.slots.Slot`.
        stage: first word of the slot.
        task: name of task and budget; fitness values are compared only within one.
        text: the rule in the project's language.
        result: what the training gave.
        rule: the rule as JSON data; ``None`` if its text cannot be read.
        genome: the genome as JSON data; ``None`` for a rule that came from no genome.
        key: exact key of the rule; ``None`` if its text cannot be read.
        seed: seed of the training.
        particle, time_step, child: the slot in numbers, where it has them.
        id, run, created: given by the store.
    """

    slot: str
    stage: str
    task: str
    text: str
    result: Trained
    rule: Mapping[str, Any] | None = None
    genome: Mapping[str, Any] | None = None
    key: str | None = None
    seed: int | None = None
    particle: int | None = None
    time_step: int | None = None
    child: int | None = None
    id: int = 0
    run: int = 0
    created: str = ""

    def __str__(self) -> str:
        fitness = outcome_of(self.result) if self.fitness is None else score_text(self.fitness)
        return escaped(f"evaluation {self.id} of run {self.run}: {fitness}  {self.text}")

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def fitness(self) -> float | None:
        """Fitness; ``None`` if the training has none."""
        return self.result.fitness if isinstance(self.result, Evaluated) else None

    def read_rule(self) -> Rule:
        """Return the rule.

        Raises:
            NosSymError: it cannot be read.
        """
        # The language takes longer to import than a store to read.
        from nos_sym.language.json_form import rule_from_json
        from nos_sym.language.rule import Rule

        rule = rule_from_json(self.rule)
        if not isinstance(rule, Rule):
            raise StoreError(f"evaluation {self.id} holds a schedule; expected an optimizer")
        return rule


EVALUATION_COLUMNS = (
    "id, run, place, stage, particle, time_step, child, task, seed, text, rule, genome, key, result, created"
)
"""Columns of the table ``evaluations`` in the order of :func:`evaluation_of_row`; the slot is ``place``."""

NEW_COLUMNS = (
    "run, place, stage, particle, time_step, child, task, seed, text, rule, genome, key, outcome, fitness, "
    "learning_rate, seconds, result, created"
)
"""Columns of a new evaluation in the order of :func:`row_of_evaluation`; the store numbers it."""

RUN_COLUMNS = "id, kind, name, seed, settings, versions, started, finished, horizon, report"
"""Columns of the table ``runs`` in the order of :func:`run_of_row`."""


_TEXT, _NUMBER, _REAL = str | None, int | None, float | int | None
_RUN_KINDS = (int, str, str, _NUMBER, str, str, str, _TEXT, int, _TEXT)
_EVALUATION_KINDS = (
    *(int, int, str, str, _NUMBER, _NUMBER, _NUMBER, str, _NUMBER, str),
    *(_TEXT, _TEXT, _TEXT, str, str),
)
DUPLICATE_COLUMNS = "place, draw, kind, text, key, evaluation"
"""Columns of the table ``duplicates`` without the run."""
DUPLICATE_KINDS = (str, int, str, str, str, _NUMBER)
"""Kinds of slot, draw, kind, text, key and evaluation of a duplicate."""
MOVE_COLUMNS = "particle, time_step, text, key, fitness, evaluation"
"""Columns of the table ``moves`` without the run."""
MOVE_KINDS = (int, int, str, str, _REAL, _NUMBER)
"""Kinds of particle, time-step, text, key, fitness and evaluation of a move."""


def run_of_row(row: tuple[Any, ...]) -> Run:
    """Return a run from its columns.

    Raises:
        StoreError: the JSON in it is malformed.
    """
    where = f"run {row[0]} of the store"
    expect_kinds(row, RUN_COLUMNS, _RUN_KINDS, where)
    number, kind, name, seed, settings, written_by, started, finished, horizon, report = row
    read_object(settings, "settings", where)
    told = None if report is None else read_object(report, "report", where)
    read = read_object(written_by, "versions", where)
    return Run(number, kind, name, seed, settings, read, started, finished, horizon, told)


def evaluation_of_row(row: tuple[Any, ...]) -> Evaluation:
    """Return an evaluation from its columns.

    Raises:
        StoreError: the JSON in it is malformed.
    """
    where = f"evaluation {row[0]} of the store"
    expect_kinds(row, EVALUATION_COLUMNS, _EVALUATION_KINDS, where)
    number, run, slot, stage, particle, time_step, child, task, seed, text, rule, genome, key, result, at = (
        row
    )
    trained = trained_of(result, where)
    return Evaluation(
        slot=slot,
        stage=stage,
        task=task,
        text=text,
        result=trained,
        rule=None if rule is None else read_object(rule, "rule", where),
        genome=None if genome is None else read_object(genome, "genome", where),
        key=key,
        seed=seed,
        particle=particle,
        time_step=time_step,
        child=child,
        id=number,
        run=run,
        created=at,
    )


def trained_of(text: str, where: str) -> Trained:
    """Return the result of a training from its JSON.

    Raises:
        StoreError: it is malformed.
    """
    try:
        trained = result_from_json(read_object(text, "result", where))
    except ResultError as error:
        raise StoreError(f"{where} is malformed: {error}") from None
    if not isinstance(trained, Trained):
        raise StoreError(f"{where} is a duplicate; expected what was trained")
    return trained


def row_of_evaluation(
    run: int, e: Evaluation, created: str, to_text: Callable[[Any], str] = json.dumps
) -> tuple[Any, ...]:
    """Return the columns of a new evaluation of a run; ``to_text`` writes JSON of rules."""
    result = e.result
    data = result_to_json(result)
    return (
        *(run, e.slot, e.stage, e.particle, e.time_step, e.child, e.task, e.seed, e.text),
        None if e.rule is None else to_text(e.rule),
        None if e.genome is None else json.dumps(e.genome),
        *(e.key, data["outcome"], e.fitness),
        result.learning_rate if isinstance(result, Evaluated) else None,
        *(result.seconds, json.dumps(data), created),
    )


def places_of(row: tuple[Any, ...]) -> str:
    """Return the places of values in a statement, as in ``?, ?``."""
    return ", ".join("?" * len(row))


def evaluation_at(slot: Slot, **values: Any) -> Evaluation:
    """Return an evaluation of a search with the columns of its slot filled in."""
    return Evaluation(
        slot=str(slot),
        stage=slot.stage.value,
        particle=slot.particle,
        time_step=slot.time_step,
        child=slot.child,
        **values,
    )
