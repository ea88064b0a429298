"""WarmupCosineCycles, a learning-rate schedule for TensorFlow (Keras 3).

Rule: WarmupCosineCycles(warmup_steps1=100 in [0, inf), steps1=1000 in [1, inf), start_factor1=0 in [0, inf), peak_factor1=1 in [0, inf), final_factor1=0 in [0, inf), power1=1 in [0, inf), warmup_steps2=100 in [0, inf), steps2=2000 in [1, inf), start_factor2=0 in [0, inf), peak_factor2=0.5 in [0, inf), final_factor2=0 in [0, inf), power2=1 in [0, inf), warmup_steps3=100 in [0, inf), steps3=4000 in [1, inf), start_factor3=0 in [0, inf), peak_factor3=0.25 in [0, inf), final_factor3=0 in [0, inf), power3=1 in [0, inf)) = schedule ~ where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
Source: Loshchilov and Hutter 2017, as optax.sgdr_schedule
Canonical: schedule ~ where(t < 1000, where(t < 100, 0 + (1 - 0) * (t / 100), 0 + (1 - 0) * abspow((1 + cospi(min((t - 100) / max(1000 - 100, 1), 1))) / 2, 1)), where(t < 1000 + 2000, where(t - 1000 < 100, 0 + (0.5 - 0) * ((t - 1000) / 100), 0 + (0.5 - 0) * abspow((1 + cospi(min((t - 1000 - 100) / max(2000 - 100, 1), 1))) / 2, 1)), where(t - 1000 - 2000 < 100, 0 + (0.25 - 0) * ((t - 1000 - 2000) / 100), 0 + (0.25 - 0) * abspow((1 + cospi(min((t - 1000 - 2000 - 100) / max(4000 - 100, 1), 1))) / 2, 1))))
Key: 2.1:4af9356218858ac7ce5068ec
"""

import math

import keras
import tensorflow as tf


