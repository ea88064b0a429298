"""WarmupPolynomial, a learning-rate schedule for TensorFlow (Keras 3).

Rule: WarmupPolynomial(warmup_steps=100 in [0, inf), power=2 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
Source: as transformers.get_polynomial_decay_schedule_with_warmup
Canonical: schedule ~ where(t < 100, t / 100, 0 + (1 - 0) * abspow(1 - min((t - 100) / max(T - 100, 1), 1), 2))
Key: 2.1:a9ddeb6c5187b56950629908
"""

import keras
import tensorflow as tf


def factor(step, total_steps, warmup_steps, power, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = tf.convert_to_tensor(total_steps, step.dtype)
    warmup_steps = tf.convert_to_tensor(warmup_steps, step.dtype)
    power = tf.convert_to_tensor(power, step.dtype)
    final_factor = tf.convert_to_tensor(final_factor, step.dtype)
    larger = tf.maximum(total_steps - warmup_steps, 1)
    power_2 = (1 - tf.minimum((step - warmup_steps) / larger, 1)) ** power
    ratio = tf.where(
        warmup_steps == 0, tf.zeros_like(warmup_steps), step / warmup_steps
    )
    total = final_factor + (1 - final_factor) * power_2
    return tf.where(step < warmup_steps, ratio, total)


@keras.saving.register_keras_serializable(package="nos_sym")
class WarmupPolynomial(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:a9ddeb6c5187b56950629908 WarmupPolynomial(warmup_steps=100 in [0..."

    def __init__(self, base, total_steps, warmup_steps=100, power=2, final_factor=0):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        if not power >= 0:
            raise ValueError(f"Invalid power: {power}, not in [0, inf)")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.base = base
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.power = power
        self.final_factor = final_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        step = tf.cast(step, tf.float64)
        value = factor(
            step, self.total_steps, self.warmup_steps, self.power, self.final_factor
        )
        return tf.cast(base, dtype) * tf.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "power": self.power,
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
