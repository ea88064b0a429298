"""LinearWarmup, a learning-rate schedule for TensorFlow (Keras 3).

Rule: LinearWarmup(start_factor=0 in [0, inf), end_factor=1 in [0, inf), warmup_steps=100 in [0, inf)) = schedule ~ start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
Source: Goyal et al. 2017, as torch.optim.lr_scheduler.LinearLR
Canonical: schedule ~ 0 + (1 - 0) * (min(t, 100) / 100)
Key: 2.1:de2f3b283ec86f0af6d51dfd
"""

import keras
import tensorflow as tf


def factor(step, start_factor, end_factor, warmup_steps):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
    where
        t = 0, 1, ... counts the steps
    """
    start_factor = tf.convert_to_tensor(start_factor, step.dtype)
    end_factor = tf.convert_to_tensor(end_factor, step.dtype)
    warmup_steps = tf.convert_to_tensor(warmup_steps, step.dtype)
    smaller = tf.minimum(step, warmup_steps)
    ratio = tf.where(
        warmup_steps == 0, tf.zeros_like(warmup_steps), smaller / warmup_steps
    )
    return start_factor + (end_factor - start_factor) * ratio


@keras.saving.register_keras_serializable(package="nos_sym")
class LinearWarmup(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:de2f3b283ec86f0af6d51dfd LinearWarmup(start_factor=0 in [0, inf)..."

    def __init__(self, base, start_factor=0, end_factor=1, warmup_steps=100):
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
        if not end_factor >= 0:
            raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        self.base = base
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(step, self.start_factor, self.end_factor, self.warmup_steps)
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "start_factor": self.start_factor,
            "end_factor": self.end_factor,
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
