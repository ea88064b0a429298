"""OneCycleCosineToEnd, a learning-rate schedule for TensorFlow (Keras 3).

Rule: OneCycleCosineToEnd(pct_start=0.3 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t < floor(pct_start * T), 1 + (1 / div_factor - 1) * ((1 + cospi(t / floor(pct_start * T))) / 2), 1 / div_factor / final_div_factor + (1 - 1 / div_factor / final_div_factor) * ((1 + cospi((min(t, T) - floor(pct_start * T)) / max(T - floor(pct_start * T), 1))) / 2))
Source: Smith and Topin 2018, as optax.cosine_onecycle_schedule
Canonical: schedule ~ where(t < floor(0.3 * T), 1 + (1 / 25 - 1) * ((1 + cospi(t / floor(0.3 * T))) / 2), 1 / 25 / 10000 + (1 - 1 / 25 / 10000) * ((1 + cospi((min(t, T) - floor(0.3 * T)) / max(T - floor(0.3 * T), 1))) / 2))
Key: 2.1:7bf2e23affbac1e14ed6781d
"""

import math

import keras
import tensorflow as tf


def factor(step, total_steps, pct_start, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = where(t < floor(pct_start * T), 1 + (1 / div_factor - 1) * ((1 + cospi(t / floor(pct_start * T))) / 2), 1 / div_factor / final_div_factor + (1 - 1 / div_factor / final_div_factor) * ((1 + cospi((min(t, T) - floor(pct_start * T)) / max(T - floor(pct_start * T), 1))) / 2))
    where
        cospi(x) = cos(pi x)
        floor(x) = the largest integer up to x
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = tf.convert_to_tensor(total_steps, step.dtype)
    pct_start = tf.convert_to_tensor(pct_start, step.dtype)
    div_factor = tf.convert_to_tensor(div_factor, step.dtype)
    final_div_factor = tf.convert_to_tensor(final_div_factor, step.dtype)
    whole = tf.floor(pct_start * total_steps)
    ratio = 1 / div_factor
    ratio_2 = tf.where(whole == 0, tf.zeros_like(whole), step / whole)
    ratio_3 = ratio / final_div_factor
    difference = tf.minimum(step, total_steps) - whole
    ratio_4 = difference / tf.maximum(total_steps - whole, 1)
    total = ratio_3 + (1 - ratio_3) * ((1 + tf.cos(math.pi * ratio_4)) / 2)
    total_2 = 1 + (ratio - 1) * ((1 + tf.cos(math.pi * ratio_2)) / 2)
    return tf.where(step < whole, total_2, total)


@keras.saving.register_keras_serializable(package="nos_sym")
class OneCycleCosineToEnd(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
    """

    rule_key = "2.1:7bf2e23affbac1e14ed6781d OneCycleCosineToEnd(pct_start=0.3 in [0..."

    def __init__(
        self, base, total_steps, pct_start=0.3, div_factor=25, final_div_factor=10000
    ):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Invalid pct_start: {pct_start}, not in [0, 1]")
        if not div_factor > 0:
            raise ValueError(f"Invalid div_factor: {div_factor}, not in (0, inf)")
        if not final_div_factor > 0:
            raise ValueError(
                f"Invalid final_div_factor: {final_div_factor}, not in (0, inf)"
            )
        self.base = base
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step,
            self.total_steps,
            self.pct_start,
            self.div_factor,
            self.final_div_factor,
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "pct_start": self.pct_start,
            "div_factor": self.div_factor,
            "final_div_factor": self.final_div_factor,
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
