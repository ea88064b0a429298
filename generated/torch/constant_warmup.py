"""ConstantWarmup, a learning-rate schedule for PyTorch.

Rule: ConstantWarmup(warmup_factor=0.1 in [0, inf), warmup_steps=5 in [0, inf)) = schedule ~ where(t < warmup_steps, warmup_factor, 1)
Source: He et al. 2016, as torch.optim.lr_scheduler.ConstantLR
Canonical: schedule ~ where(t < 5, 0.1, 1)
"""

import functools

from torch.optim.lr_scheduler import LambdaLR


def factor(step, warmup_factor, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, warmup_factor, 1)
    where
        t = 0, 1, ... counts the steps
    """
    return warmup_factor if (step < warmup_steps) else 1


class ConstantWarmup(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        warmup_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    def __init__(
        self, optimizer, warmup_factor=0.1, warmup_steps=5, base=None, last_epoch=-1
    ):
        if not warmup_factor >= 0:
            raise ValueError(f"Invalid warmup_factor: {warmup_factor}, not in [0, inf)")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        self.warmup_factor = warmup_factor
        self.warmup_steps = warmup_steps
        super().__init__(optimizer, functools.partial(self._value, base), last_epoch)

    def _value(self, base, step):
        """Return the factor of a step, times that of a base schedule."""
        value = factor(step, self.warmup_factor, self.warmup_steps)
        return value if base is None else value * base(step)
