"""PolynomialTransition, a learning-rate schedule for PyTorch.

Rule: PolynomialTransition(start_factor=1 in [0, inf), end_factor=0 in [0, inf), power=1 in [0, inf), transition_steps=1000 in [1, inf), transition_begin=0 in [0, inf)) = schedule ~ end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
Source: as optax.polynomial_schedule
Canonical: schedule ~ 0 + (1 - 0) * abspow(1 - min(max(t - 0, 0) / 1000, 1), 1)
Key: 2.1:f8d0acdf81d6447f5e30c868
"""

import functools
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, start_factor, end_factor, power, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0.

    factor(t) = end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    difference = 1 - min(max(step - transition_begin, 0) / transition_steps, 1)
    power_2 = torch.pow(torch.tensor(difference, dtype=torch.float64), power).item()
    return end_factor + (start_factor - end_factor) * power_2


class PolynomialTransition(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in [1, inf).
        transition_begin: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:f8d0acdf81d6447f5e30c868 PolynomialTransition(start_factor=1 in..."

    def __init__(
        self,
        optimizer,
        start_factor=1,
        end_factor=0,
        power=1,
        transition_steps=1000,
        transition_begin=0,
        base=None,
        last_epoch=-1,
    ):
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
        if not end_factor >= 0:
            raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
        if not power >= 0:
            raise ValueError(f"Invalid power: {power}, not in [0, inf)")
        if not transition_steps >= 1:
            raise ValueError(
                f"Invalid transition_steps: {transition_steps}, not in [1, inf)"
            )
        if not transition_begin >= 0:
            raise ValueError(
                f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.power = power
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
            step,
            self.start_factor,
            self.end_factor,
            self.power,
            self.transition_steps,
            self.transition_begin,
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
