"""Importing a log of the authors' search: its evaluations become a run of a store, all or none."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import NosSymError
from nos_sym.language.authors import log as authors_log
from nos_sym.language.authors.log import AuthorsLog, Choice, EvaluationKind, read_authors_log
from nos_sym.language.rule import Rule
from nos_sym.search.collector import collector_paused
from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained
from nos_sym.search.store.store import Evaluation, Store, StoreError

INITIAL_TASK = "authors' initial population"
SEARCH_TASK = "authors' search"
"""Particles, and the children after them, are trained on a larger network than the initial population."""

_KIND = "import"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An evaluation whose rule cannot be read.

    Attributes:
        line: line of the log, counted from 1.
        text: the rule as it stands in the log.
        error: why it cannot be read.
    """

    line: int
    text: str
    error: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        run: number of the run in the store.
        evaluations: number of evaluations that were stored.
        failed: number of them without a fitness.
        optimizers: number of different optimizers, by exact key.
        hours: duration of all evaluations.
        unreadable: evaluations whose rule cannot be read, which are stored without rule and key.
        skipped: lines about a rule that are cut off or of another layout, which are not stored.
    """

    run: int
    evaluations: int
    failed: int
    optimizers: int
    hours: float
    unreadable: tuple[Unreadable, ...]
    skipped: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadLog:
    """A log that was read and is ready for a store.

    Attributes:
        path: path of the file.
        digest: SHA-256 of the file.
        log: the records in the file.
        evaluations: the evaluations, in the form in which a store keeps them.
    """

    path: Path
    digest: str
    log: AuthorsLog
    evaluations: tuple[Evaluation, ...]


def read_log(path: Path, progress: Callable[[int], None] = lambda done: None) -> ReadLog:
    """Read a log of the authors' search and compute the key of every optimizer.

    Args:
        path: path of the file.
        progress: called with the number of evaluations that are done.

    Raises:
        NosSymError: the file cannot be read or holds no evaluation.
    """
    with collector_paused():
        log = read_authors_log(path)
        return ReadLog(path, _digest(path), log, tuple(_convert(log.evaluations, progress)))


def import_log(read: ReadLog, store: Store) -> Imported:
    """Add the evaluations of a log to a store as a run, all or none.

    Raises:
        StoreError: the store has the log already, or cannot be written; nothing is added.
    """
    same = [r for r in store.runs() if r.kind == _KIND and _digest_of(r.settings) == read.digest]
    for run in same:
        if run.finished is not None:
            raise StoreError(
                f"'{read.path}' is in '{store.path}' already, as run {run.id}; nothing was imported"
            )
    settings = json.dumps({"file": read.path.name, "sha256": read.digest}, sort_keys=True)
    # An import that was killed left a run with nothing in it.
    run = same[0] if same else store.begin_run(_KIND, read.path.name, settings)
    with collector_paused(), store.transaction():
        numbers = store.add_all(run.id, read.evaluations)
        store.add_moves(run.id, _moves(read.log, zip(numbers, read.evaluations, strict=True)))
        imported = _summary(run.id, read.log, read.evaluations)
        report = {"unreadable": len(imported.unreadable), "skipped": len(imported.skipped)}
        store.finish_run(run.id, report)
    return imported


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise NosSymError(f"cannot read '{path}': {error.strerror or error}") from None


def _digest_of(settings: str) -> Any:
    return json.loads(settings).get("sha256")


def _convert(
    records: Iterable[authors_log.Evaluation], progress: Callable[[int], None]
) -> Iterable[Evaluation]:
    # A log has the same rule again and again, mostly in the same text; what is made of one is made once.
    known: dict[Rule, tuple[str, Mapping[str, Any], str]] = {}
    of_text: dict[str, tuple[str, Mapping[str, Any] | None, str | None]] = {}
    children: Counter[tuple[int | None, int | None]] = Counter()
    for done, record in enumerate(records, 1):
        found = of_text.get(record.text)
        if found is None:
            rule = record.rule
            found = (record.text, None, None) if rule is None else _once(rule, known)
            of_text[record.text] = found
        text, data, key = found
        within = (_from_zero(record.particle), _from_zero(record.time_step))
        child = None
        if record.kind is EvaluationKind.CHILD:
            child = children[within]
            children[within] += 1
        yield Evaluation(
            slot=f"line {record.line:06}",
            stage=record.kind.value,
            task=INITIAL_TASK if record.kind is EvaluationKind.INITIAL else SEARCH_TASK,
            text=text,
            result=_result(record),
            rule=data,
            key=key,
            particle=within[0],
            time_step=within[1],
            child=child,
        )
        progress(done)


def _once(
    rule: Rule, known: dict[Rule, tuple[str, Mapping[str, Any], str]]
) -> tuple[str, Mapping[str, Any], str]:
    """Return text, JSON and key of a rule."""
    found = known.get(rule)
    if found is None:
        found = known[rule] = (str(rule), rule.to_json(), key_of(rule))
    return found


def _from_zero(number: int | None) -> int | None:
    return None if number is None else number - 1


def _result(record: authors_log.Evaluation) -> Trained:
    seconds = record.seconds if record.seconds is not None and math.isfinite(record.seconds) else 0.0
    details = {"line": record.line, "text": record.text}
    if record.accuracy is None:
        return Rejected("early stopping ended the training (FAILED)", seconds, details)
    if not math.isfinite(record.accuracy):
        return Diverged(f"the validation accuracy is {record.accuracy}", None, seconds, details)
    return Evaluated(record.accuracy, None, seconds, details)


def _moves(
    log: AuthorsLog, evaluations: Iterable[tuple[int, Evaluation]]
) -> Iterable[tuple[int, int, str, str, float | None, int]]:
    """Yield particle, time-step, text, key, fitness and evaluation of where each particle was."""
    found: dict[tuple[int | None, int | None, str], tuple[int, Evaluation]] = {}
    written: dict[Rule, str] = {}
    for number, e in evaluations:
        if e.stage == EvaluationKind.PARTICLE.value and e.particle is not None and e.key is not None:
            yield e.particle, 0, e.text, e.key, e.fitness, number
        if e.fitness is not None:
            found[e.particle, e.time_step, e.text] = number, e
    for choice in log.choices:
        number, child = _chosen(choice, found, written)
        if child is not None and child.particle is not None and choice.time_step is not None:
            yield child.particle, choice.time_step, child.text, str(child.key), child.fitness, number


def _chosen(
    choice: Choice,
    found: dict[tuple[int | None, int | None, str], tuple[int, Evaluation]],
    written: dict[Rule, str],
) -> tuple[int, Evaluation | None]:
    if choice.rule is None:
        return 0, None
    text = written.get(choice.rule)
    if text is None:
        text = written[choice.rule] = str(choice.rule)
    within = _from_zero(choice.particle), _from_zero(choice.time_step)
    return found.get((*within, text), (0, None))


def _summary(run: int, log: AuthorsLog, evaluations: Sequence[Evaluation]) -> Imported:
    unreadable = tuple(
        Unreadable(e.line, e.text, str(e.error)) for e in log.evaluations if e.error is not None
    )
    return Imported(
        run,
        len(evaluations),
        sum(e.fitness is None for e in evaluations),
        len({e.key for e in evaluations if e.key is not None}),
        sum(e.result.seconds for e in evaluations) / 3600,
        unreadable,
        log.skipped,
    )
