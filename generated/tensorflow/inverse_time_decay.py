"""InverseTimeDecay, a learning-rate schedule for TensorFlow (Keras 3).

Rule: InverseTimeDecay(decay_rate=0.5 in [0, inf), decay_steps=1000 in (0, inf)) = schedule ~ 1 / (1 + decay_rate * (t / decay_steps))
Source: Darken and Moody 1990, as keras.optimizers.schedules.InverseTimeDecay
Canonical: schedule ~ 1 / (1 + 0.5 * (t / 1000))
Key: 2.1:2d9e25a6453bcee4deb4dfce
"""

import keras
import tensorflow as tf


def factor(step, decay_rate, decay_steps):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = 1 / (1 + decay_rate * (t / decay_steps))
    where
        t = 0, 1, ... counts the steps
    """
    decay_rate = tf.convert_to_tensor(decay_rate, step.dtype)
    decay_steps = tf.convert_to_tensor(decay_steps, step.dtype)
    return 1 / (1 + decay_rate * (step / decay_steps))


@keras.saving.register_keras_serializable(package="nos_sym")
class InverseTimeDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        decay_rate: setting of the factor, in [0, inf).
        decay_steps: setting of the factor, in (0, inf).
    """

    rule_key = "2.1:2d9e25a6453bcee4deb4dfce InverseTimeDecay(decay_rate=0.5 in [0,..."

    def __init__(self, base, decay_rate=0.5, decay_steps=1000):
        if not decay_rate >= 0:
            raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
        if not decay_steps > 0:
            raise ValueError(f"Invalid decay_steps: {decay_steps}, not in (0, inf)")
        self.base = base
        self.decay_rate = decay_rate
        self.decay_steps = decay_steps

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(step, self.decay_rate, self.decay_steps)
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "decay_rate": self.decay_rate,
            "decay_steps": self.decay_steps,
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
