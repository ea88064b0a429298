"""The best optimizers of a search, trained again with fresh seeds, and references beside them.

The confirmation of a run is a run of its own, and so are the references of a task: a search that is resumed,
with more to confirm for example, and a later search on the same task find what is trained already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.algebra.levels import Level
from nos_sym.language.rule import Rule
from nos_sym.search.evidence.claims import (
    Confirmed,
    Evidence,
    OnHidden,
    ReferenceRow,
    claims_of,
    too_few,
)
from nos_sym.search.evidence.reference_trainings import (
    REFERENCES_OF,
    Referred,
    references_of,
    train_references,
)
from nos_sym.search.evidence.repeats import Asked, Repeated, chance_of
from nos_sym.search.evidence.settings import has_test_part
from nos_sym.search.evidence.stored import CONFIRMATION
from nos_sym.search.evidence.trained import Trained, run_like, task_ending
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.ranking import hidden_tasks
from nos_sym.search.records import record_to_table
from nos_sym.search.reports.found import HallOfFameError
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import TaskSettings, Trainer


@dataclass(frozen=True, slots=True)
class _Part:
    """A confirmation on one task: name and settings of its run, the task, and what it is called."""

    name: str
    told: dict[str, Any]
    task: Any
    stage: str = "confirmation"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of the best optimizers of a run.

    Attributes:
        rank: in the run.
        slot: its slot there.
        first: its fitness there.
        rule: the optimizer.
        key: its exact key.
    """

    rank: int
    slot: str
    first: float
    rule: Rule
    key: str


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
    own = Trained(settings, store, trainer, executor, listener)
    with own.trainings(run, "", settings.repeats) as searched:
        task = searched.task_name(settings.training)
    best = _best(own, run, task, count)
    if not best:
        return None
    told = {"source": run.id, "task": task}
    confirmed = _confirm(own, _Part(f"of run {run.id}", told, own.task), run.seed, best, repeats)
    chosen, references = references_of(own, run, task, repeats)
    note = too_few(confirmed) if references else ""
    hidden = [_on_hidden(own, run, told, each, best, chosen, repeats) for each in hidden_tasks(own.task)]
    listener.ended()
    scored, claims = own.name_of(own.task, run), claims_of(confirmed, references)
    on_test = has_test_part(own.task)
    return Evidence(scored, on_test, tuple(confirmed), tuple(references), claims, note, tuple(hidden))


def _best(own: Trained, source: Run, task: str, count: int) -> list[Chosen]:
    """Return the best optimizers of a run; none where nothing has a fitness on the task."""
    level = own.settings.dedup.level or Level.EXACT
    level = level if level.is_proof else Level.EXACT
    try:
        best = hall_of_fame(own.store, run=source.id, task=task, limit=count, level=level).entries
    except HallOfFameError:
        return []
    return [Chosen(e.rank, e.evaluation.slot, e.fitness, e.rule, e.key) for e in best]


def confirm_chosen(
    settings: SearchSettings,
    store: Store,
    source: Run,
    trainer: Trainer[Any],
    executor: Executor,
    listener: Listener,
    chosen: Sequence[Chosen],
) -> list[Confirmed]:
    """Train optimizers of a run again as settings say, the same seeds for each, and store that as its
    confirmation.

    Args:
        settings: task and number of repeats.
        store: open for writing.
        source: the run.
        trainer: trains with an optimizer.
        executor: where it trains.
        listener: is called on progress.
        chosen: the optimizers.
    """
    own = Trained(settings, store, trainer, executor, listener)
    with own.trainings(source, "", settings.repeats) as searched:
        task = searched.task_name(settings.training)
    part = _Part(f"of run {source.id}", {"source": source.id, "task": task}, own.task)
    return _confirm(own, part, source.seed, chosen, settings.confirm[1])


def _confirm(
    own: Trained, part: _Part, seed: int | None, best: Sequence[Chosen], repeats: int
) -> list[Confirmed]:
    """Train the best of a run again; every optimizer has the same seeds."""
    chance = chance_of(part.task)
    with run_like(own.store, CONFIRMATION, part.name, part.told | {"chance": chance}, seed) as run:
        asked = [
            Asked(Slot(Stage.CONFIRMATION, number, 0, repeat), each.rule, each.key, part.task)
            for number, each in enumerate(best)
            for repeat in range(repeats)
        ]
        with own.trainings(run, task_ending(part.task)) as trainings:
            found = own.train(trainings, part.stage, asked)
        confirmed = []
        for number, each in enumerate(best):
            scores = tuple(found[Slot(Stage.CONFIRMATION, number, 0, repeat)] for repeat in range(repeats))
            trained = Repeated(str(each.rule.named("", "")), scores, chance)
            confirmed.append(Confirmed(each.rank, each.slot, each.first, trained))
        own.store.finish_run(run.id, {"confirmed": [c.trained.to_json() for c in confirmed]})
    return confirmed


def _on_hidden(
    own: Trained,
    source: Run,
    told: dict[str, Any],
    task: TaskSettings,
    best: Sequence[Chosen],
    chosen: Sequence[Referred],
    repeats: int,
) -> OnHidden:
    """Train the same optimizers and references on a task that the search never trained on."""
    name = own.name_of(task, source)
    part = _Part(f"of run {source.id} on {name}", told | {"hidden": name}, task, "confirmation, hidden task")
    confirmed = _confirm(own, part, source.seed, best, repeats)
    rows: list[ReferenceRow] = []
    if chosen:
        table = {"trainer": own.settings.trainer, "training": record_to_table(task)}
        with run_like(own.store, REFERENCES_OF, f"on hidden {name}", table, None) as run:
            rows = train_references(own, run, task, chosen, repeats)
            own.store.finish_run(run.id, {"references": [row.trained.to_json() for row in rows]})
    claims = claims_of(confirmed, rows)
    return OnHidden(name, has_test_part(task), tuple(confirmed), tuple(rows), claims)
