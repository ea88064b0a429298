"""The runs of a store on the page: how they ended, what they saved, their settings and versions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nos_sym.report.page.record import SavedGroup, ShownAnswer, ShownRun
from nos_sym.search.failures import Ending, ending_of
from nos_sym.search.reports.answers import Answer, answers_of
from nos_sym.search.reports.report import Report, make_report
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.settings import Dedup
from nos_sym.search.store.store import Evaluation, Run, Store
from nos_sym.search.tuning.settings import KIND as TUNING

SEARCH = "search"


def shown_run(store: Store, run: Run, evaluations: Sequence[Evaluation]) -> ShownRun:
    """Return a run with what deduplication saved so far.

    Args:
        store: the store.
        run: a run of it.
        evaluations: its evaluations.
    """
    settings = json.loads(run.settings)
    counts = Counter(ending_of(e.result) for e in evaluations)
    report = None
    if run.kind in (SEARCH, TUNING) and store.duplicates(run.id):
        report = make_report(store, run.id, _dedup(settings, run.kind), 0, 0)
    return ShownRun(
        number=run.id,
        kind=run.kind,
        name=run.name,
        seed=run.seed,
        started=run.started,
        finished=run.finished,
        endings=tuple((e.value, counts[e]) for e in Ending if counts[e]),
        seconds=sum(e.result.seconds for e in evaluations),
        dedup="" if report is None else report.dedup,
        saved=() if report is None else _saved(report),
        groups=() if report is None else _groups(report),
        answers=tuple(map(_answer, answers_of(store, run))),
        settings=tuple(_flat(settings)),
        versions=tuple((str(name), str(version)) for name, version in run.versions.items()),
    )


def _dedup(settings: Any, kind: str) -> Dedup:
    """Return the level of a run's settings, the exact one where they do not say it.

    A tuning counts as known at least what is proved to be the same.
    """
    said = settings.get("dedup")
    found = next((dedup for dedup in Dedup if dedup.value == said), Dedup.EXACT)
    proved = found.level is not None and found.level.is_proof
    return found if kind == SEARCH or proved else Dedup.EXACT


def _saved(report: Report) -> tuple[tuple[str, int, float], ...]:
    parts = (
        ("within particles, drawn again", report.redrawn),
        ("answered from this run", report.answered),
        ("answered from earlier runs", report.answered_earlier),
        ("of these with the same text", report.same_text),
    )
    return tuple((name, saved.count, saved.seconds) for name, saved in parts)


def _groups(report: Report) -> tuple[SavedGroup, ...]:
    return tuple(
        SavedGroup(
            shown_text(c.text),
            # Without identities, other words may be the same.
            tuple(t for t in dict.fromkeys(map(shown_text, c.texts)) if t != shown_text(c.text)),
            c.redrawn,
            c.answered,
            c.seconds,
        )
        for c in report.classes
    )


def _answer(answer: Answer) -> ShownAnswer:
    of = "where its particle started" if answer.of_slot is None else f"run {answer.of_run}, {answer.of_slot}"
    text, original, reason = shown_text(answer.text), shown_text(answer.original), answer.reason
    level = f"{reason.level}, almost everywhere" if reason.almost else reason.level
    return ShownAnswer(answer.slot, answer.kind, level, text, original, of, str(reason))


def _flat(table: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings below a table with dotted names."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value if isinstance(value, str) else json.dumps(value)
