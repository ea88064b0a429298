"""LinearDecay, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: LinearDecay(final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * (1 - min(t / T, 1))
Source: as keras.optimizers.schedules.PolynomialDecay with power 1
Canonical: schedule ~ 0 + (1 - 0) * (1 - min(t / T, 1))
Key: 2.1:d2a2f559265ba1d50c9f75a8
"""

import keras
from keras import ops


def factor(step, total_steps, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = final_factor + (1 - final_factor) * (1 - min(t / T, 1))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = ops.convert_to_tensor(total_steps, step.dtype)
    final_factor = ops.convert_to_tensor(final_factor, step.dtype)
    product = (1 - final_factor) * (1 - ops.minimum(step / total_steps, 1))
    return final_factor + product


@keras.saving.register_keras_serializable(package="nos_sym")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        final_factor: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:d2a2f559265ba1d50c9f75a8 LinearDecay(final_factor=0 in [0, inf))..."

    def __init__(self, base, total_steps, final_factor=0):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.base = base
        self.total_steps = total_steps
        self.final_factor = final_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(step, self.total_steps, self.final_factor)
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "final_factor": self.final_factor,
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
