"""StepDecay, a learning-rate schedule for PyTorch.

Rule: StepDecay(step_size=30 in [1, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, floor(t / step_size))
Source: Krizhevsky et al. 2012, as torch.optim.lr_scheduler.StepLR
Canonical: schedule ~ abspow(0.1, floor(t / 30))
Key: 2.1:ac5de671a3d953f3312e0c9a
"""

import functools
import math
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, step_size, gamma):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(gamma, floor(t / step_size))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    whole = math.floor(step / step_size)
    return torch.pow(torch.tensor(gamma, dtype=torch.float64), whole).item()


class StepDecay(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        step_size: setting of the factor, in [1, inf).
        gamma: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:ac5de671a3d953f3312e0c9a StepDecay(step_size=30 in [1, inf), gam..."

    def __init__(self, optimizer, step_size=30, gamma=0.1, base=None, last_epoch=-1):
        if not step_size >= 1:
            raise ValueError(f"Invalid step_size: {step_size}, not in [1, inf)")
        if not gamma >= 0:
            raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")
        self.step_size = step_size
        self.gamma = gamma
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
        value = factor(step, self.step_size, self.gamma)
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
