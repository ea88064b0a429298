"""TriangularExponential, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: TriangularExponential(low_factor=0.1 in [0, inf), step_size_up=2000 in [1, inf), step_size_down=2000 in [1, inf), gamma=1 in [0, inf)) = schedule ~ low_factor + (1 - low_factor) * abspow(gamma, t) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
Source: Smith 2017, as torch.optim.lr_scheduler.CyclicLR with exp_range
Canonical: schedule ~ 0.1 + (1 - 0.1) * abspow(1, t) * where(mod(t, 2000 + 2000) <= 2000, mod(t, 2000 + 2000) / 2000, (2000 + 2000 - mod(t, 2000 + 2000)) / 2000)
Key: 2.1:f84de20adeae05d20b462bce
"""

import keras
from keras import ops


def modulo(x, y):
    """Return x - y floor(x/y), and x where y is 0."""
    x, y = x + 0 * y, y + 0 * x  # of one type
    return ops.where(y == 0, x, ops.mod(x, ops.where(y == 0, 1, y)))


def factor(step, low_factor, step_size_up, step_size_down, gamma):
    """Return the factor of a step, which counts from 0, in the precision of `step`.

    factor(t) = low_factor + (1 - low_factor) * abspow(gamma, t) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
    where
        mod(x, y) = x - y floor(x/y)
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    low_factor = ops.convert_to_tensor(low_factor, step.dtype)
    step_size_up = ops.convert_to_tensor(step_size_up, step.dtype)
    step_size_down = ops.convert_to_tensor(step_size_down, step.dtype)
    gamma = ops.convert_to_tensor(gamma, step.dtype)
    total = step_size_up + step_size_down
    remainder = modulo(step, total)
    ratio = (total - remainder) / step_size_down
    holds = remainder <= step_size_up
    chosen = ops.where(holds, remainder / step_size_up, ratio)
    return low_factor + (1 - low_factor) * gamma**step * chosen


@keras.saving.register_keras_serializable(package="nos_sym")
class TriangularExponential(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        low_factor: setting of the factor, in [0, inf).
        step_size_up: setting of the factor, in [1, inf).
        step_size_down: setting of the factor, in [1, inf).
        gamma: setting of the factor, in [0, inf).
    """

    rule_key = "2.1:f84de20adeae05d20b462bce TriangularExponential(low_factor=0.1 in..."

    def __init__(
        self, base, low_factor=0.1, step_size_up=2000, step_size_down=2000, gamma=1
    ):
        if not low_factor >= 0:
            raise ValueError(f"Invalid low_factor: {low_factor}, not in [0, inf)")
        if not step_size_up >= 1:
            raise ValueError(f"Invalid step_size_up: {step_size_up}, not in [1, inf)")
        if not step_size_down >= 1:
            raise ValueError(
                f"Invalid step_size_down: {step_size_down}, not in [1, inf)"
            )
        if not gamma >= 0:
            raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")
        self.base = base
        self.low_factor = low_factor
        self.step_size_up = step_size_up
        self.step_size_down = step_size_down
        self.gamma = gamma

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step, self.low_factor, self.step_size_up, self.step_size_down, self.gamma
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "low_factor": self.low_factor,
            "step_size_up": self.step_size_up,
            "step_size_down": self.step_size_down,
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
