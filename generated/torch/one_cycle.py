"""The one-cycle schedule of learning rate and momentum, for PyTorch.

Source: Morgan and Hougen 2024, Section 3.4, after Smith 2017
"""

import math

from torch.optim.lr_scheduler import LRScheduler


def learning_rate(step, total_steps, warmup, hold):
    """Return the factor of the learning rate: linear up from 0, hold, cosine down to 0."""
    if step < warmup:
        return step / warmup
    if step < warmup + hold:
        return 1.0
    progress = (step - warmup - hold) / (total_steps - warmup - hold)
    return (1 + math.cos(math.pi * progress)) / 2


def momentum(step, total_steps, warmup, hold, high, low):
    """Return the momentum: down from high, hold low, up to high, ends included."""
    if step < warmup:
        return high + (low - high) * step / max(warmup - 1, 1)
    if step < warmup + hold:
        return low
    rise = total_steps - warmup - hold
    return low + (high - low) * (step - warmup - hold) / max(rise - 1, 1)


class OneCycle(LRScheduler):
    """Sets the learning rate, and against it the momentum, of every step.

    Args:
        optimizer: the optimizer; momentum is set in the groups that have one.
        total_steps: number of steps T; after them the values of the last one hold.
        warmup: steps from 0 to the learning rate of the optimizer, the peak.
        hold: steps at the peak.
        momenta: highest and lowest momentum.
        last_epoch: index of the last step, -1 to start.
    """

    def __init__(
        self,
        optimizer,
        total_steps,
        warmup,
        hold=0,
        momenta=(0.95, 0.85),
        last_epoch=-1,
    ):
        if warmup < 0 or hold < 0 or total_steps <= warmup + hold:
            raise ValueError(f"Invalid lengths: {total_steps=}, {warmup=}, {hold=}")
        self.lengths = total_steps, warmup, hold
        self.momenta = momenta
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        """Return the learning rates of this step, and set its momentum."""
        step = min(self.last_epoch, self.lengths[0] - 1)
        for group in self.optimizer.param_groups:
            if "momentum" in group:
                group["momentum"] = momentum(step, *self.lengths, *self.momenta)
        factor = learning_rate(step, *self.lengths)
        return [base * factor for base in self.base_lrs]
