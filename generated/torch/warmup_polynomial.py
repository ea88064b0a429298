"""WarmupPolynomial, a learning-rate schedule for PyTorch.

Rule: WarmupPolynomial(warmup_steps=100 in [0, inf), power=2 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
Source: as transformers.get_polynomial_decay_schedule_with_warmup
Canonical: schedule ~ where(t < 100, t / 100, 0 + (1 - 0) * abspow(1 - min((t - 100) / max(T - 100, 1), 1), 2))
Key: 2.1:a9ddeb6c5187b56950629908
"""

import functools
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(step, total_steps, warmup_steps, power, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ..., T - 1 for T total steps
    """
    ratio = (step - warmup_steps) / max(total_steps - warmup_steps, 1)
    difference = 1 - min(ratio, 1)
    power_2 = torch.pow(torch.tensor(difference, dtype=torch.float64), power).item()
    ratio_2 = 0.0 if warmup_steps == 0 else step / warmup_steps
    total = final_factor + (1 - final_factor) * power_2
    return ratio_2 if (step < warmup_steps) else total


class WarmupPolynomial(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:a9ddeb6c5187b56950629908 WarmupPolynomial(warmup_steps=100 in [0..."

    def __init__(
        self,
        optimizer,
        total_steps,
        warmup_steps=100,
        power=2,
        final_factor=0,
        base=None,
        last_epoch=-1,
    ):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        if not power >= 0:
            raise ValueError(f"Invalid power: {power}, not in [0, inf)")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.power = power
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
            step, self.total_steps, self.warmup_steps, self.power, self.final_factor
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
