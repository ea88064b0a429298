"""WarmupInverseRoot, a learning-rate schedule for PyTorch.

Rule: WarmupInverseRoot(warmup_steps=4000 in [1, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
Source: Raffel et al. 2020, as transformers.get_inverse_sqrt_schedule
Canonical: schedule ~ where(t < 4000, t / 4000, sqrt(4000 / t))
"""

import functools
import math

from torch.optim.lr_scheduler import LambdaLR


def factor(step, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
    where
        t = 0, 1, ... counts the steps
    """
    root = math.sqrt(0.0 if step == 0 else warmup_steps / step)
    return (step / warmup_steps) if (step < warmup_steps) else root


class WarmupInverseRoot(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        warmup_steps: setting of the factor, in [1, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    def __init__(self, optimizer, warmup_steps=4000, base=None, last_epoch=-1):
        if not warmup_steps >= 1:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [1, inf)")
        self.warmup_steps = warmup_steps
        super().__init__(optimizer, functools.partial(self._value, base), last_epoch)

    def _value(self, base, step):
        """Return the factor of a step, times that of a base schedule."""
        value = factor(step, self.warmup_steps)
        return value if base is None else value * base(step)
