"""LR2, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: LR2 = schedule ~ erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
Key: 2.1:5b68db6fd42c6326c457c30b
"""

import math

import keras
from keras import ops


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
    where
        dtanh(x) = 1 - tanh(x)^2
        a8 = (1 - cos(pi r))/2
        a4 = (1 - cos(pi p))/2
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    # Decays hold their last value; ops.minimum would round to float32.
    t = ops.where(step < total_steps, step, total_steps - 1)
    p = t / total_steps
    a4 = (1 - ops.cos(math.pi * p)) / 2
    r = (2 * t % total_steps) / total_steps
    a8 = (1 - ops.cos(math.pi * r)) / 2
    product = (1 - ops.tanh(a8) ** 2) * (1 - ops.tanh(a4) ** 2)
    return ops.erfc(ops.erfc(a4)) / product


@keras.saving.register_keras_serializable(package="nos_sym")
class LR2(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
    """

    rule_key = "2.1:5b68db6fd42c6326c457c30b LR2 = schedule ~ erfc(erfc(a4)) / (dtan..."

    def __init__(self, base, total_steps):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        self.base = base
        self.total_steps = total_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(step, self.total_steps)
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
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
