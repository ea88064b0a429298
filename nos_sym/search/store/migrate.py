"""Migrating a store: keys are computed anew from the texts of the rules.

A later version may bring rules to another canonical form, and then gives the same rule another key. The store
keeps every rule as text, so that nothing else is needed to bring its keys up to date.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nos_sym.algebra.canonical import VERSION
from nos_sym.errors import NosSymError
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.parser import parse_rule
from nos_sym.language.rule import Rule
from nos_sym.search.fingerprints import Fingerprints, keys_at_levels
from nos_sym.search.settings import Dedup
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import Evaluation, Run
from nos_sym.search.store.store import Store


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A rule that this version cannot read; it keeps its text and has no key.

    Attributes:
        evaluation: number of the evaluation in the store.
        text: the rule as the store has it.
        error: why it cannot be read.
    """

    evaluation: int
    text: str
    error: str


@dataclass(slots=True)
class Migration:
    """What a migration did.

    Attributes:
        evaluations: number of evaluations in the store.
        evaluations_changed: how many of them have another key than before.
        duplicates: number of duplicates in the store.
        duplicates_changed: how many of them have another key than before.
        moves: number of moves of particles in the store.
        moves_changed: how many of them have another key than before.
        reports_changed: reports of runs with a key that is another than before.
        unreadable: evaluations whose rule cannot be read.
    """

    evaluations: int = 0
    evaluations_changed: int = 0
    duplicates: int = 0
    duplicates_changed: int = 0
    moves: int = 0
    moves_changed: int = 0
    reports_changed: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)


def keys_of_other_versions(store: Store) -> int:
    """Return how many evaluations have a key that :func:`migrate` would compute anew."""
    return store.count_keys_without(f"{VERSION}:")


def migrate(store: Store, progress: Callable[[int], None] = lambda done: None) -> Migration:
    """Compute all keys of a store anew, and replace those that changed, all or none.

    Args:
        store: open for writing.
        progress: called with the number of evaluations that are done.

    Raises:
        StoreError: the store cannot be read or written; nothing is changed.
    """
    migration = Migration()
    rules = _Rules()
    runs = {run.id: run for run in store.runs()}
    exact = Fingerprints(Dedup.EXACT)
    with store.transaction():
        store.remove_level_keys()
        for e in list(store.evaluations()):
            migration.evaluations += 1
            if e.run not in runs:
                raise StoreError(f"evaluation {e.id} is of run {e.run}, which the store does not have")
            rule, error = rules.of_evaluation(e, is_import=runs[e.run].kind == "import")
            if rule is None:
                migration.unreadable.append(Unreadable(e.id, e.text, error))
            key = None if rule is None else exact.of(rule).exact
            data = None if rule is None else rule.to_json()
            if key != e.key or data != e.rule:
                store.replace_rule(e.id, data, key)
            if rule is not None:
                store.add_level_keys(*keys_at_levels(rule))
            migration.evaluations_changed += key != e.key
            progress(migration.evaluations)
        for run in runs.values():
            _migrate_run(store, run, exact, rules, migration)
    return migration


def _migrate_run(store: Store, run: Run, exact: Fingerprints, rules: _Rules, migration: Migration) -> None:
    """Replace the keys of a run's duplicates, moves and report."""
    fingerprints = _fingerprints(run)
    for slot, draw, _, text, key, _ in store.duplicates(run.id):
        migration.duplicates += 1
        rule, _ = rules.of_text(text)
        new = key if rule is None else fingerprints.of(rule).key
        if new != key:
            store.replace_duplicate_key(run.id, slot, draw, new)
            migration.duplicates_changed += 1
    for particle, time_step, text, key, _, _ in store.moves(run.id):
        migration.moves += 1
        rule, _ = rules.of_text(text)
        new = key if rule is None else exact.of(rule).exact
        if new != key:
            store.replace_move_key(run.id, particle, time_step, new)
            migration.moves_changed += 1
    if run.report is not None:
        report = _with_new_keys(run.report, rules, fingerprints)
        if report != json.loads(json.dumps(run.report)):
            store.replace_report(run.id, report)
            migration.reports_changed += 1


class _Rules:
    """Rules by their texts, each read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, bool], tuple[Rule | None, str]] = {}

    def of_text(self, text: str, *, authors: bool = False) -> tuple[Rule | None, str]:
        """Return the rule of a text, or ``None`` and why it cannot be read."""
        if (text, authors) not in self._read:
            try:
                self._read[text, authors] = (parse_authors(text) if authors else parse_rule(text)), ""
            except NosSymError as error:
                self._read[text, authors] = None, str(error)
        return self._read[text, authors]

    def of_evaluation(self, evaluation: Evaluation, *, is_import: bool) -> tuple[Rule | None, str]:
        """Return the rule of an evaluation, or ``None`` and why it cannot be read."""
        # What an import could not read has the text of the log.
        in_log = evaluation.result.details.get("text")
        return self.of_text(evaluation.text, authors=is_import and evaluation.text == in_log)


def _fingerprints(run: Run) -> Fingerprints:
    """Return what counted as the same optimizer in a run: what its settings say, and exact keys elsewhere."""
    settings = json.loads(run.settings) if run.kind in ("search", "tuning") else {}
    name = settings.get("dedup")
    dedup = Dedup(name) if name in {d.value for d in Dedup} else Dedup.EXACT
    if run.kind == "tuning" and (dedup.level is None or not dedup.level.is_proof):
        dedup = Dedup.EXACT
    return Fingerprints(dedup, almost=settings.get("almost") is True)


def _with_new_keys(data: Any, rules: _Rules, fingerprints: Fingerprints) -> Any:
    """Return a report in which every record of a text and its key has the new key."""
    if isinstance(data, list | tuple):
        return [_with_new_keys(item, rules, fingerprints) for item in data]
    if not isinstance(data, dict):
        return data
    new = {name: _with_new_keys(value, rules, fingerprints) for name, value in data.items()}
    if isinstance(new.get("key"), str) and isinstance(new.get("text"), str):
        rule, _ = rules.of_text(new["text"])
        if rule is not None:
            new["key"] = fingerprints.of(rule).key
    elif isinstance(new.get("key"), str) and isinstance(new.get("rule"), str):
        # What was tuned has its exact key, whatever counted as the same.
        rule, _ = rules.of_text(new["rule"])
        if rule is not None:
            new["key"] = fingerprints.of(rule).exact
    return new
