"""Triangular, a learning-rate schedule for PyTorch.

Rule: Triangular(low_factor=0.1 in [0, inf), step_size_up=2000 in [1, inf), step_size_down=2000 in [1, inf)) = schedule ~ low_factor + (1 - low_factor) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
Source: Smith 2017, as torch.optim.lr_scheduler.CyclicLR
Canonical: schedule ~ 0.1 + (1 - 0.1) * where(mod(t, 2000 + 2000) <= 2000, mod(t, 2000 + 2000) / 2000, (2000 + 2000 - mod(t, 2000 + 2000)) / 2000)
Key: 2.1:c6812b9bfa21738a37cc3813
"""

import functools
import math
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, low_factor, step_size_up, step_size_down):
    """Return the factor of a step, which counts from 0.

    factor(t) = low_factor + (1 - low_factor) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
    where
        mod(x, y) = x - y floor(x/y)
        t = 0, 1, ... counts the steps
    """
    total = step_size_up + step_size_down
    remainder = step if total == 0 else step - total * math.floor(step / total)
    ratio = (total - remainder) / step_size_down
    holds = remainder <= step_size_up
    chosen = (remainder / step_size_up) if holds else ratio
    return low_factor + (1 - low_factor) * chosen


class Triangular(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        low_factor: setting of the factor, in [0, inf).
        step_size_up: setting of the factor, in [1, inf).
        step_size_down: setting of the factor, in [1, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:c6812b9bfa21738a37cc3813 Triangular(low_factor=0.1 in [0, inf),..."

    def __init__(
        self,
        optimizer,
        low_factor=0.1,
        step_size_up=2000,
        step_size_down=2000,
        base=None,
        last_epoch=-1,
    ):
        if not low_factor >= 0:
            raise ValueError(f"Invalid low_factor: {low_factor}, not in [0, inf)")
        if not step_size_up >= 1:
            raise ValueError(f"Invalid step_size_up: {step_size_up}, not in [1, inf)")
        if not step_size_down >= 1:
            raise ValueError(
                f"Invalid step_size_down: {step_size_down}, not in [1, inf)"
            )
        self.low_factor = low_factor
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
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
        value = factor(step, self.low_factor, self.step_size_up, self.step_size_down)
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
