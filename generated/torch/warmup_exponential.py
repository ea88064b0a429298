"""WarmupExponential, a learning-rate schedule for PyTorch.

Rule: WarmupExponential(warmup_steps=100 in [0, inf), start_factor=0 in [0, inf), decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
Source: as optax.warmup_exponential_decay_schedule
Canonical: schedule ~ where(t < 100, 0 + (1 - 0) * (t / 100), abspow(0.96, max(t - 100 - 0, 0) / 1000))
Key: 2.1:44a9a1c3f3f6a2562a100075
"""

import functools
from types import FunctionType

import torch
from torch.optim.lr_scheduler import LambdaLR


def factor(
    step, warmup_steps, start_factor, decay_rate, transition_steps, transition_begin
):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    ratio = 0.0 if warmup_steps == 0 else step / warmup_steps
    larger = max(step - warmup_steps - transition_begin, 0)
    ratio_2 = larger / transition_steps
    power = torch.pow(torch.tensor(decay_rate, dtype=torch.float64), ratio_2).item()
    total = start_factor + (1 - start_factor) * ratio
    return total if (step < warmup_steps) else power


class WarmupExponential(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        warmup_steps: setting of the factor, in [0, inf).
        start_factor: setting of the factor, in [0, inf).
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:44a9a1c3f3f6a2562a100075 WarmupExponential(warmup_steps=100 in [..."

    def __init__(
        self,
        optimizer,
        warmup_steps=100,
        start_factor=0,
        decay_rate=0.96,
        transition_steps=1000,
        transition_begin=0,
        base=None,
        last_epoch=-1,
    ):
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
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
        self.warmup_steps = warmup_steps
        self.start_factor = start_factor
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
            step,
            self.warmup_steps,
            self.start_factor,
            self.decay_rate,
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
