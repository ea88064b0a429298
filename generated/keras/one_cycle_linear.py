"""OneCycleLinear, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: OneCycleLinear(pct_start=0.3 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), 1 + (1 / div_factor / final_div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (T - pct_start * T)))
Source: Smith and Topin 2018, as torch.optim.lr_scheduler.OneCycleLR with linear
Canonical: schedule ~ where(t <= 0.3 * T - 1, 1 / 25 + (1 - 1 / 25) * (t / (0.3 * T - 1)), 1 + (1 / 25 / 10000 - 1) * ((min(t, T) - (0.3 * T - 1)) / (T - 0.3 * T)))
Key: 2.1:679b5acab09c364c6626e6ea
"""

import keras
from keras import ops


def factor(step, total_steps, pct_start, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), 1 + (1 / div_factor / final_div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (T - pct_start * T)))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = ops.convert_to_tensor(total_steps, step.dtype)
    pct_start = ops.convert_to_tensor(pct_start, step.dtype)
    div_factor = ops.convert_to_tensor(div_factor, step.dtype)
    final_div_factor = ops.convert_to_tensor(final_div_factor, step.dtype)
    product = pct_start * total_steps
    difference = product - 1
    ratio = 1 / div_factor
    product_2 = (1 - ratio) * ops.where(difference == 0, 0.0, step / difference)
    difference_2 = total_steps - product
    difference_3 = ops.minimum(step, total_steps) - difference
    ratio_2 = ops.where(difference_2 == 0, 0.0, difference_3 / difference_2)
    total = 1 + (ratio / final_div_factor - 1) * ratio_2
    return ops.where(step <= difference, ratio + product_2, total)


@keras.saving.register_keras_serializable(package="nos_sym")
class OneCycleLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
    """

    rule_key = "2.1:679b5acab09c364c6626e6ea OneCycleLinear(pct_start=0.3 in [0, 1],..."

    def __init__(
        self, base, total_steps, pct_start=0.3, div_factor=25, final_div_factor=10000
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
        self.base = base
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step,
            self.total_steps,
            self.pct_start,
            self.div_factor,
            self.final_div_factor,
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "pct_start": self.pct_start,
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
            "rule_key": self.rule_key,
        }

    @classmethod
    def from_config(cls, config):
        """Make a schedule from what `get_config` returned."""
        own, given = cls.rule_key, str(config.get("rule_key", cls.rule_key))
        versions = [x.split(":")[0] for x in (own, given)]
        if versions[0] == versions[1] and own.split()[0] != given.split()[0]:
            says = f"of the rule {given[:99]!r}, not {own!r}"
            raise ValueError(f"Invalid config: {says}; take a class of that rule")
        given = {key: value for key, value in config.items() if key != "rule_key"}
        base = keras.saving.deserialize_keras_object(config["base"])
        return cls(**{**given, "base": base})
