"""Optimizers that are given, trained several times on a task and stored like any evaluation."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import described, quoted
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Result
from nos_sym.search.evidence.repeats import Asked, Repeated, Told, chance_of, train_all
from nos_sym.search.evidence.settings import PARTS, has_test_part, with_split
from nos_sym.search.evidence.texts import spread
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.failures import Ending, ending_of, most_frequent, reason_of
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.records import SettingsError, check_domains, record_to_table
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.results import Outcome
from nos_sym.search.resuming import going_on
from nos_sym.search.settings import LARGEST_SEED, Dedup, SearchSettings
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import check_name, load_trainer, name_of
from nos_sym.search.trainers import TaskSettings, Trainer
from nos_sym.search.trainings import Trainings

KIND = "evaluation"
"""Kind of the runs that train optimizers which were given."""

_MOST_RULES, _MOST_REPEATS = 100_000, 1000
_LONGEST = 300


@dataclass(frozen=True)
class EvaluationSettings:
    """Everything that decides what an evaluation of given optimizers comes to.

    Attributes:
        rules: the optimizers.
        training: task and budget.
        repeats: number of trainings of each, with different seeds.
        seed: from which those of the trainings are made, the same for all optimizers; with 0 they are those
            of confirmations and references, so that scores on the test part can be compared in pairs.
        trainer: name of a trainer, or ``module:Class``.
    """

    rules: tuple[Rule, ...]
    training: TaskSettings
    repeats: int = 1
    seed: int = 0
    trainer: str = "torch"

    def __post_init__(self) -> None:
        if not 1 <= len(self.rules) <= _MOST_RULES:
            raise SettingsError(f"there are {len(self.rules)} optimizers; expected 1 to {_MOST_RULES}")
        check_domains(self, {"repeats": (1, _MOST_REPEATS), "seed": (0, LARGEST_SEED)})

    def to_json(self) -> str:
        """Return the settings as one line of JSON with sorted keys.

        Names and versions of the packages that tasks come from stand with them, as in the settings of a
        search.
        """
        table: dict[str, Any] = {
            "rules": [str(rule.named("", "")) for rule in self.rules],
            "training": record_to_table(self.training),
            "repeats": self.repeats,
            "seed": self.seed,
            "trainer": self.trainer,
        }
        if packages := getattr(self.training, "packages", None):
            table["packages"] = packages
        return json.dumps(table, sort_keys=True)


def evaluation_of(
    rules: Sequence[Rule], search: SearchSettings, *, repeats: int, seed: int, split: str | None
) -> EvaluationSettings:
    """Return the settings of an evaluation of optimizers on the task of a search.

    Args:
        rules: the optimizers.
        search: the search.
        repeats, seed: as in :class:`EvaluationSettings`.
        split: the part of the data that scores them, ``validation`` or ``test``; ``None`` for that of the
            search.

    Raises:
        SettingsError: the task or its data has no such part, or a number is out of range.
    """
    for name, value in (("repeats", repeats), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise SettingsError(f"'{name}' is {described(value)}; expected a whole number")
    training = search.training
    if split is not None:
        if split not in PARTS:
            raise SettingsError(f"'split' is {described(split)}; expected {' or '.join(PARTS)}")
        if not has_test_part(training):
            raise SettingsError(
                f"the settings of the trainer '{search.trainer}' have no 'split'; leave it out"
            )
        training = with_split(training, split)
    return EvaluationSettings(tuple(rules), training, repeats, seed, search.trainer)


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Given optimizers, trained.

    Attributes:
        task: task and budget in the store.
        split: the part of the data that scores them: ``validation`` or ``test``; empty where the task of a
            trainer has no such parts.
        rows: the optimizers, in the order in which they were given.
        failures: how many trainings ended with an exception, and the most frequent one; empty for none. They
            count as chance like others without a fitness, and are nothing that an optimizer decided alone.
    """

    task: str
    split: str
    rows: tuple[Repeated, ...]
    failures: str = ""

    def __str__(self) -> str:
        """Return what the command ``nos-sym evaluate`` prints."""
        scored = f", scored on the {self.split} part" if self.split else ""
        rows = [(row.name, spread(row), shown_text(row.text)) for row in self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        # Without any name there is no column of names.
        names = [f"{name.ljust(widths[0])}  " if widths[0] else "" for name, _, _ in rows]
        lines = [
            f"{name}{told.ljust(widths[1])}  {text}"
            for name, (_, told, text) in zip(names, rows, strict=True)
        ]
        failed = ["", f"failed {self.failures}"] if self.failures else []
        return "\n".join([f"task   {self.task}{scored}", "", *lines, *failed])

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON data."""
        rows = [row.to_json() for row in self.rows]
        return {
            "task": self.task,
            "split": self.split or None,
            "optimizers": rows,
            "failures": self.failures or None,
        }


def evaluate(
    settings: EvaluationSettings,
    store: Store,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    told: Told = lambda result: None,
) -> tuple[Run, Evaluations]:
    """Train given optimizers as often as settings say, and store every training.

    A run that is interrupted goes on with what is missing and comes to the same; what is given twice is
    trained twice.

    Args:
        settings: optimizers, task and number of repeats.
        store: open for writing.
        executor: where they are trained.
        trainer: trains with an optimizer; by default the one that the settings name.
        resume: continue the store's evaluation of these settings, if it has one.
        told: called with the result of each training.

    Raises:
        NosSymError: the store has an interrupted evaluation of these settings and ``resume`` is not set, or
            something is missing; evaluations are kept.
    """
    trainer = trainer or load_trainer(settings.trainer)
    check_name(trainer)
    settings = dataclasses.replace(settings, trainer=name_of(trainer, settings.trainer))
    before = {run.id for run in store.runs()}
    run = _begin(settings, store, resume)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        found = _train(settings, store, run, trainer, executor, told)
    store.finish_run(run.id, found.to_json())
    return store.run(run.id), found


def _train(
    settings: EvaluationSettings,
    store: Store,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    told: Told,
) -> Evaluations:
    rules = [rule.at_defaults().named("", "") for rule in settings.rules]
    keys = [key_of(rule) for rule in rules]
    asked = [
        Asked(Slot(Stage.EVALUATION, number, 0, repeat), rule, key, settings.training)
        for number, (rule, key) in enumerate(zip(rules, keys, strict=True))
        for repeat in range(settings.repeats)
    ]
    trainings = Trainings(store, run.id, settings.seed, 1, trainer, executor)
    outcomes: list[Outcome] = []

    def seen(result: Result) -> None:
        outcomes.append(result.outcome)
        told(result)

    try:
        found = train_all(trainings, asked, seen)
        task = trainings.task_name(settings.training)
    finally:
        trainings.close()
    split = str(getattr(settings.training, "split", "")) if has_test_part(settings.training) else ""
    return Evaluations(task, split, tuple(_rows(settings, rules, found)), _failures(outcomes))


def _failures(outcomes: Sequence[Outcome]) -> str:
    """Return how many trainings failed and with what, or nothing."""
    failed = [outcome for outcome in outcomes if ending_of(outcome) is Ending.FAILED]
    # Sorted, so that it does not matter whose training ends first.
    frequent = most_frequent(sorted(failed, key=lambda outcome: reason_of(outcome) or ""))
    if frequent is None:
        return ""
    reason, count = frequent
    return f"{len(failed)} of {len(outcomes)} trainings, {count} with: {quoted(reason, _LONGEST)[1:-1]}"


def _rows(
    settings: EvaluationSettings, rules: Sequence[Rule], found: dict[Slot, float | None]
) -> list[Repeated]:
    prints = Fingerprints(Dedup.EXACT)
    names = catalog_index(prints)
    chance = chance_of(settings.training)
    rows = []
    for number, (given, rule) in enumerate(zip(settings.rules, rules, strict=True)):
        scores = tuple(found[Slot(Stage.EVALUATION, number, 0, n)] for n in range(settings.repeats))
        name = given.name or names.find(prints.of(rule)) or ""
        rows.append(Repeated(str(rule), scores, chance, name))
    return rows


def _begin(settings: EvaluationSettings, store: Store, resume: bool) -> Run:
    text, count = settings.to_json(), len(settings.rules)
    name = f"{count} optimizer{'' if count == 1 else 's'}"
    found = going_on(store, KIND, text, resume=resume)
    return found or store.begin_run(KIND, name, text, settings.seed)
