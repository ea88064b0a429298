"""The protocol of a transfer experiment: learning-rate test, refinement, and repeats at the final rate.

Every training is an evaluation in the store, whose task names data, model, budget, rate and part. One that
the store has from any experiment before, of an optimizer that is proved equal and with the same seed, is
not repeated: so an experiment goes on where it was interrupted, and another one trains only what is new in
it. A training that failed, which nobody decided, is tried again by another experiment.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Result
from nos_sym.search.evidence.repeats import Asked, train_all
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.results import DuplicateOf
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

TEST, REFINEMENT, REPEATS = PARTS = ("learning-rate test", "refinement", "repeats")
"""Parts of the protocol, in their order, as a listener is told them."""

TEST_REPEAT = 1_000_000
"""Number of the repeat whose seed the learning-rate test has, so that it is none of the final trainings'."""


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


class Entered:
    """The optimizers of an experiment as they are trained.

    Attributes:
        rules: at their defaults, without names.
        keys: their exact keys.
        first: for each the number of the first one that is proved equal to it and tested as long; one that
            is tested longer may end with another rate than its equal.
    """

    def __init__(self, experiment: Experiment) -> None:
        entrants = experiment.entrants
        self.rules: list[Rule | Block] = [entrant.rule.at_defaults().named("", "") for entrant in entrants]
        self.keys = [key_of(rule) for rule in self.rules]
        found: dict[tuple[str, bool], int] = {}
        self.first = [
            found.setdefault((key, entrant.scheduled), number)
            for number, (entrant, key) in enumerate(zip(entrants, self.keys, strict=True))
        ]

    @property
    def own(self) -> list[int]:
        """Numbers of those that have trainings of their own."""
        return sorted(set(self.first))


