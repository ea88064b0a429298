"""The best optimizers of a search, trained again with fresh seeds, and references beside them.

The confirmation of a run is a run of its own, and so are the references of a task: a search that is resumed,
with more to confirm for example, and a later search on the same task find what is trained already.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.levels import Level
from nos_sym.search.evidence.claims import (
    Confirmed,
    Evidence,
    Kind,
    OnHidden,
    ReferenceRow,
    claims_of,
    too_few,
)
from nos_sym.search.evidence.references import REFERENCES, trials_of
from nos_sym.search.evidence.repeats import (
    OWN_ENDING,
    Asked,
    Repeated,
    chance_of,
    train_all,
)
from nos_sym.search.evidence.settings import References, has_test_part, with_split
from nos_sym.search.evidence.stored import CONFIRMATION
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.ranking import hidden_tasks
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.found import HallOfFameError, evaluations_of
from nos_sym.search.reports.hall_of_fame import Entry, hall_of_fame
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import TaskSettings, Trainer
from nos_sym.search.trainings import Trainings

REFERENCES_OF = "references"
"""Kind of the runs that have the references of a task."""

_Chosen: TypeAlias = tuple[int, int, Kind, int]
"""A reference that is trained: its number, the trial with its settings, their kind, and the trials in all."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A confirmation on one task: name and settings of its run, the task, and what it is called."""

    name: str
    told: dict[str, Any]
    task: Any
    stage: str = "confirmation"


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the trainings of a confirmation and of references have in common."""

    settings: SearchSettings
    store: Store
    trainer: Trainer[Any]
    executor: Executor
    listener: Listener

    @property
    def task(self) -> Any:
        """Settings of the new trainings."""
        return with_split(self.settings.training, "test")

    def name_of(self, task: TaskSettings, run: Run) -> str:
        """Return the name in the store of the task of new trainings."""
        with self.trainings(run, _ending(task)) as named:
            return named.task_name(task)

    @contextlib.contextmanager
    def trainings(self, run: Run, ending: str, repeats: int = 1) -> Iterator[Trainings]:
        """Open the trainings of a run."""
        size = self.settings.candidates_per_program
        made = Trainings(
            self.store, run.id, 0, repeats, self.trainer, self.executor, size, task_ending=ending
        )
        try:
            yield made
        finally:
            made.close()

    def train(
        self, trainings: Trainings, name: str, asked: Sequence[Asked], task: TaskSettings
    ) -> dict[Slot, float | None]:
        """Train what is asked for as a part of the search that is shown."""
        self.listener.added(len(asked))
        self.listener.stage(name, len(asked))
        return train_all(trainings, asked, task, self.listener.result)


def _ending(task: TaskSettings) -> str:
    return "" if has_test_part(task) else OWN_ENDING


def gather(
    settings: SearchSettings,
    store: Store,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener,
) -> Evidence | None:
    """Confirm the best optimizers of a run as its settings say, and compare them with references.

    Returns:
        The evidence; ``None`` where the settings ask for none, or no optimizer has a fitness.

    Raises:
        NosSymError: something is missing; what is trained is kept.
    """
    count, repeats = settings.confirm or (0, 0)
    if not count:
        return None
    own = _Setting(settings, store, trainer, executor, listener)
    with own.trainings(run, "", settings.repeats) as searched:
        task = searched.task_name(settings.training)
    best = _best(own, run, task, count)
    if not best:
        return None
    told = {"source": run.id, "task": task}
    confirmed = _confirm(own, _Part(f"of run {run.id}", told, own.task), run.seed, best, repeats)
    chosen, references = _references(own, run, task, repeats)
    note = too_few(confirmed) if references else ""
    hidden = [_on_hidden(own, run, told, each, best, chosen, repeats) for each in hidden_tasks(own.task)]
    listener.ended()
    scored, claims = own.name_of(own.task, run), claims_of(confirmed, references)
    on_test = has_test_part(own.task)
    return Evidence(scored, on_test, tuple(confirmed), tuple(references), claims, note, tuple(hidden))


def _best(own: _Setting, source: Run, task: str, count: int) -> Sequence[Entry]:
    """Return the best optimizers of a run; none where nothing has a fitness on the task."""
    level = own.settings.dedup.level or Level.EXACT
    level = level if level.is_proof else Level.EXACT
    try:
        return hall_of_fame(own.store, run=source.id, task=task, limit=count, level=level).entries
    except HallOfFameError:
        return ()


def _confirm(
    own: _Setting, part: _Part, seed: int | None, best: Sequence[Entry], repeats: int
) -> list[Confirmed]:
    """Train the best of a run again; every optimizer has the same seeds."""
    chance = chance_of(part.task)
    with _run(own.store, CONFIRMATION, part.name, part.told | {"chance": chance}, seed) as run:
        asked = [
            Asked(Slot(Stage.CONFIRMATION, number, 0, repeat), entry.rule, entry.key)
            for number, entry in enumerate(best)
            for repeat in range(repeats)
        ]
        with own.trainings(run, _ending(part.task)) as trainings:
            found = own.train(trainings, part.stage, asked, part.task)
        confirmed = []
        for number, entry in enumerate(best):
            scores = tuple(found[Slot(Stage.CONFIRMATION, number, 0, repeat)] for repeat in range(repeats))
            trained = Repeated(entry.evaluation.text, scores, chance)
            confirmed.append(Confirmed(entry.rank, entry.evaluation.slot, entry.fitness, trained))
        own.store.finish_run(run.id, {"confirmed": [c.trained.to_json() for c in confirmed]})
    return confirmed


def _on_hidden(
    own: _Setting,
    source: Run,
    told: dict[str, Any],
    task: TaskSettings,
    best: Sequence[Entry],
    chosen: Sequence[_Chosen],
    repeats: int,
) -> OnHidden:
    """Train the same optimizers and references on a task that the search never trained on."""
    name = own.name_of(task, source)
    part = _Part(f"of run {source.id} on {name}", told | {"hidden": name}, task, "confirmation, hidden task")
    confirmed = _confirm(own, part, source.seed, best, repeats)
    rows: list[ReferenceRow] = []
    if chosen:
        table = {"trainer": own.settings.trainer, "training": record_to_table(task)}
        with _run(own.store, REFERENCES_OF, f"on hidden {name}", table, None) as run:
            rows = _train_references(own, run, task, chosen, repeats)
            own.store.finish_run(run.id, {"references": [row.trained.to_json() for row in rows]})
    claims = claims_of(confirmed, rows)
    return OnHidden(name, has_test_part(task), tuple(confirmed), tuple(rows), claims)


def _references(
    own: _Setting, source: Run, task: str, repeats: int
) -> tuple[list[_Chosen], list[ReferenceRow]]:
    """Return the references that settings ask for, trained or found in the store."""
    wanted = own.settings.references
    if wanted is References.NONE:
        return [], []
    told = {"trainer": own.settings.trainer, "training": record_to_table(own.settings.training)}
    with _run(own.store, REFERENCES_OF, f"on {task}", told, None) as run:
        chosen: list[_Chosen] = [(n, 0, "default", 0) for n in range(len(REFERENCES))]
        if wanted is References.TUNED:
            # What earlier runs of the store have trained for this one is part of what it had.
            budget = len(evaluations_of(own.store, source.id))
            winners = _tune(own, run, budget)
            chosen += [(n, winners[n], "tuned", trials_of(n, budget)) for n in range(len(REFERENCES))]
        rows = _train_references(own, run, own.task, chosen, repeats)
        own.store.finish_run(run.id, {"references": [row.trained.to_json() for row in rows]})
    return chosen, rows


def _tune(own: _Setting, run: Run, budget: int) -> list[int]:
    """Return the best trial of each reference, by the fitness that a search goes by; of equals the first."""
    asked = []
    for trial in range(trials_of(0, budget)):
        for number, reference in enumerate(REFERENCES):
            if trial < trials_of(number, budget):
                rule = reference.trial(number, trial)
                asked.append(Asked(Slot(Stage.TUNING, number, 0, trial), rule, key_of(rule)))
    with own.trainings(run, " tuning", own.settings.repeats) as trainings:
        found = own.train(trainings, "tuning of references", asked, own.settings.training)
    winners = []
    for number in range(len(REFERENCES)):
        fit = [(score, -s.child) for s, score in found.items() if s.particle == number and score is not None]
        winners.append(-max(fit)[1] if fit else 0)
    return winners


def _train_references(
    own: _Setting, run: Run, task: TaskSettings, chosen: Sequence[_Chosen], repeats: int
) -> list[ReferenceRow]:
    rules = {(n, trial): REFERENCES[n].trial(n, trial) for n, trial, _, _ in chosen}
    asked = [
        Asked(Slot(Stage.EVALUATION, n, trial, repeat), rule, key_of(rule))
        for (n, trial), rule in rules.items()
        for repeat in range(repeats)
    ]
    with own.trainings(run, _ending(task)) as trainings:
        found = own.train(trainings, "references", asked, task)
    rows = []
    for n, trial, kind, trials in chosen:
        scores = tuple(found[Slot(Stage.EVALUATION, n, trial, repeat)] for repeat in range(repeats))
        trained = Repeated(str(rules[n, trial]), scores, chance_of(task), REFERENCES[n].name)
        rows.append(ReferenceRow(kind, trials, trained))
    return rows


@contextlib.contextmanager
def _run(store: Store, kind: str, name: str, told: dict[str, Any], seed: int | None) -> Iterator[Run]:
    """Begin a run of a kind and name, or go on with it; one that ends in an error with nothing goes."""
    text = json.dumps(told, sort_keys=True)
    same = [run for run in store.runs() if (run.kind, run.name) == (kind, name)]
    if same:
        yield same[-1]
        return
    run = store.begin_run(kind, name, text, seed)
    with store.undone_if_empty(run.id):
        yield run
