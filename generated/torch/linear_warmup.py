"""LinearWarmup, a learning-rate schedule for PyTorch.

Rule: LinearWarmup(start_factor=0 in [0, inf), end_factor=1 in [0, inf), warmup_steps=100 in [0, inf)) = schedule ~ start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
Source: Goyal et al. 2017, as torch.optim.lr_scheduler.LinearLR
Canonical: schedule ~ 0 + (1 - 0) * (min(t, 100) / 100)
Key: 2.1:de2f3b283ec86f0af6d51dfd
"""

import functools
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, start_factor, end_factor, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
    where
        t = 0, 1, ... counts the steps
    """
    smaller = min(step, warmup_steps)
    ratio = 0.0 if warmup_steps == 0 else smaller / warmup_steps
    return start_factor + (end_factor - start_factor) * ratio


class LinearWarmup(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:de2f3b283ec86f0af6d51dfd LinearWarmup(start_factor=0 in [0, inf)..."

    def __init__(
        self,
        optimizer,
        start_factor=0,
        end_factor=1,
        warmup_steps=100,
        base=None,
        last_epoch=-1,
    ):
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
        if not end_factor >= 0:
            raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.warmup_steps = warmup_steps
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
        value = factor(step, self.start_factor, self.end_factor, self.warmup_steps)
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
