"""LR3, a learning-rate schedule for PyTorch.

Rule: LR3 = schedule ~ arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
Key: 2.1:b671ed834e3fe24720e0e61d
"""

import functools
import math
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
    where
        dsoft(x) = 1/(1 + |x|)
        dtanh(x) = 1 - tanh(x)^2
        a14 = 0.95 - b/(0.05 + b), b = 0.95 (1 - (t+1)/T)
        a10 = r
        a2 = p
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    r = (2 * t % total_steps) / total_steps
    remaining = 1 - (t + 1) / total_steps
    product = 0.95 * remaining
    a14 = 0.95 - product / (0.05 + product)
    product_2 = (1 - math.tanh(r) ** 2) * math.sqrt(1 / (1 + a14))
    return math.atan(p) / product_2


class LR3(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        total_steps: number of steps T.
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:b671ed834e3fe24720e0e61d LR3 = schedule ~ arctan(a2) / (dtanh(a1..."

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
