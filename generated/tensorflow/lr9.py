"""LR9, a learning-rate schedule for TensorFlow (Keras 3).

Rule: LR9 = schedule ~ tanh(max(a10, a6))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ tanh(max(a10, a6))
Key: 2.1:33537b59b121828f24dc23a4
"""

import math

import keras
import tensorflow as tf


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = tanh(max(a10, a6))
    where
        a6 = (1 - cos(2 pi p))/2
        a10 = r
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    t = tf.minimum(step, total_steps - 1)  # decays hold their last value
    r = (2 * t % total_steps) / total_steps
    p = t / total_steps
    a6 = (1 - tf.cos(math.pi * (2 * p))) / 2
    return tf.math.tanh(tf.maximum(r, a6))


@keras.saving.register_keras_serializable(package="nos_sym")
class LR9(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
    """

    rule_key = "2.1:33537b59b121828f24dc23a4 LR9 = schedule ~ tanh(max(a10, a6))"

    def __init__(self, base, total_steps):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        self.base = base
        self.total_steps = total_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(step, self.total_steps)
        return tf.cast(base, dtype) * tf.cast(value, dtype)

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
