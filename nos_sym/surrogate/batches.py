"""The batches of a training: order of the images, augmentation and dropout, all from one seed.

Only NumPy draws: every framework and device, and every way to train, sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

from nos_sym.surrogate.augment import Crops, Indices, Mask, draw_crops, whole_crops
from nos_sym.surrogate.data import Images
from nos_sym.surrogate.protocol import ProtocolSettings
from nos_sym.surrogate.settings import TrainingSettings


class Phase(Enum):
    """A part of an evaluation; each has random numbers of its own.

    FIRST: the first early stop, the first steps of a whole run at one learning rate. WHOLE: the whole run,
    validated after each epoch and ended by the second early stop.
    """

    FIRST = 0
    WHOLE = 1

    def steps(self, settings: ProtocolSettings) -> int:
        """Return how many updates it makes."""
        return settings.first_steps if self is Phase.FIRST else settings.steps


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the steps of an epoch train on.

    Attributes:
        index: the images of each step, shape ``(steps, batch)``.
        crops: their crops, with the same leading shape.
        keep: features that dropout keeps, shape ``(steps, batch, features)``.
    """

    index: Indices
    crops: Crops
    keep: Mask

    def __len__(self) -> int:
        return len(self.index)


def seeds_of(seed: int, phase: Phase) -> dict[str, int]:
    """Return the seeds of the parts of a training.

    Parts: ``weights``, ``order`` of the images, ``crops``, ``dropout``, and the ``optimizer``'s own draws.
    """
    parts = ("weights", "order", "crops", "dropout", "optimizer")
    state = np.random.SeedSequence([seed, phase.value]).generate_state(len(parts), np.uint64)
    return {part: int(value >> np.uint64(1)) for part, value in zip(parts, state, strict=True)}


def draw_epochs(
    images: Images, settings: TrainingSettings, steps: int, seeds: dict[str, int]
) -> Iterator[Epoch]:
    """Yield the epochs of a training of some steps; the last one may be shorter.

    Images are shuffled anew whenever all have been seen.
    """
    order = np.random.default_rng(seeds["order"])
    crops = np.random.default_rng(seeds["crops"])
    dropout = np.random.default_rng(seeds["dropout"])
    features = 4 * settings.base
    count = len(images.training)
    waiting = np.empty(0, np.int64)
    for start in range(0, steps, settings.epoch_steps):
        length = min(settings.epoch_steps, steps - start)
        needed = length * settings.batch
        while len(waiting) < needed:
            waiting = np.concatenate([waiting, order.permutation(count)])
        index, waiting = waiting[:needed].reshape(length, settings.batch), waiting[needed:]
        shape = (length, settings.batch)
        if settings.augment:
            drawn = draw_crops(crops, shape, images.size, images.augmentation)
        else:
            drawn = whole_crops(shape, images.size)
        keep = dropout.random((*shape, features), dtype=np.float32) >= settings.dropout
        yield Epoch(index, drawn, keep)
