"""PiecewiseConstant, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: PiecewiseConstant(boundary1=30 in [0, inf), boundary2=60 in [0, inf), boundary3=90 in [0, inf), factor1=1 in [0, inf), factor2=0.1 in [0, inf), factor3=0.01 in [0, inf), factor4=0.001 in [0, inf)) = schedule ~ where(t <= boundary1, factor1, where(t <= boundary2, factor2, where(t <= boundary3, factor3, factor4)))
Source: as keras.optimizers.schedules.PiecewiseConstantDecay
Canonical: schedule ~ where(t <= 30, 1, where(t <= 60, 0.1, where(t <= 90, 0.01, 0.001)))
Key: 2.1:26db48ade35034f6dadc73ab
"""

import keras
from keras import ops


def factor(step, boundary1, boundary2, boundary3, factor1, factor2, factor3, factor4):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(t <= boundary1, factor1, where(t <= boundary2, factor2, where(t <= boundary3, factor3, factor4)))
    where
        t = 0, 1, ... counts the steps
    """
    boundary1 = ops.convert_to_tensor(boundary1, step.dtype)
    boundary2 = ops.convert_to_tensor(boundary2, step.dtype)
    boundary3 = ops.convert_to_tensor(boundary3, step.dtype)
    factor1 = ops.convert_to_tensor(factor1, step.dtype)
    factor2 = ops.convert_to_tensor(factor2, step.dtype)
    factor3 = ops.convert_to_tensor(factor3, step.dtype)
    factor4 = ops.convert_to_tensor(factor4, step.dtype)
    chosen = ops.where(step <= boundary3, factor3, factor4)
    chosen_2 = ops.where(step <= boundary2, factor2, chosen)
    return ops.where(step <= boundary1, factor1, chosen_2)


@keras.saving.register_keras_serializable(package="nos_sym")
class PiecewiseConstant(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        boundary1: setting of the factor, in [0, inf).
        boundary2: setting of the factor, in [0, inf).
        boundary3: setting of the factor, in [0, inf).
        factor1: setting of the factor, in [0, inf).
        factor2: setting of the factor, in [0, inf).
        factor3: setting of the factor, in [0, inf).
        factor4: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:26db48ade35034f6dadc73ab PiecewiseConstant(boundary1=30 in [0, i..."

    def __init__(
        self,
        base,
        boundary1=30,
        boundary2=60,
        boundary3=90,
        factor1=1,
        factor2=0.1,
        factor3=0.01,
        factor4=0.001,
    ):
        if not boundary1 >= 0:
            raise ValueError(f"Invalid boundary1: {boundary1}, not in [0, inf)")
        if not boundary2 >= 0:
            raise ValueError(f"Invalid boundary2: {boundary2}, not in [0, inf)")
        if not boundary3 >= 0:
            raise ValueError(f"Invalid boundary3: {boundary3}, not in [0, inf)")
        if not factor1 >= 0:
            raise ValueError(f"Invalid factor1: {factor1}, not in [0, inf)")
        if not factor2 >= 0:
            raise ValueError(f"Invalid factor2: {factor2}, not in [0, inf)")
        if not factor3 >= 0:
            raise ValueError(f"Invalid factor3: {factor3}, not in [0, inf)")
        if not factor4 >= 0:
            raise ValueError(f"Invalid factor4: {factor4}, not in [0, inf)")
        self.base = base
        self.boundary1 = boundary1
        self.boundary2 = boundary2
        self.boundary3 = boundary3
        self.factor1 = factor1
        self.factor2 = factor2
        self.factor3 = factor3
        self.factor4 = factor4

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
            self.factor1,
            self.factor2,
            self.factor3,
            self.factor4,
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
            "factor1": self.factor1,
            "factor2": self.factor2,
            "factor3": self.factor3,
            "factor4": self.factor4,
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
