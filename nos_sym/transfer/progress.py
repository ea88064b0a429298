"""How far a transfer experiment is, and an estimate of the time that is left.

Trainings of the learning-rate test are a part of those at the final rate, and those whose loss is no number
end early. The estimate therefore counts updates: those that are left, at the speed with which this process
made updates. That trainings end early is not foreseen: the largest rates, at which most do, are tried first.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

from nos_sym.search.candidates import Result
from nos_sym.search.failures import ending_of, reason_of
from nos_sym.search.reports.tally import Tally
from nos_sym.search.results import DuplicateOf, Evaluated
from nos_sym.transfer.experiment import Experiment
from nos_sym.transfer.running import PARTS, REFINEMENT, REPEATS, TEST, Entered
from nos_sym.transfer.training.curve import perplexity


@dataclass(slots=True)
class Part:
    """A part of the protocol.

    Attributes:
        trainings: number of its trainings.
        updates: of one of them, on average.
        done: updates of the trainings that are done, as planned.
    """

    trainings: int
    updates: float
    done: int = 0

    def left(self) -> float:
        """Return the updates that are left."""
        return max(0.0, self.trainings * self.updates - self.done)


@dataclass(slots=True)
class ExperimentTally(Tally):
    """Counts of an experiment so far; see :func:`tally_of`.

    Attributes:
        parts: parts of the protocol by their names.
        names: of the optimizers.
        perplexities: whether scores are shown as perplexities.
        made: updates that this process has seen made.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    perplexities: bool = False
    made: int = 0

    def begin(self, stage: str, slots: int) -> None:
        """Begin a part, which has fewer trainings where optimizers have no rate."""
        self.stage, self.best = stage, None
        part = self.parts[stage]
        self.slots += slots - part.trainings
        part.trainings = slots

    def add(self, result: Result) -> None:
        """Count a training that ended, or that the store has."""
        outcome, part = result.outcome, self.parts[self.stage]
        training: Any = result.candidate.task
        planned: int = training.ends
        self.done += 1
        part.done += planned
        if isinstance(outcome, DuplicateOf):
            self.answered += 1
            self.saved += outcome.seconds_saved
        elif result.replayed:
            self.replayed += 1
        else:
            self.trained += 1
            made = outcome.details.get("steps", planned if isinstance(outcome, Evaluated) else 0)
            self.made += made if isinstance(made, int) else 0
        ending, reason = ending_of(outcome), reason_of(outcome)
        self.endings[ending] += 1
        if reason is not None:
            self.reasons[ending, reason] += 1
        fitness = result.fitness
        if fitness is not None and fitness > (self.best or (-math.inf, ""))[0]:
            shown = f", perplexity {perplexity(fitness):.4g}" if self.perplexities else ""
            name = self.names[result.slot.particle]
            self.best = (fitness, f"{name} at learning rate {training.learning_rate:g}{shown}")

    def seconds_left(self) -> float | None:
        """Return an estimate of the remaining time in seconds; ``None`` before an update was made."""
        if self.made < 1:
            return None
        left = sum(part.left() for part in self.parts.values())
        return (time.monotonic() - self.started) / self.made * left


def tally_of(experiment: Experiment) -> ExperimentTally:
    """Return the counts of an experiment that begins."""
    protocol, own = experiment.protocol, Entered(experiment).own
    training = protocol.training
    tests = [
        protocol.tested(training.learning_rate, scheduled=experiment.entrants[n].scheduled).ends for n in own
    ]
    counts = {
        TEST: (len(protocol.rates), sum(tests) / len(own)),
        REFINEMENT: (len(protocol.refine), sum(tests) / len(own)),
        REPEATS: (protocol.repeats, float(training.steps)),
    }
    parts = {name: Part(counts[name][0] * len(own), counts[name][1]) for name in PARTS}
    return ExperimentTally(
        sum(part.trainings for part in parts.values()),
        by_trainings=True,
        unit="trainings",
        parts=parts,
        names=tuple(entrant.name for entrant in experiment.entrants),
        perplexities=training.metric == "perplexity",
    )
