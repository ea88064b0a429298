"""The protocol of a transfer experiment: learning-rate test, refinement, and repeats at the final rate.

Every training is an evaluation in the store, whose task names data, model, budget, rate and part. One that
the store has from any experiment before, of an optimizer that is proved equal and with the same seed, is
not repeated: so an experiment goes on where it was interrupted, and another one trains only what is new in
it.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.language.block import Block
from nos_sym.language.rule import Momentum, Rule
from nos_sym.search.candidates import Candidate
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.fingerprints import Fingerprint
from nos_sym.search.results import fitness_of
from nos_sym.search.resuming import going_on
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings
from nos_sym.transfer.experiment import Experiment, Protocol
from nos_sym.transfer.settings import TransferTraining
from nos_sym.transfer.trainers import TransferTensorFlowTrainer, TransferTorchTrainer

KIND = "transfer"
"""Kind of the runs of transfer experiments."""

TEST_REPEAT = 1_000_000
"""Number of the repeat whose seed the learning-rate test has, so that it is none of the final trainings'."""

Progress = Callable[[str, int, int], None]
"""Called with the part of the protocol, its number of trainings that are done, and their total number."""


@dataclass(slots=True)
class Row:
    """What an experiment says of one optimizer.

    Attributes:
        name: what it is called.
        text: the rule.
        same_as: an optimizer before it that is proved equal, with which it shares its trainings.
        tested: score at each learning rate of the test, ``None`` where the training failed.
        refined: the same for the refinement.
        rate: the final rate; ``None`` where no training of the test had a score.
        scores: of the repeats at the final rate.
    """

    name: str
    text: str
    same_as: str | None = None
    tested: dict[float, float | None] = field(default_factory=dict)
    refined: dict[float, float | None] = field(default_factory=dict)
    rate: float | None = None
    scores: tuple[float | None, ...] = ()

    @property
    def mean(self) -> float | None:
        """Mean of the repeats; ``None`` where one of them failed or there is none."""
        found = [score for score in self.scores if score is not None]
        return statistics.fmean(found) if found and len(found) == len(self.scores) else None

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON data; learning rates are texts."""
        return {
            "name": self.name,
            "rule": self.text,
            "same_as": self.same_as,
            "tested": {repr(rate): score for rate, score in self.tested.items()},
            "refined": {repr(rate): score for rate, score in self.refined.items()},
            "learning_rate": self.rate,
            "scores": list(self.scores),
            "mean": self.mean,
        }


def run_experiment(
    experiment: Experiment,
    store: Store,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    progress: Progress = lambda part, done, total: None,
) -> tuple[Run, list[Row]]:
    """Train the optimizers of an experiment and return its run with a row each, in their order.

    Args:
        experiment: optimizers and protocol.
        store: open for writing.
        executor: where they are trained.
        trainer: trains once; by default the one of the backend.
        resume: continue the store's experiment of these settings, if it has one.
        progress: called as trainings end.

    Raises:
        NosSymError: the store has an interrupted experiment of these settings and ``resume`` is not set, or
            data is missing; evaluations are kept.
    """
    trainer = trainer or (
        TransferTorchTrainer() if experiment.backend == "torch" else TransferTensorFlowTrainer()
    )
    before = {run.id for run in store.runs()}
    text, name = experiment.to_json(), experiment.protocol.name
    run = going_on(store, KIND, text, resume=resume, name=name) or store.begin_run(
        KIND, name, text, experiment.protocol.seed
    )
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        playing = _Playing(experiment, store, run, trainer, executor, progress)
        try:
            rows = playing.play()
        finally:
            playing.trainings.close()
    store.finish_run(run.id, {"task": name, "rows": [row.to_json() for row in rows]})
    return store.run(run.id), rows


class _Playing:
    """One experiment on its way."""

    def __init__(
        self,
        experiment: Experiment,
        store: Store,
        run: Run,
        trainer: Trainer[Any],
        executor: Executor,
        progress: Progress,
    ) -> None:
        self.protocol = experiment.protocol
        self.entrants = experiment.entrants
        self.progress = progress
        self.rules: list[Rule | Block] = [e.rule.at_defaults().named("", "") for e in self.entrants]
        self.keys = [key_of(rule) for rule in self.rules]
        self.trainings = Trainings(store, run.id, self.protocol.seed, 1, trainer, executor)
        self.known = {
            (found.task, found.key, found.seed): fitness_of(found.result)
            for earlier in store.runs()
            if earlier.kind == KIND
            for found in store.evaluations(run=earlier.id)
        }

    def play(self) -> list[Row]:
        """Play the parts of the protocol one after the other."""
        rows = [Row(e.name, str(rule)) for e, rule in zip(self.entrants, self.rules, strict=True)]
        first: dict[tuple[str, bool], int] = {}
        for number, (entrant, key) in enumerate(zip(self.entrants, self.keys, strict=True)):
            # One that is tested longer may end with another rate than its equal.
            chosen = first.setdefault((key, entrant.scheduled), number)
            rows[number].same_as = None if chosen == number else rows[chosen].name
        own = list(first.values())
        self._test("learning-rate test", rows, own, "tested", lambda row: self.protocol.rates, 0)
        for number in own:
            rows[number].rate = best_rate(rows[number].tested)
        if self.protocol.refine:
            self._refine(rows, own)
        self._repeat(rows, own)
        for number, (entrant, key) in enumerate(zip(self.entrants, self.keys, strict=True)):
            like = rows[first[key, entrant.scheduled]]
            row = rows[number]
            row.tested, row.refined, row.rate, row.scores = like.tested, like.refined, like.rate, like.scores
        return rows

    def _test(
        self,
        part: str,
        rows: list[Row],
        numbers: Sequence[int],
        into: str,
        rates_of: Callable[[Row], Sequence[float]],
        offset: int,
    ) -> None:
        asked: list[tuple[Slot, int, TransferTraining]] = []
        for number in numbers:
            for index, rate in enumerate(rates_of(rows[number])):
                training = self.protocol.tested(rate, scheduled=self.entrants[number].scheduled)
                slot = Slot(Stage.EVALUATION, number, offset + index, TEST_REPEAT)
                asked.append((slot, number, training))
        found = self._train(part, asked)
        for slot, number, training in asked:
            getattr(rows[number], into)[training.learning_rate] = found[slot]

    def _refine(self, rows: list[Row], own: Sequence[int]) -> None:
        """Choose the final rate among multiples of the best one."""

        def rates_of(row: Row) -> Sequence[float]:
            best = row.rate
            return [] if best is None else [float(f"{best * factor:.12g}") for factor in self.protocol.refine]

        self._test("refinement", rows, own, "refined", rates_of, len(self.protocol.rates))
        for number in own:
            refined = best_rate(rows[number].refined)
            rows[number].rate = rows[number].rate if refined is None else refined

    def _repeat(self, rows: list[Row], own: Sequence[int]) -> None:
        offset = len(self.protocol.rates) + len(self.protocol.refine)
        asked = []
        for number in own:
            rate = rows[number].rate
            for repeat in range(self.protocol.repeats if rate is not None else 0):
                assert rate is not None
                slot = Slot(Stage.EVALUATION, number, offset, repeat)
                asked.append((slot, number, self.protocol.final(rate)))
        found = self._train("repeats", asked)
        for number in own:
            rows[number].scores = tuple(found[slot] for slot, n, _ in asked if n == number)

    def _train(
        self, part: str, asked: Sequence[tuple[Slot, int, TransferTraining]]
    ) -> dict[Slot, float | None]:
        """Return the score in each slot, trained where the store has it not."""
        total = len(asked)
        found: dict[Slot, float | None] = {}
        new: list[tuple[Slot, int, TransferTraining]] = []
        for slot, number, training in asked:
            seed = slot.training_seed(self.protocol.seed, 0)
            place = (self.trainings.task_name(training), self.keys[number], seed)
            if place in self.known:
                found[slot] = self.known[place]
            else:
                new.append((slot, number, training))
        self.progress(part, len(found), total)
        for asked_slot, number, training in new:
            rule, key = self.rules[number], self.keys[number]
            momentum = Momentum.NONE if isinstance(rule, Block) else rule.momentum
            print_ = Fingerprint(key, key, momentum)
            self.trainings.submit(Candidate(asked_slot, rule, None, print_, training))
        for _ in new:
            result = self.trainings.wait()
            found[result.slot] = fitness_of(result.outcome)
            self.progress(part, len(found), total)
        return found


def best_rate(scores: dict[float, float | None]) -> float | None:
    """Return the learning rate with the best score, of equal ones the first; ``None`` where none has one."""
    fit = {rate: score for rate, score in scores.items() if score is not None}
    return max(fit, key=lambda rate: fit[rate]) if fit else None


def seeds_of(protocol: Protocol) -> list[int]:
    """Return the seeds of the repeats at the final rate, the same for all optimizers."""
    slots = (Slot(Stage.EVALUATION, child=repeat) for repeat in range(protocol.repeats))
    return [slot.training_seed(protocol.seed, 0) for slot in slots]
