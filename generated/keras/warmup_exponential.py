"""WarmupExponential, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: WarmupExponential(warmup_steps=100 in [0, inf), start_factor=0 in [0, inf), decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
Source: as optax.warmup_exponential_decay_schedule
Canonical: schedule ~ where(t < 100, 0 + (1 - 0) * (t / 100), abspow(0.96, max(t - 100 - 0, 0) / 1000))
Key: 2.1:44a9a1c3f3f6a2562a100075
"""

import keras
from keras import ops


def factor(
    step, warmup_steps, start_factor, decay_rate, transition_steps, transition_begin
):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    warmup_steps = ops.convert_to_tensor(warmup_steps, step.dtype)
    start_factor = ops.convert_to_tensor(start_factor, step.dtype)
    decay_rate = ops.convert_to_tensor(decay_rate, step.dtype)
    transition_steps = ops.convert_to_tensor(transition_steps, step.dtype)
    transition_begin = ops.convert_to_tensor(transition_begin, step.dtype)
    ratio = ops.where(warmup_steps == 0, 0.0, step / warmup_steps)
    larger = ops.maximum(step - warmup_steps - transition_begin, 0)
    power = decay_rate ** (larger / transition_steps)
    total = start_factor + (1 - start_factor) * ratio
    return ops.where(step < warmup_steps, total, power)


@keras.saving.register_keras_serializable(package="nos_sym")
class WarmupExponential(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        warmup_steps: setting of the factor, in [0, inf).
        start_factor: setting of the factor, in [0, inf).
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:44a9a1c3f3f6a2562a100075 WarmupExponential(warmup_steps=100 in [..."

    def __init__(
        self,
        base,
        warmup_steps=100,
        start_factor=0,
        decay_rate=0.96,
        transition_steps=1000,
        transition_begin=0,
    ):
        if not warmup_steps >= 0:
            raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
        if not start_factor >= 0:
            raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
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
        self.base = base
        self.warmup_steps = warmup_steps
        self.start_factor = start_factor
        self.decay_rate = decay_rate
        self.transition_steps = transition_steps
        self.transition_begin = transition_begin

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step,
            self.warmup_steps,
            self.start_factor,
            self.decay_rate,
            self.transition_steps,
            self.transition_begin,
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "warmup_steps": self.warmup_steps,
            "start_factor": self.start_factor,
            "decay_rate": self.decay_rate,
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