def factor(
    step,
    warmup_steps1,
    steps1,
    start_factor1,
    peak_factor1,
    final_factor1,
    power1,
    warmup_steps2,
    steps2,
    start_factor2,
    peak_factor2,
    final_factor2,
    power2,
    warmup_steps3,
    steps3,
    start_factor3,
    peak_factor3,
    final_factor3,
    power3,
):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
    where
        abspow(x, y) = |x|^y
        cospi(x) = cos(pi x)
        t = 0, 1, ... counts the steps
    """
    warmup_steps1 = tf.convert_to_tensor(warmup_steps1, step.dtype)
    steps1 = tf.convert_to_tensor(steps1, step.dtype)
    start_factor1 = tf.convert_to_tensor(start_factor1, step.dtype)
    peak_factor1 = tf.convert_to_tensor(peak_factor1, step.dtype)
    final_factor1 = tf.convert_to_tensor(final_factor1, step.dtype)
    power1 = tf.convert_to_tensor(power1, step.dtype)
    warmup_steps2 = tf.convert_to_tensor(warmup_steps2, step.dtype)
    steps2 = tf.convert_to_tensor(steps2, step.dtype)
    start_factor2 = tf.convert_to_tensor(start_factor2, step.dtype)
    peak_factor2 = tf.convert_to_tensor(peak_factor2, step.dtype)
    final_factor2 = tf.convert_to_tensor(final_factor2, step.dtype)
    power2 = tf.convert_to_tensor(power2, step.dtype)
    warmup_steps3 = tf.convert_to_tensor(warmup_steps3, step.dtype)
    steps3 = tf.convert_to_tensor(steps3, step.dtype)
    start_factor3 = tf.convert_to_tensor(start_factor3, step.dtype)
    peak_factor3 = tf.convert_to_tensor(peak_factor3, step.dtype)
    final_factor3 = tf.convert_to_tensor(final_factor3, step.dtype)
    power3 = tf.convert_to_tensor(power3, step.dtype)
    ratio = tf.where(
        warmup_steps1 == 0, tf.zeros_like(warmup_steps1), step / warmup_steps1
    )
    ratio_2 = (step - warmup_steps1) / tf.maximum(steps1 - warmup_steps1, 1)
    power = ((1 + tf.cos(math.pi * tf.minimum(ratio_2, 1))) / 2) ** power1
    total = final_factor1 + (peak_factor1 - final_factor1) * power
    total_2 = start_factor1 + (peak_factor1 - start_factor1) * ratio
    difference = step - steps1
    ratio_3 = tf.where(
        warmup_steps2 == 0, tf.zeros_like(warmup_steps2), difference / warmup_steps2
    )
    larger = tf.maximum(steps2 - warmup_steps2, 1)
    smaller = tf.minimum((difference - warmup_steps2) / larger, 1)
    power_2 = ((1 + tf.cos(math.pi * smaller)) / 2) ** power2
    total_3 = final_factor2 + (peak_factor2 - final_factor2) * power_2
    total_4 = start_factor2 + (peak_factor2 - start_factor2) * ratio_3
    difference_2 = difference - steps2
    ratio_4 = tf.where(
        warmup_steps3 == 0, tf.zeros_like(warmup_steps3), difference_2 / warmup_steps3
    )
    larger_2 = tf.maximum(steps3 - warmup_steps3, 1)
    smaller_2 = tf.minimum((difference_2 - warmup_steps3) / larger_2, 1)
    power_3 = ((1 + tf.cos(math.pi * smaller_2)) / 2) ** power3
    total_5 = final_factor3 + (peak_factor3 - final_factor3) * power_3
    total_6 = start_factor3 + (peak_factor3 - start_factor3) * ratio_4
    chosen = tf.where(difference_2 < warmup_steps3, total_6, total_5)
    chosen_2 = tf.where(difference < warmup_steps2, total_4, total_3)
    chosen_3 = tf.where(step < (steps1 + steps2), chosen_2, chosen)
    chosen_4 = tf.where(step < warmup_steps1, total_2, total)
    return tf.where(step < steps1, chosen_4, chosen_3)


@keras.saving.register_keras_serializable(package="nos_sym")
class WarmupCosineCycles(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        warmup_steps1: setting of the factor, in [0, inf).
        steps1: setting of the factor, in [1, inf).
        start_factor1: setting of the factor, in [0, inf).
        peak_factor1: setting of the factor, in [0, inf).
        final_factor1: setting of the factor, in [0, inf).
        power1: setting of the factor, in [0, inf).
        warmup_steps2: setting of the factor, in [0, inf).
        steps2: setting of the factor, in [1, inf).
        start_factor2: setting of the factor, in [0, inf).
        peak_factor2: setting of the factor, in [0, inf).
        final_factor2: setting of the factor, in [0, inf).
        power2: setting of the factor, in [0, inf).
        warmup_steps3: setting of the factor, in [0, inf).
        steps3: setting of the factor, in [1, inf).
        start_factor3: setting of the factor, in [0, inf).
        peak_factor3: setting of the factor, in [0, inf).
        final_factor3: setting of the factor, in [0, inf).
        power3: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:4af9356218858ac7ce5068ec WarmupCosineCycles(warmup_steps1=100 in..."

    def __init__(
        self,
        base,
        warmup_steps1=100,
        steps1=1000,
        start_factor1=0,
        peak_factor1=1,
        final_factor1=0,
        power1=1,
        warmup_steps2=100,
        steps2=2000,
        start_factor2=0,
        peak_factor2=0.5,
        final_factor2=0,
        power2=1,
        warmup_steps3=100,
        steps3=4000,
        start_factor3=0,
        peak_factor3=0.25,
        final_factor3=0,
        power3=1,
    ):
        if not warmup_steps1 >= 0:
            raise ValueError(f"Invalid warmup_steps1: {warmup_steps1}, not in [0, inf)")
        if not steps1 >= 1:
            raise ValueError(f"Invalid steps1: {steps1}, not in [1, inf)")
        if not start_factor1 >= 0:
            raise ValueError(f"Invalid start_factor1: {start_factor1}, not in [0, inf)")
        if not peak_factor1 >= 0:
            raise ValueError(f"Invalid peak_factor1: {peak_factor1}, not in [0, inf)")
        if not final_factor1 >= 0:
            raise ValueError(f"Invalid final_factor1: {final_factor1}, not in [0, inf)")
        if not power1 >= 0:
            raise ValueError(f"Invalid power1: {power1}, not in [0, inf)")
        if not warmup_steps2 >= 0:
            raise ValueError(f"Invalid warmup_steps2: {warmup_steps2}, not in [0, inf)")
        if not steps2 >= 1:
            raise ValueError(f"Invalid steps2: {steps2}, not in [1, inf)")
        if not start_factor2 >= 0:
            raise ValueError(f"Invalid start_factor2: {start_factor2}, not in [0, inf)")
        if not peak_factor2 >= 0:
            raise ValueError(f"Invalid peak_factor2: {peak_factor2}, not in [0, inf)")
        if not final_factor2 >= 0:
            raise ValueError(f"Invalid final_factor2: {final_factor2}, not in [0, inf)")
        if not power2 >= 0:
            raise ValueError(f"Invalid power2: {power2}, not in [0, inf)")
        if not warmup_steps3 >= 0:
            raise ValueError(f"Invalid warmup_steps3: {warmup_steps3}, not in [0, inf)")
        if not steps3 >= 1:
            raise ValueError(f"Invalid steps3: {steps3}, not in [1, inf)")
        if not start_factor3 >= 0:
            raise ValueError(f"Invalid start_factor3: {start_factor3}, not in [0, inf)")
        if not peak_factor3 >= 0:
            raise ValueError(f"Invalid peak_factor3: {peak_factor3}, not in [0, inf)")
        if not final_factor3 >= 0:
            raise ValueError(f"Invalid final_factor3: {final_factor3}, not in [0, inf)")
        if not power3 >= 0:
            raise ValueError(f"Invalid power3: {power3}, not in [0, inf)")
        self.base = base
        self.warmup_steps1 = warmup_steps1
        self.steps1 = steps1
        self.start_factor1 = start_factor1
        self.peak_factor1 = peak_factor1
        self.final_factor1 = final_factor1
        self.power1 = power1
        self.warmup_steps2 = warmup_steps2
        self.steps2 = steps2
        self.start_factor2 = start_factor2
        self.peak_factor2 = peak_factor2
        self.final_factor2 = final_factor2
        self.power2 = power2
        self.warmup_steps3 = warmup_steps3
        self.steps3 = steps3
        self.start_factor3 = start_factor3
        self.peak_factor3 = peak_factor3
        self.final_factor3 = final_factor3
        self.power3 = power3

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step,
            self.warmup_steps1,
            self.steps1,
            self.start_factor1,
            self.peak_factor1,
            self.final_factor1,
            self.power1,
            self.warmup_steps2,
            self.steps2,
            self.start_factor2,
            self.peak_factor2,
            self.final_factor2,
            self.power2,
            self.warmup_steps3,
            self.steps3,
            self.start_factor3,
            self.peak_factor3,
            self.final_factor3,
            self.power3,
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "warmup_steps1": self.warmup_steps1,
            "steps1": self.steps1,
            "start_factor1": self.start_factor1,
            "peak_factor1": self.peak_factor1,
            "final_factor1": self.final_factor1,
            "power1": self.power1,
            "warmup_steps2": self.warmup_steps2,
            "steps2": self.steps2,
            "start_factor2": self.start_factor2,
            "peak_factor2": self.peak_factor2,
            "final_factor2": self.final_factor2,
            "power2": self.power2,
            "warmup_steps3": self.warmup_steps3,
            "steps3": self.steps3,
            "start_factor3": self.start_factor3,
            "peak_factor3": self.peak_factor3,
            "final_factor3": self.final_factor3,
            "power3": self.power3,
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