def run_experiment(
    experiment: Experiment,
    store: Store,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    listener: Listener | None = None,
) -> tuple[Run, list[Row]]:
    """Train the optimizers of an experiment and return its run with a row each, in their order.

    Args:
        experiment: optimizers and protocol.
        store: open for writing.
        executor: where they are trained.
        trainer: trains once; by default the one of the backend.
        resume: continue the store's experiment of these settings, if it has one.
        listener: is told the run, its parts with their trainings, and each result; one that the store has
            from another experiment is an answer.

    Raises:
        NosSymError: the store has an interrupted experiment of these settings and ``resume`` is not set, or
            data is missing; evaluations are kept.
    """
    listener = listener or Listener()
    trainer = trainer or (
        TransferTorchTrainer() if experiment.backend == "torch" else TransferTensorFlowTrainer()
    )
    before = {run.id for run in store.runs()}
    text, name = experiment.to_json(), experiment.protocol.name
    run = going_on(store, KIND, text, resume=resume, name=name) or store.begin_run(
        KIND, name, text, experiment.protocol.seed
    )
    listener.began(run)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        playing = _Playing(experiment, store, run, trainer, executor, listener)
        try:
            rows = playing.play()
        finally:
            playing.trainings.close()
    store.finish_run(run.id, {"task": name, "rows": [row.to_json() for row in rows]})
    listener.ended()
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
        listener: Listener,
    ) -> None:
        self.protocol = experiment.protocol
        self.entrants = experiment.entrants
        self.entered = Entered(experiment)
        self.store = store
        self.listener = listener
        self.trainings = Trainings(store, run.id, self.protocol.seed, 1, trainer, executor)
        self.elsewhere = store.decided(KIND, run.id)

    def play(self) -> list[Row]:
        """Play the parts of the protocol one after the other."""
        rows = [Row(e.name, str(r)) for e, r in zip(self.entrants, self.entered.rules, strict=True)]
        own = self.entered.own
        self._test(TEST, rows, own, "tested", lambda row: self.protocol.rates, 0)
        for number in own:
            rows[number].rate = best_rate(rows[number].tested)
        if self.protocol.refine:
            self._refine(rows, own)
        self._repeat(rows, own)
        for row, first in zip(rows, self.entered.first, strict=True):
            like = rows[first]
            row.same_as = None if row is like else like.name
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
        asked = {}
        for number in numbers:
            for index, rate in enumerate(rates_of(rows[number])):
                training = self.protocol.tested(rate, scheduled=self.entrants[number].scheduled)
                asked[number, rate] = self._asked(number, offset + index, TEST_REPEAT, training)
        found = self._train(part, list(asked.values()))
        for (number, rate), each in asked.items():
            getattr(rows[number], into)[rate] = found[each.slot]

    def _refine(self, rows: list[Row], own: Sequence[int]) -> None:
        """Choose the final rate among multiples of the best one."""

        def rates_of(row: Row) -> Sequence[float]:
            best = row.rate
            return [] if best is None else [float(f"{best * factor:.12g}") for factor in self.protocol.refine]

        self._test(REFINEMENT, rows, own, "refined", rates_of, len(self.protocol.rates))
        for number in own:
            refined = best_rate(rows[number].refined)
            rows[number].rate = rows[number].rate if refined is None else refined

    def _repeat(self, rows: list[Row], own: Sequence[int]) -> None:
        offset = len(self.protocol.rates) + len(self.protocol.refine)
        asked = {
            number: [
                self._asked(number, offset, repeat, self.protocol.final(rate))
                for repeat in range(self.protocol.repeats)
            ]
            for number in own
            if (rate := rows[number].rate) is not None
        }
        found = self._train(REPEATS, [each for several in asked.values() for each in several])
        for number, several in asked.items():
            rows[number].scores = tuple(found[each.slot] for each in several)

    def _asked(self, number: int, place: int, repeat: int, training: TransferTraining) -> Asked:
        slot = Slot(Stage.EVALUATION, number, place, repeat)
        return Asked(slot, self.entered.rules[number], self.entered.keys[number], training)

    def _train(self, part: str, asked: Sequence[Asked]) -> dict[Slot, float | None]:
        """Return the score in each slot, trained where the store has it not."""
        self.listener.stage(part, len(asked))
        found: dict[Slot, float | None] = {}
        new: dict[tuple[str, str, int], Asked] = {}
        again: list[tuple[Asked, Asked]] = []
        for each in asked:
            seed = each.slot.training_seed(self.protocol.seed, 0)
            place = (self.trainings.task_name(each.task), each.key, seed)
            if place in self.elsewhere:
                answer = self._answer(each, self.elsewhere[place])
                found[each.slot] = answer.fitness
                self.listener.result(answer)
            elif place in new:
                again.append((each, new[place]))
            else:
                new[place] = each
        numbers: dict[Slot, int] = {}

        def told(result: Result) -> None:
            numbers[result.slot] = result.evaluation
            self.listener.result(result)

        found |= train_all(self.trainings, list(new.values()), told)
        for each, first in again:
            answer = self._answer(each, numbers[first.slot])
            found[each.slot] = answer.fitness
            self.listener.result(answer)
        return found

    def _answer(self, asked: Asked, evaluation: int) -> Result:
        """Return the result of a training that the store has."""
        original = self.store.result_of(evaluation)
        return Result(asked.candidate, DuplicateOf(asked.key, evaluation, original), evaluation)


def best_rate(scores: dict[float, float | None]) -> float | None:
    """Return the learning rate with the best score, of equal ones the first; ``None`` where none has one."""
    fit = {rate: score for rate, score in scores.items() if score is not None}
    return max(fit, key=lambda rate: fit[rate]) if fit else None


def seeds_of(protocol: Protocol) -> list[int]:
    """Return the seeds of the repeats at the final rate, the same for all optimizers."""
    slots = (Slot(Stage.EVALUATION, child=repeat) for repeat in range(protocol.repeats))
    return [slot.training_seed(protocol.seed, 0) for slot in slots]
