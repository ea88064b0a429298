"""Which images a training sees, and which ones score it."""

from __future__ import annotations

from nos_sym.transfer.data.images import ImageData, Part, hold_out
from nos_sym.transfer.settings import ImageTraining


def parts_of(data: ImageData, settings: ImageTraining) -> tuple[Part, Part]:
    """Return what is trained on, and what the network is scored on.

    The images that are held out depend on no seed, so that all optimizers and rates are judged by the same.
    """
    if settings.scored == "test":
        return data.training, data.test
    return hold_out(data.training, settings.held_out, seed=0)
