"""BoundedStepDecay, a learning-rate schedule for TensorFlow (Keras 3).

Rule: BoundedStepDecay(decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf), final_factor=0.01 in [0, inf)) = schedule ~ where(decay_rate < 1, max(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor), min(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor))
Source: as optax.exponential_decay with staircase and end_value
Canonical: schedule ~ where(1 > 0.96, max(abspow(0.96, floor(max(t - 0, 0) / 1000)), 0.01), min(abspow(0.96, floor(max(t - 0, 0) / 1000)), 0.01))
Key: 2.1:884c29eb2cad9d418f3de17d
"""

import keras
import tensorflow as tf


def factor(step, decay_rate, transition_steps, transition_begin, final_factor):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(decay_rate < 1, max(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor), min(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    decay_rate = tf.convert_to_tensor(decay_rate, step.dtype)
    transition_steps = tf.convert_to_tensor(transition_steps, step.dtype)
    transition_begin = tf.convert_to_tensor(transition_begin, step.dtype)
    final_factor = tf.convert_to_tensor(final_factor, step.dtype)
    ratio = tf.maximum(step - transition_begin, 0) / transition_steps
    power = decay_rate ** tf.floor(ratio)
    smaller = tf.minimum(power, final_factor)
    larger = tf.maximum(power, final_factor)
    return tf.where(decay_rate < 1, larger, smaller)


@keras.saving.register_keras_serializable(package="nos_sym")
class BoundedStepDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:884c29eb2cad9d418f3de17d BoundedStepDecay(decay_rate=0.96 in [0,..."

    def __init__(
        self,
        base,
        decay_rate=0.96,
        transition_steps=1000,
        transition_begin=0,
        final_factor=0.01,
    ):
        if not decay_rate >= 0:
            raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
        if not transition_steps > 0:
            raise ValueError(
                f"Invalid transition_steps: {transition_steps}, not in (0, inf)"
            )
        if not transition_begin >= 0:
            raise ValueError(
                f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
            )
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.base = base
        self.decay_rate = decay_rate
        self.transition_steps = transition_steps
        self.transition_begin = transition_begin
        self.final_factor = final_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step,
            self.decay_rate,
            self.transition_steps,
            self.transition_begin,
            self.final_factor,
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "decay_rate": self.decay_rate,
            "transition_steps": self.transition_steps,
            "transition_begin": self.transition_begin,
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
