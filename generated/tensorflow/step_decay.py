"""StepDecay, a learning-rate schedule for TensorFlow (Keras 3).

Rule: StepDecay(step_size=30 in [1, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, floor(t / step_size))
Source: Krizhevsky et al. 2012, as torch.optim.lr_scheduler.StepLR
Canonical: schedule ~ abspow(0.1, floor(t / 30))
Key: 2.1:ac5de671a3d953f3312e0c9a
"""

import keras
import tensorflow as tf


def factor(step, step_size, gamma):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = abspow(gamma, floor(t / step_size))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    step_size = tf.convert_to_tensor(step_size, step.dtype)
    gamma = tf.convert_to_tensor(gamma, step.dtype)
    return gamma ** tf.floor(step / step_size)


@keras.saving.register_keras_serializable(package="nos_sym")
class StepDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        step_size: setting of the factor, in [1, inf).
        gamma: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:ac5de671a3d953f3312e0c9a StepDecay(step_size=30 in [1, inf), gam..."

    def __init__(self, base, step_size=30, gamma=0.1):
        if not step_size >= 1:
            raise ValueError(f"Invalid step_size: {step_size}, not in [1, inf)")
        if not gamma >= 0:
            raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")
        self.base = base
        self.step_size = step_size
        self.gamma = gamma

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(step, self.step_size, self.gamma)
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "step_size": self.step_size,
            "gamma": self.gamma,
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
