"""What the steps of an epoch measured: on the device until the epoch ends, and read by one transfer then.

Reading a number waits for everything that was asked of the device before, which is idle meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Hits(NamedTuple):
    """How many images of a part are right.

    Attributes:
        right: their number, on the device; shape ``()``, or ``(networks,)`` for stacked networks.
        total: number of images.
    """

    right: Tensor
    total: int


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of the steps of an epoch.

    Attributes:
        losses: shape ``(steps,)``, or ``(steps, networks)`` for stacked networks.
        hits: images of each batch that were right, or what another task measured, of the same shape.
        stopped: the last step, counted from that of the epoch's start, where it ended before its end: a loss
            was not finite, or the update left the range of floats.
    """

    losses: Tensor
    hits: Tensor
    stopped: int | None = None

    def on_device(self) -> tuple[Tensor, Tensor]:
        """Return the first step whose loss is not finite, or the number of steps, and all hits."""
        finite = self.losses.isfinite()
        steps = len(self.losses)
        return torch.where(finite.all(dim=0), steps, (~finite).int().argmax(dim=0)), self.hits.sum(dim=0)

    def first_bad(self) -> int | None:
        """Return the first step of one network that was not finite, which waits for the device."""
        first = int(self.on_device()[0])
        return first if first < len(self.losses) else self.stopped


class Read(NamedTuple):
    """What a training has to know of an epoch.

    Attributes:
        bad: the first step, counted from that of the epoch's start, whose loss or update was not finite;
            ``None`` where all were.
        hits: images of all batches that were right.
        validation: validation accuracy; ``None`` where none was asked for.
    """

    bad: int | None
    hits: int
    validation: float | None


def read_epoch(measured: Measured, validation: Hits | None) -> Read:
    """Return what was measured of one network; the only transfer of an epoch."""
    bad, hits = measured.on_device()
    asked = [bad, hits] if validation is None else [bad, hits, validation.right]
    numbers = torch.stack(asked).tolist()
    first = numbers[0] if numbers[0] < len(measured.losses) else measured.stopped
    return Read(first, numbers[1], None if validation is None else numbers[2] / validation.total)


def read_stack(measured: Measured, validation: Hits | None) -> list[Read]:
    """Return what was measured of each of several networks; the only transfer of an epoch."""
    bad, hits = measured.on_device()
    asked = [bad, hits] if validation is None else [bad, hits, validation.right]
    steps = len(measured.losses)
    return [
        Read(
            first if first < steps else None,
            right,
            None if validation is None else held_out[0] / validation.total,
        )
        for first, right, *held_out in zip(*torch.stack(asked).tolist(), strict=True)
    ]
