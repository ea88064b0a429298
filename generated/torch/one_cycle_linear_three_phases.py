"""OneCycleLinearThreePhases, a learning-rate schedule for PyTorch.

Rule: OneCycleLinearThreePhases(pct_start=0.3 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), where(min(t, T) <= 2 * pct_start * T - 2, 1 + (1 / div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (pct_start * T - 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - (2 * pct_start * T - 2)) / (T + 1 - 2 * pct_start * T))))
Source: Smith and Topin 2018, as torch.optim.lr_scheduler.OneCycleLR with linear and three_phase
Canonical: schedule ~ where(t <= 0.3 * T - 1, 1 / 25 + (1 - 1 / 25) * (t / (0.3 * T - 1)), where(min(t, T) <= 2 * 0.3 * T - 2, 1 + (1 / 25 - 1) * ((min(t, T) - (0.3 * T - 1)) / (0.3 * T - 1)), 1 / 25 + (1 / 25 / 10000 - 1 / 25) * ((min(t, T) - (2 * 0.3 * T - 2)) / (T + 1 - 2 * 0.3 * T))))
Key: 2.1:9931fac3fc2a974507a228e3
"""

import functools
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, total_steps, pct_start, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), where(min(t, T) <= 2 * pct_start * T - 2, 1 + (1 / div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (pct_start * T - 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - (2 * pct_start * T - 2)) / (T + 1 - 2 * pct_start * T))))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    difference = pct_start * total_steps - 1
    ratio = 1 / div_factor
    product = (1 - ratio) * (0.0 if difference == 0 else step / difference)
    smaller = min(step, total_steps)
    product_2 = 2 * pct_start * total_steps
    difference_2 = product_2 - 2
    ratio_2 = 0.0 if difference == 0 else (smaller - difference) / difference
    difference_3 = total_steps + 1 - product_2
    difference_4 = smaller - difference_2
    ratio_3 = 0.0 if difference_3 == 0 else difference_4 / difference_3
    total = ratio + (ratio / final_div_factor - ratio) * ratio_3
    total_2 = 1 + (ratio - 1) * ratio_2
    chosen = total_2 if (smaller <= difference_2) else total
    return (ratio + product) if (step <= difference) else chosen


class OneCycleLinearThreePhases(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:9931fac3fc2a974507a228e3 OneCycleLinearThreePhases(pct_start=0.3..."

    def __init__(
        self,
        optimizer,
        total_steps,
        pct_start=0.3,
        div_factor=25,
        final_div_factor=10000,
        base=None,
        last_epoch=-1,
    ):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Invalid pct_start: {pct_start}, not in [0, 1]")
        if not div_factor > 0:
            raise ValueError(f"Invalid div_factor: {div_factor}, not in (0, inf)")
        if not final_div_factor > 0:
            raise ValueError(
                f"Invalid final_div_factor: {final_div_factor}, not in (0, inf)"
            )
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
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
            self.total_steps,
            self.pct_start,
            self.div_factor,
            self.final_div_factor,
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
