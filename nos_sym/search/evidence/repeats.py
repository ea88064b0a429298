"""Optimizers that are trained several times: the trainings, and what they amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.language.block import Block
from nos_sym.language.rule import Momentum, Rule
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.evidence.statistics import Interval, mean_interval
from nos_sym.search.fingerprints import Fingerprint
from nos_sym.search.results import fitness_of
from nos_sym.search.slots import Slot
from nos_sym.search.trainers import TaskSettings
from nos_sym.search.trainings import Trainings

Told = Callable[[Result], None]
"""Called with the result of each training."""

OWN_ENDING = " confirmation"
"""What the name of a task ends with where a trainer has no test part, so that no search is answered by it."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """An optimizer that was trained several times, each time with another seed.

    A training without a fitness counts as chance where the task knows what that is: a network that has
    learned nothing. It is what whoever trains with the optimizer has after such a run; leaving it out would
    reward optimizers that fail now and then.

    Attributes:
        text: the rule.
        scores: fitness of each training, in the order of the seeds; ``None`` where it has none.
        chance: what a training without a fitness counts as; ``None`` where the task does not say.
        name: what people call it, its name in the catalog for example.
        undecided: number of those without a fitness of which nobody decided it: an exception, a worker that
            died, the limit of time. They say nothing of the optimizer.
    """

    text: str
    scores: tuple[float | None, ...]
    chance: float | None = None
    name: str = ""
    undecided: int = 0

    @property
    def failed(self) -> int:
        """Number of trainings without a fitness."""
        return self.scores.count(None)

    @property
    def counted(self) -> tuple[float, ...] | None:
        """Every training as it counts; ``None`` where one has no fitness and chance is unknown."""
        found = [self.chance if score is None else score for score in self.scores]
        return None if None in found else tuple(score for score in found if score is not None)

    @property
    def interval(self) -> Interval | None:
        """Mean of the trainings as they count, with its 95 % interval."""
        return mean_interval(self.counted) if self.counted else None

    def to_json(self) -> dict[str, Any]:
        """Return what is known of it as JSON data."""
        interval = self.interval
        return {
            "name": self.name,
            "rule": self.text,
            "mean": None if interval is None else interval.mean,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
            "repeats": len(self.scores),
            "failed": self.failed,
            "failed_count_as": self.chance,
            "scores": list(self.scores),
        }


def chance_of(task: TaskSettings) -> float | None:
    """Return the fitness of what has learned nothing, if the settings of a training say it as ``chance``."""
    chance = getattr(task, "chance", None)
    return float(chance) if isinstance(chance, int | float) and not isinstance(chance, bool) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A training that is wanted.

    Attributes:
        slot: what it is for.
        rule: the optimizer.
        key: its exact key.
        task: what it is trained on.
    """

    slot: Slot
    rule: Rule | Block
    key: str
    task: TaskSettings

    @property
    def candidate(self) -> Candidate:
        """The same as trainings take it."""
        momentum = Momentum.NONE if isinstance(self.rule, Block) else self.rule.momentum
        return Candidate(self.slot, self.rule, None, Fingerprint(self.key, self.key, momentum), self.task)


def train_all(trainings: Trainings, asked: Sequence[Asked], told: Told) -> dict[Slot, float | None]:
    """Train what is asked for, or find it in the run, and return the fitness in each slot."""
    for each in asked:
        trainings.submit(each.candidate)
    found: dict[Slot, float | None] = {}
    for _ in asked:
        result = trainings.wait()
        found[result.slot] = fitness_of(result.outcome)
        told(result)
    return found


def by_particle(slots: Iterable[tuple[int, int, float | None]]) -> dict[int, tuple[float | None, ...]]:
    """Return the scores of each optimizer in the order of the seeds, from number, repeat and score."""
    groups: dict[int, dict[int, float | None]] = {}
    for particle, child, score in slots:
        groups.setdefault(particle, {})[child] = score
    return {
        particle: tuple(score for _, score in sorted(group.items())) for particle, group in groups.items()
    }
