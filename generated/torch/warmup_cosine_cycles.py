"""WarmupCosineCycles, a learning-rate schedule for PyTorch.

Rule: WarmupCosineCycles(warmup_steps1=100 in [0, inf), steps1=1000 in [1, inf), start_factor1=0 in [0, inf), peak_factor1=1 in [0, inf), final_factor1=0 in [0, inf), power1=1 in [0, inf), warmup_steps2=100 in [0, inf), steps2=2000 in [1, inf), start_factor2=0 in [0, inf), peak_factor2=0.5 in [0, inf), final_factor2=0 in [0, inf), power2=1 in [0, inf), warmup_steps3=100 in [0, inf), steps3=4000 in [1, inf), start_factor3=0 in [0, inf), peak_factor3=0.25 in [0, inf), final_factor3=0 in [0, inf), power3=1 in [0, inf)) = schedule ~ where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
Source: Loshchilov and Hutter 2017, as optax.sgdr_schedule
Canonical: schedule ~ where(t < 1000, where(t < 100, 0 + (1 - 0) * (t / 100), 0 + (1 - 0) * abspow((1 + cospi(min((t - 100) / max(1000 - 100, 1), 1))) / 2, 1)), where(t < 1000 + 2000, where(t - 1000 < 100, 0 + (0.5 - 0) * ((t - 1000) / 100), 0 + (0.5 - 0) * abspow((1 + cospi(min((t - 1000 - 100) / max(2000 - 100, 1), 1))) / 2, 1)), where(t - 1000 - 2000 < 100, 0 + (0.25 - 0) * ((t - 1000 - 2000) / 100), 0 + (0.25 - 0) * abspow((1 + cospi(min((t - 1000 - 2000 - 100) / max(4000 - 100, 1), 1))) / 2, 1))))
Key: 2.1:4af9356218858ac7ce5068ec
"""

