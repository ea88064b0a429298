"""ConstantRate, a learning-rate schedule for TensorFlow (Keras 3).

Rule: ConstantRate = schedule ~ 1
Source: Robbins and Monro 1951, as optax.constant_schedule
Canonical: schedule ~ 1
Key: 2.1:675f0d4e8f26110e516b390d
"""

import keras
import tensorflow as tf


def factor(step):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = 1
    """
    return 1


@keras.saving.register_keras_serializable(package="nos_sym")
class ConstantRate(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
    """

    rule_key = "2.1:675f0d4e8f26110e516b390d ConstantRate = schedule ~ 1"

    def __init__(self, base):
        self.base = base

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(step)
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {"base": base, "rule_key": self.rule_key}

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
