"""Places of a search: which candidate an evaluation belongs to, and the random numbers of each.

Every random choice is a function of the seed of the run and of the place where it is made, and of nothing
else: not of time, not of the order in which evaluations finish. A search that is run again makes the same
choices, which is what resuming and the independence of executors rest on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from nos_sym.errors import NosSymError


class Stage(Enum):
    """Part of a search. The order is that in which evaluations count as known.

    initial: the initial population. particle: the optimizer that a particle starts from. child: one of the
    mutations of a time-step. random: a sample of random search. population and cycle: the first population of
    regularized evolution and its children. elimination: a repeat of a candidate in one of its stages.
    """

    INITIAL = "initial"
    PARTICLE = "particle"
    CHILD = "child"
    RANDOM = "random"
    POPULATION = "population"
    CYCLE = "cycle"
    ELIMINATION = "elimination"


_STAGES = tuple(Stage)
_DRAW, _TRAINING, _CHOICE = range(3)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a candidate fills; all numbers count from 0.

    Attributes:
        stage: part of the search.
        particle: number of the particle, of the genome in a population, or 0.
        time_step: time-step of the particle, cycle of regularized evolution, or 0.
        child: number of the mutation within the time-step.
        attempt: how many candidates failed the first early stop here before.
    """

    stage: Stage
    particle: int = 0
    time_step: int = 0
    child: int = 0
    attempt: int = 0

    def __str__(self) -> str:
        numbers = (self.particle, self.time_step, self.child, self.attempt)
        return f"{self.stage.value} {'.'.join(map(str, numbers))}"

    @property
    def order(self) -> tuple[int, ...]:
        """A key that sorts places in the fixed order of the search."""
        stage = _STAGES.index(self.stage)
        return stage, self.time_step, self.attempt, self.particle, self.child

    def next(self) -> Place:
        """Return the place of the next attempt."""
        return replace(self, attempt=self.attempt + 1)

    def generator(self, seed: int, draw: int) -> np.random.Generator:
        """Return the generator of the ``draw``-th genome that is drawn for this place."""
        return np.random.default_rng(self._sequence(seed, _DRAW, draw))

    def choice(self, seed: int) -> np.random.Generator:
        """Return the generator of choices among known candidates, such as that of a parent."""
        return np.random.default_rng(self._sequence(seed, _CHOICE, 0))

    def training_seed(self, seed: int, repeat: int) -> int:
        """Return the seed of a training of this place's candidate, below 2^31."""
        return int(self._sequence(seed, _TRAINING, repeat).generate_state(1, np.uint32)[0] >> 1)

    def _sequence(self, seed: int, purpose: int, number: int) -> np.random.SeedSequence:
        stage = _STAGES.index(self.stage)
        place = (stage, self.particle, self.time_step, self.child, self.attempt)
        return np.random.SeedSequence(seed, spawn_key=(*place, purpose, number))


def place_from_text(text: str) -> Place:
    """Read what ``str(place)`` wrote.

    Raises:
        NosSymError: the text is no place.
    """
    try:
        stage, numbers = text.split(" ")
        particle, time_step, child, attempt = map(int, numbers.split("."))
        return Place(Stage(stage), particle, time_step, child, attempt)
    except ValueError:
        raise NosSymError(f"{text!r} is no place of a search; expected text as in 'child 0.1.2.0'") from None
