"""The references of a task, trained once and found in the store by later searches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from nos_sym.algebra.canonical import key_of
from nos_sym.search.evidence.claims import Kind, ReferenceRow
from nos_sym.search.evidence.references import REFERENCES, trials_of
from nos_sym.search.evidence.repeats import Asked, Repeated, chance_of
from nos_sym.search.evidence.settings import References
from nos_sym.search.evidence.trained import Trained, run_like, task_ending
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.found import evaluations_of
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.trainers import TaskSettings

REFERENCES_OF = "references"
"""Kind of the runs that have the references of a task."""

Referred: TypeAlias = tuple[int, int, Kind, int]
"""A reference that is trained: its number, the trial with its settings, their kind, and the trials in all."""


def references_of(
    own: Trained, source: Run, task: str, repeats: int
) -> tuple[list[Referred], list[ReferenceRow]]:
    """Return the references that settings ask for, trained or found in the store."""
    wanted = own.settings.references
    if wanted is References.NONE:
        return [], []
    told = {"trainer": own.settings.trainer, "training": record_to_table(own.settings.training)}
    with run_like(own.store, REFERENCES_OF, f"on {task}", told, None) as run:
        chosen: list[Referred] = [(n, 0, "default", 0) for n in range(len(REFERENCES))]
        if wanted is References.TUNED:
            # What earlier runs of the store have trained for this one is part of what it had.
            budget = len(evaluations_of(own.store, source.id))
            winners = _tune(own, run, budget)
            chosen += [(n, winners[n], "tuned", trials_of(n, budget)) for n in range(len(REFERENCES))]
        rows = train_references(own, run, own.task, chosen, repeats)
        own.store.finish_run(run.id, {"references": [row.trained.to_json() for row in rows]})
    return chosen, rows


def _tune(own: Trained, run: Run, budget: int) -> list[int]:
    """Return the best trial of each reference, by the fitness that a search goes by; of equals the first."""
    asked = []
    for trial in range(trials_of(0, budget)):
        for number, reference in enumerate(REFERENCES):
            if trial < trials_of(number, budget):
                rule = reference.trial(number, trial)
                slot = Slot(Stage.TUNING, number, 0, trial)
                asked.append(Asked(slot, rule, key_of(rule), own.settings.training))
    with own.trainings(run, " tuning", own.settings.repeats) as trainings:
        found = own.train(trainings, "tuning of references", asked)
    winners = []
    for number in range(len(REFERENCES)):
        fit = [(score, -s.child) for s, score in found.items() if s.particle == number and score is not None]
        winners.append(-max(fit)[1] if fit else 0)
    return winners


def train_references(
    own: Trained, run: Run, task: TaskSettings, chosen: Sequence[Referred], repeats: int
) -> list[ReferenceRow]:
    """Train references on a task, each with the seeds of the confirmed ones."""
    rules = {(n, trial): REFERENCES[n].trial(n, trial) for n, trial, _, _ in chosen}
    asked = [
        Asked(Slot(Stage.EVALUATION, n, trial, repeat), rule, key_of(rule), task)
        for (n, trial), rule in rules.items()
        for repeat in range(repeats)
    ]
    undecided: Counter[tuple[int, int]] = Counter()
    with own.trainings(run, task_ending(task)) as trainings:
        found = own.train(trainings, "references", asked, undecided)
    rows = []
    for n, trial, kind, trials in chosen:
        scores = tuple(found[Slot(Stage.EVALUATION, n, trial, repeat)] for repeat in range(repeats))
        text, name, failed = str(rules[n, trial]), REFERENCES[n].name, undecided[n, trial]
        trained = Repeated(text, scores, chance_of(task), name, failed)
        rows.append(ReferenceRow(kind, trials, trained))
    return rows
