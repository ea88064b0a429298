"""WarmupInverseRoot, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: WarmupInverseRoot(warmup_steps=4000 in [1, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
Source: Raffel et al. 2020, as transformers.get_inverse_sqrt_schedule
Canonical: schedule ~ where(t < 4000, t / 4000, sqrt(4000 / t))
Key: 2.1:8943fb912f3998baeaa322d2
"""

import keras
from keras import ops


def factor(step, warmup_steps):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
    where
        t = 0, 1, ... counts the steps
    """
    warmup_steps = ops.convert_to_tensor(warmup_steps, step.dtype)
    root = ops.sqrt(ops.where(step == 0, 0.0, warmup_steps / step))
    return ops.where(step < warmup_steps, step / warmup_steps, root)


@keras.saving.register_keras_serializable(package="nos_sym")
class WarmupInverseRoot(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        warmup_steps: setting of the factor, in [1, inf).
    """

    rule_key = "2.1:8943fb912f3998baeaa322d2 WarmupInverseRoot(warmup_steps=4000 in..."

    def __init__(self, base, warmup_steps=4000):
        if not warmup_steps >= 1:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [1, inf)")
        self.base = base
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(step, self.warmup_steps)
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "warmup_steps": self.warmup_steps,
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
