"""What is trained, as the loop of one network sees it: images, or another task."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from nos_sym.surrogate.measured import Measured
from nos_sym.surrogate.protocol import ProtocolSettings


class Scores(NamedTuple):
    """What a training has to know of an epoch.

    Attributes:
        bad: the first step, counted from that of the epoch's start, whose loss or update was not finite;
            ``None`` where all were. Then there are no scores.
        training: score of the epoch's batches.
        validation: score on the validation part; ``None`` where none was asked for.
    """

    bad: int | None
    training: float = 0.0
    validation: float | None = None


class Trainable(Protocol):
    """Settings, and the data and the network that a training of one optimizer needs."""

    @property
    def settings(self) -> ProtocolSettings:
        """Settings of the training."""

    @property
    def device(self) -> torch.device:
        """Where it trains."""

    def network_alone(self, seed: int) -> nn.Module:
        """Return a network with initial weights of a seed, on the device, as one alone trains fastest."""

    def epochs(self, steps: int, seeds: dict[str, int], length: int) -> Iterator[Sized]:
        """Yield the epochs of some steps, each as long as it has steps, which are ``length`` or fewer."""

    def batches(self, epoch: Any) -> Iterator[Any]:
        """Yield the batches of an epoch."""

    def measure(self, network: Any, batch: Any) -> tuple[Tensor, Tensor]:
        """Return the loss of a batch, and what the training score is made of, numbers on the device."""

    def read(self, measured: Measured, network: Any, epoch: Any) -> Scores:
        """Return the scores of an epoch, those of a network on the validation part unless it is ``None``."""

    def test(self, network: Any) -> float | None:
        """Return the score on the test part; ``None`` where the fitness is that on the validation part."""
