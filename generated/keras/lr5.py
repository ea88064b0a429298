"""LR5, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: LR5 = schedule ~ 1 / sqrt(erf(a11))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ 1 / sqrt(erf(a11))
"""

import keras
from keras import ops


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = 1 / sqrt(erf(a11))
    where
        a11 = 0.01^p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    # Decays hold their last value; ops.minimum would round to float32.
    t = ops.where(step < total_steps, step, total_steps - 1)
    p = t / total_steps
    a11 = 0.01**p
    return 1 / ops.sqrt(ops.erf(a11))


@keras.saving.register_keras_serializable(package="nos_sym")
class LR5(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
    """

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
        return {"base": base, "total_steps": self.total_steps}

    @classmethod
    def from_config(cls, config):
        """Make a schedule from what `get_config` returned."""
        base = keras.saving.deserialize_keras_object(config["base"])
        return cls(**{**config, "base": base})
