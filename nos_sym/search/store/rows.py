"""The rows of a store as frozen data: runs and evaluations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nos_sym.search.results import Evaluated, Trained, result_from_json
from nos_sym.search.slots import Slot
from nos_sym.search.store.connection import StoreError

if TYPE_CHECKING:
    from nos_sym.language.rule import Rule


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a store.

    Attributes:
        id: number of the run.
        kind: ``search``, ``import`` or ``elimination``.
        name: the algorithm, or what was imported.
        seed: seed of the random choices, or ``None``.
        settings: settings as JSON.
        versions: versions of nos-sym, Python and libraries when the run began.
        started: when the run began, ISO 8601 in UTC.
        finished: when it finished; ``None`` before.
        horizon: evaluations of other runs up to this number are known to it.
        report: the report as JSON data; ``None`` before the run finished.
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


@dataclass(frozen=True, slots=True)
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

DUPLICATE_COLUMNS = "place, draw, kind, text, key, evaluation"
"""Columns of the table ``duplicates`` without the run."""

MOVE_COLUMNS = "particle, time_step, text, key, fitness, evaluation"
"""Columns of the table ``moves`` without the run."""

RUN_COLUMNS = "id, kind, name, seed, settings, versions, started, finished, horizon, report"
"""Columns of the table ``runs`` in the order of :func:`run_of_row`."""


_INTEGERS = frozenset(
    ("id", "run", "seed", "particle", "time_step", "child", "horizon", "draw", "evaluation")
)
_OPTIONAL = frozenset(
    (
        *("seed", "particle", "time_step", "child", "rule", "genome", "key", "finished", "report"),
        *("fitness", "evaluation"),
    )
)


def typed(what: str, columns: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row, or raise :class:`StoreError` for a value that another program has put there."""
    for column, value in zip(columns.split(", "), row, strict=True):
        kind = int if column in _INTEGERS else float if column == "fitness" else str
        if not isinstance(value, kind) and not (value is None and column in _OPTIONAL):
            raise StoreError(
                f"{what} of the store is malformed: '{column}' is {type(value).__name__}, "
                f"expected {kind.__name__}"
            )
    return row


def _from_json(what: str, column: str, text: str) -> dict[str, Any]:
    """Return a JSON object, or raise :class:`StoreError`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise StoreError(f"{what} of the store is malformed: '{column}': {reason}") from None
    if not isinstance(data, dict):
        raise StoreError(f"{what} of the store is malformed: '{column}' is no JSON object")
    return data


def run_of_row(row: tuple[Any, ...]) -> Run:
    """Return a run from its columns.

    Raises:
        StoreError: the JSON in it is malformed.
    """
    what = f"run {row[0]}"
    checked = typed(what, RUN_COLUMNS, row)
    number, kind, name, seed, settings, written_by, started, finished, horizon, report = checked
    _from_json(what, "settings", settings)
    read = _from_json(what, "versions", written_by)
    told = None if report is None else _from_json(what, "report", report)
    return Run(number, kind, name, seed, settings, read, started, finished, horizon, told)


def evaluation_of_row(row: tuple[Any, ...]) -> Evaluation:
    """Return an evaluation from its columns.

    Raises:
        StoreError: the JSON in it is malformed.
    """
    what = f"evaluation {row[0]}"
    number, run, slot, stage, particle, time_step, child, task, seed, text, rule, genome, key, result, at = (
        typed(what, EVALUATION_COLUMNS, row)
    )
    trained = result_from_json(_from_json(what, "result", result))
    rule_data = None if rule is None else _from_json(what, "rule", rule)
    genome_data = None if genome is None else _from_json(what, "genome", genome)
    if not isinstance(trained, Trained):
        raise StoreError(f"evaluation {number} of the store is a duplicate; expected what was trained")
    return Evaluation(
        slot=slot,
        stage=stage,
        task=task,
        text=text,
        result=trained,
        rule=rule_data,
        genome=genome_data,
        key=key,
        seed=seed,
        particle=particle,
        time_step=time_step,
        child=child,
        id=number,
        run=run,
        created=at,
    )


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
