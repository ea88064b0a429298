"""DelayedStepDecay, a learning-rate schedule for PyTorch.

Rule: DelayedStepDecay(decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps))
Source: as optax.exponential_decay with staircase
Canonical: schedule ~ abspow(0.96, floor(max(t - 0, 0) / 1000))
Key: 2.1:d163b0acfeeccc581b778da1
"""

import functools
import math
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, decay_rate, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    whole = math.floor(max(step - transition_begin, 0) / transition_steps)
    return torch.pow(torch.tensor(decay_rate, dtype=torch.float64), whole).item()


class DelayedStepDecay(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:d163b0acfeeccc581b778da1 DelayedStepDecay(decay_rate=0.96 in [0,..."

    def __init__(
        self,
        optimizer,
        decay_rate=0.96,
        transition_steps=1000,
        transition_begin=0,
        base=None,
        last_epoch=-1,
    ):
        if not decay_rate >= 0:
            raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
        if not transition_steps > 0:
            raise ValueError(
                f"Invalid transition_steps: {transition_steps}, not in (0, inf)"
            )
        if not transition_begin >= 0:
            raise ValueError(
                f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
            )
        self.decay_rate = decay_rate
        self.transition_steps = transition_steps
        self.transition_begin = transition_begin
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
            step, self.decay_rate, self.transition_steps, self.transition_begin
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
