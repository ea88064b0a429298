"""The steps of an epoch of one network, one after the other as one would write them."""

from __future__ import annotations

from collections.abc import Sized

import torch
from torch import Tensor, nn

from nos_sym.surrogate.joined import is_elementwise, join_parameters
from nos_sym.surrogate.loading import Run
from nos_sym.surrogate.measured import Measured
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.trainable import Trainable


class PlainSteps:
    """Trains a network by its optimizer's own class.

    Args:
        run: optimizer and learning rate.
        network: the network, whose weights are moved.
        task: settings and data.
    """

    def __init__(self, run: Run, network: nn.Module, task: Trainable) -> None:
        self.network, self.task, self.rate = network, task, run.rate
        joined = join_parameters(network) if is_elementwise(run.file) else None
        self._keeps_gradients = joined is not None
        parameters = list(network.parameters()) if joined is None else [joined]
        self.optimizer = run.file.construct(task.settings, parameters, lr=run.rate)
        self.rates, self.momenta = cycle_rates(task.settings), cycle_momenta(task.settings)

    def run(self, epoch: Sized, done: int) -> Measured:
        """Make the steps of an epoch; the host waits for the device at looks at the losses alone.

        Args:
            epoch: what is trained on.
            done: steps before it.
        """
        losses: list[Tensor] = []
        hits: list[Tensor] = []
        every = self.task.settings.check_every
        stopped = False
        for batch in self.task.batches(epoch):
            step = done + len(losses)
            loss, hit = self.task.measure(self.network, batch)
            losses.append(loss.detach())
            hits.append(hit)
            self.optimizer.zero_grad(set_to_none=not self._keeps_gradients)
            loss.backward()  # type: ignore[no-untyped-call]
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * self.rates[step]
                if "momentum" in group:
                    group["momentum"] = self.momenta[step]
            try:
                self.optimizer.step()
            except (ArithmeticError, ValueError):
                # A scalar of the step left the range of floats: as good as a loss that is not finite.
                stopped = True
            if not stopped and every and len(losses) % every == 0 and len(losses) < len(epoch):
                stopped = not bool(torch.stack(losses[-every:]).isfinite().all())
            if stopped:
                break
        return Measured(torch.stack(losses), torch.stack(hits), len(losses) - 1 if stopped else None)
