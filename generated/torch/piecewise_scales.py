"""PiecewiseScales, a learning-rate schedule for PyTorch.

Rule: PiecewiseScales(boundary1=30 in [0, inf), boundary2=60 in [0, inf), boundary3=90 in [0, inf), scale1=0.1 in [0, inf), scale2=0.1 in [0, inf), scale3=0.1 in [0, inf)) = schedule ~ where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
Source: as optax.piecewise_constant_schedule
Canonical: schedule ~ where(t >= 30, 0.1, 1) * where(t >= 60, 0.1, 1) * where(t >= 90, 0.1, 1)
Key: 2.1:c64a35a02f55a523fe13eb2e
"""

import functools
from types import FunctionType

from torch.optim.lr_scheduler import LambdaLR


def factor(step, boundary1, boundary2, boundary3, scale1, scale2, scale3):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
    where
        t = 0, 1, ... counts the steps
    """
    chosen = scale2 if (boundary2 <= step) else 1
    product = (scale1 if (boundary1 <= step) else 1) * chosen
    return product * (scale3 if (boundary3 <= step) else 1)


class PiecewiseScales(LambdaLR):
    """Sets the learning rate to its initial value times `factor(t)`, times a base schedule.

    Args:
        optimizer: the optimizer whose learning rate is scheduled.
        boundary1: setting of the factor, in [0, inf).
        boundary2: setting of the factor, in [0, inf).
        boundary3: setting of the factor, in [0, inf).
        scale1: setting of the factor, in [0, inf).
        scale2: setting of the factor, in [0, inf).
        scale3: setting of the factor, in [0, inf).
        base: function of the step that multiplies the factor, for example a warm-up.
        last_epoch: index of the last step, -1 to start.
    """

    rule_key = "2.1:c64a35a02f55a523fe13eb2e PiecewiseScales(boundary1=30 in [0, inf..."

    def __init__(
        self,
        optimizer,
        boundary1=30,
        boundary2=60,
        boundary3=90,
        scale1=0.1,
        scale2=0.1,
        scale3=0.1,
        base=None,
        last_epoch=-1,
    ):
        if not boundary1 >= 0:
            raise ValueError(f"Invalid boundary1: {boundary1}, not in [0, inf)")
        if not boundary2 >= 0:
            raise ValueError(f"Invalid boundary2: {boundary2}, not in [0, inf)")
        if not boundary3 >= 0:
            raise ValueError(f"Invalid boundary3: {boundary3}, not in [0, inf)")
        if not scale1 >= 0:
            raise ValueError(f"Invalid scale1: {scale1}, not in [0, inf)")
        if not scale2 >= 0:
            raise ValueError(f"Invalid scale2: {scale2}, not in [0, inf)")
        if not scale3 >= 0:
            raise ValueError(f"Invalid scale3: {scale3}, not in [0, inf)")
        self.boundary1 = boundary1
        self.boundary2 = boundary2
        self.boundary3 = boundary3
        self.scale1 = scale1
        self.scale2 = scale2
        self.scale3 = scale3
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
            self.boundary1,
            self.boundary2,
            self.boundary3,
            self.scale1,
            self.scale2,
            self.scale3,
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
