"""MultiStepDecay, a learning-rate schedule for PyTorch.

Rule: MultiStepDecay(milestone1=30 in [0, inf), milestone2=60 in [0, inf), milestone3=90 in [0, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
Source: He et al. 2016, as torch.optim.lr_scheduler.MultiStepLR
Canonical: schedule ~ abspow(0.1, where(t >= 30, 1, 0) + where(t >= 60, 1, 0) + where(t >= 90, 1, 0))
Key: 2.1:21293b989157c56eaffd1b89
"""

import functools
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, milestone1, milestone2, milestone3, gamma):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    chosen = 1 if (milestone2 <= step) else 0
    total = (1 if (milestone1 <= step) else 0) + chosen
    total_2 = total + (1 if (milestone3 <= step) else 0)
    return torch.pow(torch.tensor(gamma, dtype=torch.float64), total_2).item()


class MultiStepDecay(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        milestone1: setting of the factor, in [0, inf).
        milestone2: setting of the factor, in [0, inf).
        milestone3: setting of the factor, in [0, inf).
        gamma: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:21293b989157c56eaffd1b89 MultiStepDecay(milestone1=30 in [0, inf..."

    def __init__(
        self,
        optimizer,
        milestone1=30,
        milestone2=60,
        milestone3=90,
        gamma=0.1,
        base=None,
        last_epoch=-1,
    ):
        if not milestone1 >= 0:
            raise ValueError(f"Invalid milestone1: {milestone1}, not in [0, inf)")
        if not milestone2 >= 0:
            raise ValueError(f"Invalid milestone2: {milestone2}, not in [0, inf)")
        if not milestone3 >= 0:
            raise ValueError(f"Invalid milestone3: {milestone3}, not in [0, inf)")
        if not gamma >= 0:
            raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")
        self.milestone1 = milestone1
        self.milestone2 = milestone2
        self.milestone3 = milestone3
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
        value = factor(
            step, self.milestone1, self.milestone2, self.milestone3, self.gamma
        )
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
