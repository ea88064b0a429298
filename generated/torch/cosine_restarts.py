"""CosineRestarts, a learning-rate schedule for PyTorch.

Rule: CosineRestarts(first_steps=10 in [1, inf), growth=2 in [1, inf), shrink=1 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
Source: Loshchilov and Hutter 2017, as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
Canonical: schedule ~ 0 + (1 - 0) * where(2 == 1, abspow(1, floor(t / 10)) * ((1 + cospi(t / 10 - floor(t / 10))) / 2), abspow(1, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) * ((1 + cospi(((1 + t * (2 - 1) / 10) / abspow(2, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) - 1) / (2 - 1))) / 2))
Key: 2.1:062fb17acb15eb771f6c466e
"""

import functools
import math
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, first_steps, growth, shrink, final_factor):
    """Return the factor of a step, which counts from 0.

    factor(t) = final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
    where
        cospi(x) = cos(pi x)
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    ratio = step / first_steps
    whole = math.floor(ratio)
    power = torch.pow(torch.tensor(shrink, dtype=torch.float64), whole).item()
    difference = growth - 1
    logarithm = math.log(growth)
    logarithm_2 = math.log(1 + (step + 0.5) * difference / first_steps)
    whole_2 = math.floor(0.0 if logarithm == 0 else logarithm_2 / logarithm)
    power_2 = torch.pow(torch.tensor(growth, dtype=torch.float64), whole_2).item()
    difference_2 = (1 + step * difference / first_steps) / power_2 - 1
    ratio_2 = 0.0 if difference == 0 else difference_2 / difference
    power_3 = torch.pow(torch.tensor(shrink, dtype=torch.float64), whole_2).item()
    product = power * ((1 + math.cos(math.pi * (ratio - whole))) / 2)
    product_2 = power_3 * ((1 + math.cos(math.pi * ratio_2)) / 2)
    product_3 = (1 - final_factor) * (product if (growth == 1) else product_2)
    return final_factor + product_3


class CosineRestarts(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        first_steps: setting of the factor, in [1, inf).
        growth: setting of the factor, in [1, inf).
        shrink: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:062fb17acb15eb771f6c466e CosineRestarts(first_steps=10 in [1, in..."

    def __init__(
        self,
        optimizer,
        first_steps=10,
        growth=2,
        shrink=1,
        final_factor=0,
        base=None,
        last_epoch=-1,
    ):
        if not first_steps >= 1:
            raise ValueError(f"Invalid first_steps: {first_steps}, not in [1, inf)")
        if not growth >= 1:
            raise ValueError(f"Invalid growth: {growth}, not in [1, inf)")
        if not shrink >= 0:
            raise ValueError(f"Invalid shrink: {shrink}, not in [0, inf)")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.first_steps = first_steps
        self.growth = growth
        self.shrink = shrink
        self.final_factor = final_factor
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
            step, self.first_steps, self.growth, self.shrink, self.final_factor
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
