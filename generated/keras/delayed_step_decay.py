"""DelayedStepDecay, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: DelayedStepDecay(decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps))
Source: as optax.exponential_decay with staircase
Canonical: schedule ~ abspow(0.96, floor(max(t - 0, 0) / 1000))
Key: 2.1:d163b0acfeeccc581b778da1
"""

import keras
from keras import ops


def factor(step, decay_rate, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    decay_rate = ops.convert_to_tensor(decay_rate, step.dtype)
    transition_steps = ops.convert_to_tensor(transition_steps, step.dtype)
    transition_begin = ops.convert_to_tensor(transition_begin, step.dtype)
    ratio = ops.maximum(step - transition_begin, 0) / transition_steps
    return decay_rate ** (ratio // 1)


@keras.saving.register_keras_serializable(package="nos_sym")
class DelayedStepDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:d163b0acfeeccc581b778da1 DelayedStepDecay(decay_rate=0.96 in [0,..."

    def __init__(
        self, base, decay_rate=0.96, transition_steps=1000, transition_begin=0
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
        self.base = base
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
            step, self.decay_rate, self.transition_steps, self.transition_begin
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
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
