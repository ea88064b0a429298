"""LR8, a learning-rate schedule for PyTorch.

Rule: LR8 = schedule ~ 1 / sqrt(softsign(arctan(a12)))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ 1 / sqrt(softsign(arctan(a12)))
Key: 2.1:bada1686a4886e160f3df71f
"""

import functools
import math
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = 1 / sqrt(softsign(arctan(a12)))
    where
        softsign(x) = x/(1 + |x|)
        a12 = 1 - 0.01^p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a12 = 1 - 0.01**p
    arctan = math.atan(a12)
    root = math.sqrt(arctan / (1 + arctan))
    return 0.0 if root == 0 else 1 / root


class LR8(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        total_steps: number of steps T.
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:bada1686a4886e160f3df71f LR8 = schedule ~ 1 / sqrt(softsign(arct..."

    def __init__(self, optimizer, total_steps, base=None, last_epoch=-1):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        self.total_steps = total_steps
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
        value = factor(step, self.total_steps)
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
