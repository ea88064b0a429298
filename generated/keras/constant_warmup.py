"""ConstantWarmup, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: ConstantWarmup(warmup_factor=0.1 in [0, inf), warmup_steps=5 in [0, inf)) = schedule ~ where(t < warmup_steps, warmup_factor, 1)
Source: He et al. 2016, as torch.optim.lr_scheduler.ConstantLR
Canonical: schedule ~ where(t < 5, 0.1, 1)
Key: 2.1:aa52602f2fd51cdcbb57e021
"""

import keras
from keras import ops


def factor(step, warmup_factor, warmup_steps):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(t < warmup_steps, warmup_factor, 1)
    where
        t = 0, 1, ... counts the steps
    """
    warmup_factor = ops.convert_to_tensor(warmup_factor, step.dtype)
    warmup_steps = ops.convert_to_tensor(warmup_steps, step.dtype)
    return ops.where(step < warmup_steps, warmup_factor, 1)


@keras.saving.register_keras_serializable(package="nos_sym")
class ConstantWarmup(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        warmup_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:aa52602f2fd51cdcbb57e021 ConstantWarmup(warmup_factor=0.1 in [0,..."

    def __init__(self, base, warmup_factor=0.1, warmup_steps=5):
        if not warmup_factor >= 0:
            raise ValueError(f"Invalid warmup_factor: {warmup_factor}, not in [0, inf)")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        self.base = base
        self.warmup_factor = warmup_factor
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(step, self.warmup_factor, self.warmup_steps)
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "warmup_factor": self.warmup_factor,
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
