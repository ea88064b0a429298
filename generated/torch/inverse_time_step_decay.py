"""InverseTimeStepDecay, a learning-rate schedule for PyTorch.

Rule: InverseTimeStepDecay(decay_rate=0.5 in [0, inf), decay_steps=1000 in (0, inf)) = schedule ~ 1 / (1 + decay_rate * floor(t / decay_steps))
Source: as keras.optimizers.schedules.InverseTimeDecay with staircase
Canonical: schedule ~ 1 / (1 + 0.5 * floor(t / 1000))
Key: 2.1:b4c58ca19c086ced67431d8e
"""

import functools
import math
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, decay_rate, decay_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = 1 / (1 + decay_rate * floor(t / decay_steps))
    where
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    return 1 / (1 + decay_rate * math.floor(step / decay_steps))


class InverseTimeStepDecay(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        decay_rate: setting of the factor, in [0, inf).
        decay_steps: setting of the factor, in (0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:b4c58ca19c086ced67431d8e InverseTimeStepDecay(decay_rate=0.5 in..."

    def __init__(
        self, optimizer, decay_rate=0.5, decay_steps=1000, base=None, last_epoch=-1
    ):
        if not decay_rate >= 0:
            raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
        if not decay_steps > 0:
            raise ValueError(f"Invalid decay_steps: {decay_steps}, not in (0, inf)")
        self.decay_rate = decay_rate
        self.decay_steps = decay_steps
        self.rule_key = type(self).rule_key  # so that it is in state dicts
        super().__init__(optimizer, functools.partial(self._value, base), last_epoch)

    def state_dict(self):
        """Return the state; as LambdaLR it has the attributes of a base that is an object."""
        state, (base,) = super().state_dict(), self.lr_lambdas[0].args
        if not isinstance(base, FunctionType) and hasattr(base, "__dict__"):
            state["lr_lambdas"] = [vars(base).copy() for _ in self.lr_lambdas]
        return state

    def _value(self, base, step):
        """Return the factor of a step, times that of a base schedule."""
        value = factor(step, self.decay_rate, self.decay_steps)
        return value if base is None else value * base(step)

    def load_state_dict(self, state_dict):
        """Go on from a state dict, unless it is of another rule; keys of other versions say nothing."""
        own, given = self.rule_key, str(state_dict.get("rule_key", self.rule_key))
        versions = [x.split(":")[0] for x in (own, given)]
        if versions[0] == versions[1] and own.split()[0] != given.split()[0]:
            says = f"of the rule {given[:99]!r}, not {own!r}"
            what = "load one of this rule, or take rule_key out of it"
            raise ValueError(f"Invalid state dict: {says}; {what}")
        super().load_state_dict(state_dict)
        self.rule_key = own
        saved, (base,) = state_dict["lr_lambdas"][0], self.lr_lambdas[0].args
        if saved and hasattr(base, "__dict__"):  # as LambdaLR has it
            vars(base).update(saved)
