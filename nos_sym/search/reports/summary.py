"""Summaries of the runs of a store, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from nos_sym.search.failures import Ending
from nos_sym.search.reports.endings import endings_of
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.store.store import Run, Store


@dataclass(slots=True)
class Summary:
    """One run in numbers.

    Attributes:
        run: the run.
        outcomes: number of evaluations by outcome.
        failed: number of evaluations that ended with an exception or another failure; early stops are none.
        reason: the most frequent reason for no fitness, of failures if there are any, and how many have it;
            ``None`` where all evaluations have a fitness.
        seconds: duration of all evaluations, added up.
        duplicates: number of evaluations that deduplication saved.
        task: task of its hall of fame; empty if nothing has a fitness.
        best: best fitness on that task.
        rule: the optimizer with that fitness.
    """

    run: Run
    outcomes: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    reason: tuple[str, int] | None = None
    seconds: float = 0.0
    duplicates: int = 0
    task: str = ""
    best: float | None = None
    rule: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the summary as JSON data, with the settings of the run."""
        import json

        run = self.run
        return {
            "run": run.id,
            "kind": run.kind,
            "name": run.name,
            "seed": run.seed,
            "started": run.started,
            "finished": run.finished,
            "evaluations": self.outcomes.total(),
            "outcomes": dict(sorted(self.outcomes.items())),
            "failed": self.failed,
            "reason": None if self.reason is None else {"text": self.reason[0], "count": self.reason[1]},
            "hours": self.seconds / 3600,
            "duplicates": self.duplicates,
            "task": self.task or None,
            "best": self.best,
            "rule": self.rule,
            "versions": dict(run.versions),
            "settings": json.loads(run.settings),
        }


def summarize(store: Store) -> list[Summary]:
    """Return a summary of each run of a store, in the order in which they began."""
    summaries = []
    for run in store.runs():
        summary = Summary(run, duplicates=store.count_duplicates(run.id))
        scores = list(store.scores(run.id))
        summary.outcomes.update(score.outcome for score in scores)
        endings, summary.reason = endings_of(store, scores)
        summary.failed = endings[Ending.FAILED]
        summary.seconds = sum(score.seconds for score in scores)
        best = hall_of_fame(store, run=run.id, limit=1)
        summary.task = best.task
        for entry in best.entries:
            summary.best, summary.rule = entry.fitness, entry.evaluation.text
        summaries.append(summary)
    return summaries
