"""Slots of a search: what each evaluation is for, and the random numbers that belong to it.

Every random choice is a function of the seed of the run and of the slot for which it is made. It depends
neither on time nor on the order in which evaluations finish, so a search that is run again makes the same
choices: resuming and the independence of executors rest on this.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from nos_sym.errors import NosSymError


class Stage(Enum):
    """Part of a search, in the order in which evaluations enter the archive.

    initial: the initial population. particle: the optimizer that a particle starts from. child: a mutation
    of a time-step. random: a sample of random search. population and cycle: the first population of
    regularized evolution and its children. elimination: a repeat of a candidate in one of its stages.
    confirmation: a repeat of one of the best with a fresh seed. evaluation: a repeat of an optimizer that was
    given. tuning: a trial of a reference with drawn settings, or an optimizer with other constants. New parts
    come last: the order seeds numbers.
    """

    INITIAL = "initial"
    PARTICLE = "particle"
    CHILD = "child"
    RANDOM = "random"
    POPULATION = "population"
    CYCLE = "cycle"
    ELIMINATION = "elimination"
    CONFIRMATION = "confirmation"
    EVALUATION = "evaluation"
    TUNING = "tuning"

    # Members are single objects, and slots, which have one, are looked up millions of times in a long search.
    __hash__ = object.__hash__


_STAGES = tuple(Stage)
_NAMES = {stage: stage.value for stage in Stage}
_BY_NAME = {name: stage for stage, name in _NAMES.items()}
_PAIRED = (Stage.CONFIRMATION, Stage.EVALUATION)
"""Parts in which the seed of a repeat is the same for all optimizers, which are compared in pairs."""
_DRAW, _TRAINING, _CHOICE, _TEXT = range(4)


@dataclass(frozen=True, slots=True)
class Slot:
    """What one evaluation is for; all numbers count from 0.

    Attributes:
        stage: part of the search.
        particle: number of the particle, or of the genome in a population.
        time_step: time-step of the particle, or cycle of regularized evolution.
        child: number of the mutation within the time-step.
        attempt: number of candidates that failed here before.
    """

    stage: Stage
    particle: int = 0
    time_step: int = 0
    child: int = 0
    attempt: int = 0

    def __str__(self) -> str:
        return f"{_NAMES[self.stage]} {self.particle}.{self.time_step}.{self.child}.{self.attempt}"

    @property
    def generation(self) -> tuple[Stage, int]:
        """What slots have in common that are filled side by side."""
        return self.stage, self.time_step

    @property
    def order(self) -> tuple[int, ...]:
        """A key that sorts slots in the fixed order of the search."""
        stage = _STAGES.index(self.stage)
        return stage, self.time_step, self.attempt, self.particle, self.child

    @property
    def urgency(self) -> tuple[int, ...]:
        """A key that sorts trainings by what waits for them, the most urgent first.

        A particle that is behind comes first, and of its children one that failed before, since its
        particle waits for it alone. Where particles start from is waited for by hardly any candidate, and
        comes after the children of the first time-step. This decides when a worker takes a training and
        nothing else.
        """
        if self.stage is Stage.PARTICLE:
            return 1, -1
        return self.time_step, -self.attempt

    def next(self) -> Slot:
        """Return the slot of the next attempt."""
        return replace(self, attempt=self.attempt + 1)

    def generator(self, seed: int, draw: int) -> np.random.Generator:
        """Return the random generator of the ``draw``-th genome that is drawn for this slot."""
        return np.random.default_rng(self._sequence(seed, _DRAW, draw))

    def choice(self, seed: int) -> np.random.Generator:
        """Return the random generator of a choice among evaluated candidates, such as that of a parent."""
        return np.random.default_rng(self._sequence(seed, _CHOICE, 0))

    def training_seed(self, seed: int, repeat: int) -> int:
        """Return the seed of a training of this slot's candidate, below 2^31.

        In confirmations and evaluations it is a function of ``seed`` and the repeat, ``child``, alone:
        all optimizers begin with the same weights and see the same batches.
        """
        if self.stage in _PAIRED:
            shared = Slot(Stage.CONFIRMATION, child=self.child)
            return int(shared._sequence(seed, _TRAINING, repeat).generate_state(1, np.uint32)[0] >> 1)
        return int(self._sequence(seed, _TRAINING, repeat).generate_state(1, np.uint32)[0] >> 1)

    def _sequence(self, seed: int, purpose: int, number: int) -> np.random.SeedSequence:
        stage = _STAGES.index(self.stage)
        slot = (stage, self.particle, self.time_step, self.child, self.attempt)
        return np.random.SeedSequence(seed, spawn_key=(*slot, purpose, number))


def training_seed_of(text: str, seed: int, repeat: int) -> int:
    """Return the seed of a training that is a function of what is trained and not of a slot, below 2^31.

    Args:
        text: the rule in the words in which it is trained.
        seed: seed of the run.
        repeat: number of the training, from 0.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    words = (int.from_bytes(digest[i : i + 4], "big") for i in range(0, 16, 4))
    sequence = np.random.SeedSequence(seed, spawn_key=(*words, _TEXT, repeat))
    return int(sequence.generate_state(1, np.uint32)[0] >> 1)


def slot_from_text(text: str) -> Slot:
    """Read what ``str(slot)`` wrote.

    Raises:
        NosSymError: the text is not a slot.
    """
    try:
        stage, numbers = text.split(" ")
        particle, time_step, child, attempt = map(int, numbers.split("."))
        return Slot(_BY_NAME[stage], particle, time_step, child, attempt)
    except (ValueError, KeyError):
        raise NosSymError(f"{text!r} is no slot of a search; expected text as in 'child 0.1.2.0'") from None
