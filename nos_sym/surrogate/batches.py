"""The batches of a training: order of the images, augmentation and dropout, all from one seed.

Only NumPy draws: every framework and device, and every way to train, sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

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

    def epoch_steps(self, settings: ProtocolSettings) -> int:
        """Return how many updates an epoch of it has."""
        first = settings.first_epoch_steps if self is Phase.FIRST else 0
        return first or settings.epoch_steps


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the steps of an epoch train on.

    Attributes:
        index: the images of each step, shape ``(steps, batch)``.
        crops: their crops, with the same leading shape.
        keep: features that dropout keeps, shape ``(steps, batch, features)``.
        sizes: number of images of each step, shape ``(steps,)``; a short batch has the first of its row.
    """

    index: Indices
    crops: Crops
    keep: Mask
    sizes: Indices

    def __len__(self) -> int:
        return len(self.index)

    @property
    def seen(self) -> int:
        """Number of images that its steps train on, over which its training accuracy is a mean."""
        return int(self.sizes.sum())


def seeds_of(seed: int, phase: Phase) -> dict[str, int]:
    """Return the seeds of the parts of a training.

    Parts: ``weights``, ``order`` of the images, ``crops``, ``dropout``, and the ``optimizer``'s own draws.
    """
    parts = ("weights", "order", "crops", "dropout", "optimizer")
    state = np.random.SeedSequence([seed, phase.value]).generate_state(len(parts), np.uint64)
    return {part: int(value >> np.uint64(1)) for part, value in zip(parts, state, strict=True)}


def draw_epochs(
    images: Images, settings: TrainingSettings, steps: int, seeds: dict[str, int], length: int | None = None
) -> Iterator[Epoch]:
    """Yield the epochs of a training of some steps; the last one may be shorter.

    Args:
        images: the data set.
        settings: of the training; they say in which order the images come.
        steps: number of steps.
        seeds: those of :func:`seeds_of`.
        length: steps of an epoch, by default those of the whole run.
    """
    crops = np.random.default_rng(seeds["crops"])
    dropout = np.random.default_rng(seeds["dropout"])
    features = 4 * settings.base
    count = len(images.training)
    order = np.random.default_rng(seeds["order"]) if settings.shuffle else None
    batches = _shuffled(order, count, settings.batch) if order else _in_order(count, settings.batch)
    each = length or settings.epoch_steps
    for start in range(0, steps, each):
        rows = list(islice(batches, min(each, steps - start)))
        sizes = np.array([len(row) for row in rows], np.int64)
        shape = (len(rows), settings.batch)
        index = np.zeros(shape, np.int64)
        for padded, row in zip(index, rows, strict=True):
            padded[: len(row)] = row
        if settings.augment:
            drawn = draw_crops(crops, shape, images.size, images.augmentation)
        else:
            drawn = whole_crops(shape, images.size)
        keep = dropout.random((*shape, features), dtype=np.float32) >= settings.dropout
        yield Epoch(index, drawn, keep, sizes)


def _shuffled(order: np.random.Generator, count: int, batch: int) -> Iterator[Indices]:
    """Yield batches of images that are shuffled anew whenever all have been seen."""
    waiting = np.empty(0, np.int64)
    while True:
        while len(waiting) < batch:
            waiting = np.concatenate([waiting, order.permutation(count)])
        yield waiting[:batch]
        waiting = waiting[batch:]


def _in_order(count: int, batch: int) -> Iterator[Indices]:
    """Yield the same batches again and again, of which the last one of a pass may be short."""
    while True:
        for first in range(0, count, batch):
            yield np.arange(first, min(first + batch, count))
