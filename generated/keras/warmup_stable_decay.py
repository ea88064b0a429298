"""WarmupStableDecay, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: WarmupStableDecay(warmup_steps=100 in [0, inf), decay_fraction=0.2 in [0, 1], final_factor=0 in [0, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, 1 - (1 - final_factor) * min(max(t - (1 - decay_fraction) * T, 0) / (decay_fraction * T), 1))
Source: Hu et al. 2024, linear as in Haegele et al. 2024
Canonical: schedule ~ where(t < 100, t / 100, 1 - (1 - 0) * min(max(t - (1 - 0.2) * T, 0) / (0.2 * T), 1))
Key: 2.1:b81ba18ed2f5dc2902d7abdf
"""

import keras
from keras import ops


def factor(step, total_steps, warmup_steps, decay_fraction, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = where(t < warmup_steps, t / warmup_steps, 1 - (1 - final_factor) * min(max(t - (1 - decay_fraction) * T, 0) / (decay_fraction * T), 1))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = ops.convert_to_tensor(total_steps, step.dtype)
    warmup_steps = ops.convert_to_tensor(warmup_steps, step.dtype)
    decay_fraction = ops.convert_to_tensor(decay_fraction, step.dtype)
    final_factor = ops.convert_to_tensor(final_factor, step.dtype)
    product = decay_fraction * total_steps
    larger = ops.maximum(step - (1 - decay_fraction) * total_steps, 0)
    smaller = ops.minimum(ops.where(product == 0, 0.0, larger / product), 1)
    ratio = ops.where(warmup_steps == 0, 0.0, step / warmup_steps)
    difference = 1 - (1 - final_factor) * smaller
    return ops.where(step < warmup_steps, ratio, difference)


@keras.saving.register_keras_serializable(package="nos_sym")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        decay_fraction: setting of the factor, in [0, 1].
        final_factor: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:b81ba18ed2f5dc2902d7abdf WarmupStableDecay(warmup_steps=100 in [..."

    def __init__(
        self, base, total_steps, warmup_steps=100, decay_fraction=0.2, final_factor=0
    ):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        if not 0 <= decay_fraction <= 1:
            raise ValueError(f"Invalid decay_fraction: {decay_fraction}, not in [0, 1]")
        if not final_factor >= 0:
            raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
        self.base = base
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.decay_fraction = decay_fraction
        self.final_factor = final_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step,
            self.total_steps,
            self.warmup_steps,
            self.decay_fraction,
            self.final_factor,
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
            "decay_fraction": self.decay_fraction,
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
