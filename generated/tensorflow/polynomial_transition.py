"""PolynomialTransition, a learning-rate schedule for TensorFlow (Keras 3).

Rule: PolynomialTransition(start_factor=1 in [0, inf), end_factor=0 in [0, inf), power=1 in [0, inf), transition_steps=1000 in [1, inf), transition_begin=0 in [0, inf)) = schedule ~ end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
Source: as optax.polynomial_schedule
Canonical: schedule ~ 0 + (1 - 0) * abspow(1 - min(max(t - 0, 0) / 1000, 1), 1)
Key: 2.1:f8d0acdf81d6447f5e30c868
"""

import keras
import tensorflow as tf


def factor(step, start_factor, end_factor, power, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    start_factor = tf.convert_to_tensor(start_factor, step.dtype)
    end_factor = tf.convert_to_tensor(end_factor, step.dtype)
    power = tf.convert_to_tensor(power, step.dtype)
    transition_steps = tf.convert_to_tensor(transition_steps, step.dtype)
    transition_begin = tf.convert_to_tensor(transition_begin, step.dtype)
    ratio = tf.maximum(step - transition_begin, 0) / transition_steps
    power_2 = (1 - tf.minimum(ratio, 1)) ** power
    return end_factor + (start_factor - end_factor) * power_2


@keras.saving.register_keras_serializable(package="nos_sym")
class PolynomialTransition(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in [1, inf).
        transition_begin: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:f8d0acdf81d6447f5e30c868 PolynomialTransition(start_factor=1 in..."

    def __init__(
        self,
        base,
        start_factor=1,
        end_factor=0,
        power=1,
        transition_steps=1000,
        transition_begin=0,
    ):
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
        if not end_factor >= 0:
            raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
        if not power >= 0:
            raise ValueError(f"Invalid power: {power}, not in [0, inf)")
        if not transition_steps >= 1:
            raise ValueError(
                f"Invalid transition_steps: {transition_steps}, not in [1, inf)"
            )
        if not transition_begin >= 0:
            raise ValueError(
                f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
            )
        self.base = base
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.power = power
        self.transition_steps = transition_steps
        self.transition_begin = transition_begin

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step,
            self.start_factor,
            self.end_factor,
            self.power,
            self.transition_steps,
            self.transition_begin,
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "start_factor": self.start_factor,
            "end_factor": self.end_factor,
            "power": self.power,
            "transition_steps": self.transition_steps,
            "transition_begin": self.transition_begin,
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
