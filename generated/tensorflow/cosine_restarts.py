"""CosineRestarts, a learning-rate schedule for TensorFlow (Keras 3).

Rule: CosineRestarts(first_steps=10 in [1, inf), growth=2 in [1, inf), shrink=1 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
Source: Loshchilov and Hutter 2017, as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
Canonical: schedule ~ 0 + (1 - 0) * where(2 == 1, abspow(1, floor(t / 10)) * ((1 + cospi(t / 10 - floor(t / 10))) / 2), abspow(1, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) * ((1 + cospi(((1 + t * (2 - 1) / 10) / abspow(2, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) - 1) / (2 - 1))) / 2))
Key: 2.1:062fb17acb15eb771f6c466e
"""

import math

import keras
import tensorflow as tf


def factor(step, first_steps, growth, shrink, final_factor):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
    where
        cospi(x) = cos(pi x)
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    first_steps = tf.convert_to_tensor(first_steps, step.dtype)
    growth = tf.convert_to_tensor(growth, step.dtype)
    shrink = tf.convert_to_tensor(shrink, step.dtype)
    final_factor = tf.convert_to_tensor(final_factor, step.dtype)
    ratio = step / first_steps
    whole = tf.floor(ratio)
    difference = growth - 1
    logarithm = tf.math.log(growth)
    logarithm_2 = tf.math.log(1 + (step + 0.5) * difference / first_steps)
    ratio_2 = tf.where(
        logarithm == 0, tf.zeros_like(logarithm), logarithm_2 / logarithm
    )
    whole_2 = tf.floor(ratio_2)
    difference_2 = (1 + step * difference / first_steps) / growth**whole_2 - 1
    ratio_3 = tf.where(
        difference == 0, tf.zeros_like(difference), difference_2 / difference
    )
    product = shrink**whole * ((1 + tf.cos(math.pi * (ratio - whole))) / 2)
    product_2 = shrink**whole_2 * ((1 + tf.cos(math.pi * ratio_3)) / 2)
    chosen = tf.where(tf.equal(growth, 1), product, product_2)
    return final_factor + (1 - final_factor) * chosen


@keras.saving.register_keras_serializable(package="nos_sym")
class CosineRestarts(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        first_steps: setting of the factor, in [1, inf).
        growth: setting of the factor, in [1, inf).
        shrink: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:062fb17acb15eb771f6c466e CosineRestarts(first_steps=10 in [1, in..."

    def __init__(self, base, first_steps=10, growth=2, shrink=1, final_factor=0):
        if not first_steps >= 1:
            raise ValueError(f"Invalid first_steps: {first_steps}, not in [1, inf)")
        if not growth >= 1:
            raise ValueError(f"Invalid growth: {growth}, not in [1, inf)")
        if not shrink >= 0:
            raise ValueError(f"Invalid shrink: {shrink}, not in [0, inf)")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.base = base
        self.first_steps = first_steps
        self.growth = growth
        self.shrink = shrink
        self.final_factor = final_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step, self.first_steps, self.growth, self.shrink, self.final_factor
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "first_steps": self.first_steps,
            "growth": self.growth,
            "shrink": self.shrink,
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
