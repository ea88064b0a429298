"""MultiStepDecay, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: MultiStepDecay(milestone1=30 in [0, inf), milestone2=60 in [0, inf), milestone3=90 in [0, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
Source: He et al. 2016, as torch.optim.lr_scheduler.MultiStepLR
Canonical: schedule ~ abspow(0.1, where(t >= 30, 1, 0) + where(t >= 60, 1, 0) + where(t >= 90, 1, 0))
Key: 2.1:21293b989157c56eaffd1b89
"""

import keras
from keras import ops


def factor(step, milestone1, milestone2, milestone3, gamma):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    milestone1 = ops.convert_to_tensor(milestone1, step.dtype)
    milestone2 = ops.convert_to_tensor(milestone2, step.dtype)
    milestone3 = ops.convert_to_tensor(milestone3, step.dtype)
    gamma = ops.convert_to_tensor(gamma, step.dtype)
    holds = milestone1 <= step
    holds_2 = milestone2 <= step
    chosen = ops.where(
        holds_2,
        ops.convert_to_tensor(1, step.dtype),
        ops.convert_to_tensor(0, step.dtype),
    )
    chosen_2 = ops.where(
        holds,
        ops.convert_to_tensor(1, step.dtype),
        ops.convert_to_tensor(0, step.dtype),
    )
    holds_3 = milestone3 <= step
    chosen_3 = ops.where(
        holds_3,
        ops.convert_to_tensor(1, step.dtype),
        ops.convert_to_tensor(0, step.dtype),
    )
    return gamma ** (chosen_2 + chosen + chosen_3)


@keras.saving.register_keras_serializable(package="nos_sym")
class MultiStepDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        milestone1: setting of the factor, in [0, inf).
        milestone2: setting of the factor, in [0, inf).
        milestone3: setting of the factor, in [0, inf).
        gamma: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:21293b989157c56eaffd1b89 MultiStepDecay(milestone1=30 in [0, inf..."

    def __init__(self, base, milestone1=30, milestone2=60, milestone3=90, gamma=0.1):
        if not milestone1 >= 0:
            raise ValueError(f"Invalid milestone1: {milestone1}, not in [0, inf)")
        if not milestone2 >= 0:
            raise ValueError(f"Invalid milestone2: {milestone2}, not in [0, inf)")
        if not milestone3 >= 0:
            raise ValueError(f"Invalid milestone3: {milestone3}, not in [0, inf)")
        if not gamma >= 0:
            raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")
        self.base = base
        self.milestone1 = milestone1
        self.milestone2 = milestone2
        self.milestone3 = milestone3
        self.gamma = gamma

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step, self.milestone1, self.milestone2, self.milestone3, self.gamma
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "milestone1": self.milestone1,
            "milestone2": self.milestone2,
            "milestone3": self.milestone3,
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
