"""Training of one network with one optimizer: the plain loop, which every other way is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nos_sym.surrogate.batches import Phase, seeds_of
from nos_sym.surrogate.early_stop import Curve, cuts_rate, ends_run
from nos_sym.surrogate.joined import is_elementwise, join_parameters
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.protocol import ProtocolSettings
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates

_CHECK = 20
"""Steps between two looks at the losses: each look waits for the device."""


class Trainable(Protocol):
    """What is trained: settings, and the data and the network that a training of one optimizer needs."""

    @property
    def settings(self) -> ProtocolSettings:
        """Settings of the training."""

    def network_alone(self, seed: int) -> nn.Module:
        """Return a network with initial weights of a seed, on the device, as one alone trains fastest."""

    def epochs(self, steps: int, seeds: dict[str, int], length: int) -> Iterator[Sized]:
        """Yield the epochs of some steps, each as long as it has steps, which are ``length`` or fewer."""

    def batches(self, epoch: Any) -> Iterator[Any]:
        """Yield the batches of an epoch."""

    def measure(self, network: Any, batch: Any) -> tuple[Tensor, Tensor]:
        """Return the loss of a batch, and what the training score is made of."""

    def training_score(self, measured: Sequence[Tensor], epoch: Any) -> float:
        """Return the score of an epoch, from what was measured of its batches."""

    def validate(self, network: Any) -> float:
        """Return the score on the validation part."""

    def test(self, network: Any) -> float | None:
        """Return the score on the test part; ``None`` where the fitness is that on the validation part."""


def train_single(run: Run, task: Trainable, phase: Phase) -> Curve:
    """Train a network from its initial weights.

    Args:
        run: optimizer, learning rate and seed.
        task: settings and data.
        phase: how many steps to make, whether to validate, and the seed's part.
    """
    settings, rate = task.settings, run.rate
    steps = phase.steps(settings)
    seeds = seeds_of(run.seed, phase)
    network = task.network_alone(seeds["weights"])
    joined = join_parameters(network) if is_elementwise(run.file) else None
    parameters = list(network.parameters()) if joined is None else [joined]
    optimizer = run.file.construct(settings, parameters, lr=rate)
    torch.manual_seed(seeds["optimizer"])
    rates, momenta = cycle_rates(settings), cycle_momenta(settings)
    training: list[float] = []
    validation: list[float] = []
    test: float | None = None
    done = 0
    for epoch in task.epochs(steps, seeds, phase.epoch_steps(settings)):
        losses: list[Tensor] = []
        measured: list[Tensor] = []
        overflow = False
        network.train()
        for batch in task.batches(epoch):
            step = done + len(losses)
            loss, measure = task.measure(network, batch)
            losses.append(loss.detach())
            measured.append(measure)
            optimizer.zero_grad(set_to_none=joined is None)
            loss.backward()  # type: ignore[no-untyped-call]
            for group in optimizer.param_groups:
                group["lr"] = rate * rates[step]
                if "momentum" in group:
                    group["momentum"] = momenta[step]
            try:
                optimizer.step()
            except (ArithmeticError, ValueError):
                # A scalar of the step left the range of floats: as good as a loss that is not finite.
                overflow = True
            if overflow or len(losses) % _CHECK == 0 or len(losses) == len(epoch):
                bad = (~torch.stack(losses).isfinite()).nonzero()
                if overflow or len(bad):
                    step = done + int(bad[0]) if len(bad) else step
                    return Curve(tuple(training), tuple(validation), step, step, test)
        done += len(epoch)
        training.append(task.training_score(measured, epoch))
        if phase is Phase.WHOLE:
            score = task.validate(network)
            if score > max(validation, default=-1.0):
                test = task.test(network)
            validation.append(score)
            if ends_run(settings, done, training[-1]):
                break
        elif cuts_rate(settings, done, training[-1]):
            break
    return Curve(tuple(training), tuple(validation), None, done, test)