import functools
import math
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(
    step,
    warmup_steps1,
    steps1,
    start_factor1,
    peak_factor1,
    final_factor1,
    power1,
    warmup_steps2,
    steps2,
    start_factor2,
    peak_factor2,
    final_factor2,
    power2,
    warmup_steps3,
    steps3,
    start_factor3,
    peak_factor3,
    final_factor3,
    power3,
):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
    where
        abspow(x, y) = |x|^y
        cospi(x) = cos(pi x)
        t = 0, 1, ... counts the steps
    """
    ratio = 0.0 if warmup_steps1 == 0 else step / warmup_steps1
    smaller = min((step - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1)
    ratio_2 = (1 + math.cos(math.pi * smaller)) / 2
    power = torch.pow(torch.tensor(ratio_2, dtype=torch.float64), power1).item()
    total = final_factor1 + (peak_factor1 - final_factor1) * power
    total_2 = start_factor1 + (peak_factor1 - start_factor1) * ratio
    difference = step - steps1
    ratio_3 = 0.0 if warmup_steps2 == 0 else difference / warmup_steps2
    ratio_4 = (difference - warmup_steps2) / max(steps2 - warmup_steps2, 1)
    ratio_5 = (1 + math.cos(math.pi * min(ratio_4, 1))) / 2
    power_2 = torch.pow(torch.tensor(ratio_5, dtype=torch.float64), power2).item()
    total_3 = final_factor2 + (peak_factor2 - final_factor2) * power_2
    total_4 = start_factor2 + (peak_factor2 - start_factor2) * ratio_3
    difference_2 = difference - steps2
    ratio_6 = 0.0 if warmup_steps3 == 0 else difference_2 / warmup_steps3
    ratio_7 = (difference_2 - warmup_steps3) / max(steps3 - warmup_steps3, 1)
    ratio_8 = (1 + math.cos(math.pi * min(ratio_7, 1))) / 2
    power_3 = torch.pow(torch.tensor(ratio_8, dtype=torch.float64), power3).item()
    total_5 = final_factor3 + (peak_factor3 - final_factor3) * power_3
    total_6 = start_factor3 + (peak_factor3 - start_factor3) * ratio_6
    chosen = total_6 if (difference_2 < warmup_steps3) else total_5
    chosen_2 = total_4 if (difference < warmup_steps2) else total_3
    chosen_3 = chosen_2 if (step < (steps1 + steps2)) else chosen
    chosen_4 = total_2 if (step < warmup_steps1) else total
    return chosen_4 if (step < steps1) else chosen_3


class WarmupCosineCycles(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        warmup_steps1: setting of the factor, in [0, inf).
        steps1: setting of the factor, in [1, inf).
        start_factor1: setting of the factor, in [0, inf).
        peak_factor1: setting of the factor, in [0, inf).
        final_factor1: setting of the factor, in [0, inf).
        power1: setting of the factor, in [0, inf).
        warmup_steps2: setting of the factor, in [0, inf).
        steps2: setting of the factor, in [1, inf).
        start_factor2: setting of the factor, in [0, inf).
        peak_factor2: setting of the factor, in [0, inf).
        final_factor2: setting of the factor, in [0, inf).
        power2: setting of the factor, in [0, inf).
        warmup_steps3: setting of the factor, in [0, inf).
        steps3: setting of the factor, in [1, inf).
        start_factor3: setting of the factor, in [0, inf).
        peak_factor3: setting of the factor, in [0, inf).
        final_factor3: setting of the factor, in [0, inf).
        power3: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:4af9356218858ac7ce5068ec WarmupCosineCycles(warmup_steps1=100 in..."

    def __init__(
        self,
        optimizer,
        warmup_steps1=100,
        steps1=1000,
        start_factor1=0,
        peak_factor1=1,
        final_factor1=0,
        power1=1,
        warmup_steps2=100,
        steps2=2000,
        start_factor2=0,
        peak_factor2=0.5,
        final_factor2=0,
        power2=1,
        warmup_steps3=100,
        steps3=4000,
        start_factor3=0,
        peak_factor3=0.25,
        final_factor3=0,
        power3=1,
        base=None,
        last_epoch=-1,
    ):
        if not warmup_steps1 >= 0:
            raise ValueError(f"Invalid warmup_steps1: {warmup_steps1}, not in [0, inf)")
        if not steps1 >= 1:
            raise ValueError(f"Invalid steps1: {steps1}, not in [1, inf)")
        if not start_factor1 >= 0:
            raise ValueError(f"Invalid start_factor1: {start_factor1}, not in [0, inf)")
        if not peak_factor1 >= 0:
            raise ValueError(f"Invalid peak_factor1: {peak_factor1}, not in [0, inf)")
        if not final_factor1 >= 0:
            raise ValueError(f"Invalid final_factor1: {final_factor1}, not in [0, inf)")
        if not power1 >= 0:
            raise ValueError(f"Invalid power1: {power1}, not in [0, inf)")
        if not warmup_steps2 >= 0:
            raise ValueError(f"Invalid warmup_steps2: {warmup_steps2}, not in [0, inf)")
        if not steps2 >= 1:
            raise ValueError(f"Invalid steps2: {steps2}, not in [1, inf)")
        if not start_factor2 >= 0:
            raise ValueError(f"Invalid start_factor2: {start_factor2}, not in [0, inf)")
        if not peak_factor2 >= 0:
            raise ValueError(f"Invalid peak_factor2: {peak_factor2}, not in [0, inf)")
        if not final_factor2 >= 0:
            raise ValueError(f"Invalid final_factor2: {final_factor2}, not in [0, inf)")
        if not power2 >= 0:
            raise ValueError(f"Invalid power2: {power2}, not in [0, inf)")
        if not warmup_steps3 >= 0:
            raise ValueError(f"Invalid warmup_steps3: {warmup_steps3}, not in [0, inf)")
        if not steps3 >= 1:
            raise ValueError(f"Invalid steps3: {steps3}, not in [1, inf)")
        if not start_factor3 >= 0:
            raise ValueError(f"Invalid start_factor3: {start_factor3}, not in [0, inf)")
        if not peak_factor3 >= 0:
            raise ValueError(f"Invalid peak_factor3: {peak_factor3}, not in [0, inf)")
        if not final_factor3 >= 0:
            raise ValueError(f"Invalid final_factor3: {final_factor3}, not in [0, inf)")
        if not power3 >= 0:
            raise ValueError(f"Invalid power3: {power3}, not in [0, inf)")
        self.warmup_steps1 = warmup_steps1
        self.steps1 = steps1
        self.start_factor1 = start_factor1
        self.peak_factor1 = peak_factor1
        self.final_factor1 = final_factor1
        self.power1 = power1
        self.warmup_steps2 = warmup_steps2
        self.steps2 = steps2
        self.start_factor2 = start_factor2
        self.peak_factor2 = peak_factor2
        self.final_factor2 = final_factor2
        self.power2 = power2
        self.warmup_steps3 = warmup_steps3
        self.steps3 = steps3
        self.start_factor3 = start_factor3
        self.peak_factor3 = peak_factor3
        self.final_factor3 = final_factor3
        self.power3 = power3
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
            self.warmup_steps1,
            self.steps1,
            self.start_factor1,
            self.peak_factor1,
            self.final_factor1,
            self.power1,
            self.warmup_steps2,
            self.steps2,
            self.start_factor2,
            self.peak_factor2,
            self.final_factor2,
            self.power2,
            self.warmup_steps3,
            self.steps3,
            self.start_factor3,
            self.peak_factor3,
            self.final_factor3,
            self.power3,
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
