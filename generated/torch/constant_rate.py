"""ConstantRate, a learning-rate schedule for PyTorch.

Rule: ConstantRate = schedule ~ 1
Source: Robbins and Monro 1951, as optax.constant_schedule
Canonical: schedule ~ 1
"""

import functools

from torch.optim.lr_scheduler import LambdaLR


def factor(step):
    """Return the factor of a step, which counts from 0.

    factor(t) = 1
    """
    return 1


class ConstantRate(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    def __init__(self, optimizer, base=None, last_epoch=-1):
        super().__init__(optimizer, functools.partial(self._value, base), last_epoch)

    def _value(self, base, step):
        """Return the factor of a step, times that of a base schedule."""
        value = factor(step)
        return value if base is None else value * base(step)
