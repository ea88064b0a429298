"""Which images a training sees, in which order, and which ones score it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nos_sym.transfer.data.images import ImageData, Part, hold_out
from nos_sym.transfer.settings import ImageTraining


def parts_of(data: ImageData, settings: ImageTraining) -> tuple[Part, Part]:
    """Return what is trained on, and what the network is scored on.

    The images that are held out depend on no seed, so that all optimizers and rates are judged by the same.
    """
    if settings.scored == "test":
        return data.training, data.test
    return hold_out(data.training, settings.held_out, seed=0)


def shuffled(rng: np.random.Generator, count: int, batch: int) -> Iterator[np.ndarray]:
    """Yield the numbers of images of one batch after the other, each image once before any comes again."""
    waiting = np.empty(0, dtype=np.int64)
    while True:
        while len(waiting) < batch:
            waiting = np.concatenate([waiting, rng.permutation(count)])
        yield waiting[:batch]
        waiting = waiting[batch:]
