"""PiecewiseScales, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: PiecewiseScales(boundary1=30 in [0, inf), boundary2=60 in [0, inf), boundary3=90 in [0, inf), scale1=0.1 in [0, inf), scale2=0.1 in [0, inf), scale3=0.1 in [0, inf)) = schedule ~ where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
Source: as optax.piecewise_constant_schedule
Canonical: schedule ~ where(t >= 30, 0.1, 1) * where(t >= 60, 0.1, 1) * where(t >= 90, 0.1, 1)
Key: 2.1:c64a35a02f55a523fe13eb2e
"""

import keras
from keras import ops


def factor(step, boundary1, boundary2, boundary3, scale1, scale2, scale3):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
    where
        t = 0, 1, ... counts the steps
    """
    boundary1 = ops.convert_to_tensor(boundary1, step.dtype)
    boundary2 = ops.convert_to_tensor(boundary2, step.dtype)
    boundary3 = ops.convert_to_tensor(boundary3, step.dtype)
    scale1 = ops.convert_to_tensor(scale1, step.dtype)
    scale2 = ops.convert_to_tensor(scale2, step.dtype)
    scale3 = ops.convert_to_tensor(scale3, step.dtype)
    chosen = ops.where(boundary2 <= step, scale2, 1)
    product = ops.where(boundary1 <= step, scale1, 1) * chosen
    return product * ops.where(boundary3 <= step, scale3, 1)


@keras.saving.register_keras_serializable(package="nos_sym")
class PiecewiseScales(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        boundary1: setting of the factor, in [0, inf).
        boundary2: setting of the factor, in [0, inf).
        boundary3: setting of the factor, in [0, inf).
        scale1: setting of the factor, in [0, inf).
        scale2: setting of the factor, in [0, inf).
        scale3: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:c64a35a02f55a523fe13eb2e PiecewiseScales(boundary1=30 in [0, inf..."

    def __init__(
        self,
        base,
        boundary1=30,
        boundary2=60,
        boundary3=90,
        scale1=0.1,
        scale2=0.1,
        scale3=0.1,
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
        self.base = base
        self.boundary1 = boundary1
        self.boundary2 = boundary2
        self.boundary3 = boundary3
        self.scale1 = scale1
        self.scale2 = scale2
        self.scale3 = scale3

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step,
            self.boundary1,
            self.boundary2,
            self.boundary3,
            self.scale1,
            self.scale2,
            self.scale3,
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "boundary1": self.boundary1,
            "boundary2": self.boundary2,
            "boundary3": self.boundary3,
            "scale1": self.scale1,
            "scale2": self.scale2,
            "scale3": self.scale3,
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
