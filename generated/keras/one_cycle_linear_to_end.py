"""OneCycleLinearToEnd, a learning-rate schedule for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: OneCycleLinearToEnd(pct_start=0.3 in [0, 1], pct_final=0.85 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t < floor(pct_start * T), 1 / div_factor + (1 - 1 / div_factor) * (t / floor(pct_start * T)), where(t < floor(pct_final * T), 1 + (1 / div_factor - 1) * ((t - floor(pct_start * T)) / max(floor(pct_final * T) - floor(pct_start * T), 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - floor(pct_final * T)) / max(T - floor(pct_final * T), 1))))
Source: Smith and Topin 2018, as optax.linear_onecycle_schedule
Canonical: schedule ~ where(t < floor(0.3 * T), 1 / 25 + (1 - 1 / 25) * (t / floor(0.3 * T)), where(t < floor(0.85 * T), 1 + (1 / 25 - 1) * ((t - floor(0.3 * T)) / max(floor(0.85 * T) - floor(0.3 * T), 1)), 1 / 25 + (1 / 25 / 10000 - 1 / 25) * ((min(t, T) - floor(0.85 * T)) / max(T - floor(0.85 * T), 1))))
Key: 2.1:f3c87279e828713e667e0423
"""

import keras
from keras import ops


def factor(step, total_steps, pct_start, pct_final, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1, in the precision of `step`.

    factor(t) = where(t < floor(pct_start * T), 1 / div_factor + (1 - 1 / div_factor) * (t / floor(pct_start * T)), where(t < floor(pct_final * T), 1 + (1 / div_factor - 1) * ((t - floor(pct_start * T)) / max(floor(pct_final * T) - floor(pct_start * T), 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - floor(pct_final * T)) / max(T - floor(pct_final * T), 1))))
    where
        floor(x) = the largest integer up to x
        t = 0, 1, ..., T - 1 for T total steps
    """
    total_steps = ops.convert_to_tensor(total_steps, step.dtype)
    pct_start = ops.convert_to_tensor(pct_start, step.dtype)
    pct_final = ops.convert_to_tensor(pct_final, step.dtype)
    div_factor = ops.convert_to_tensor(div_factor, step.dtype)
    final_div_factor = ops.convert_to_tensor(final_div_factor, step.dtype)
    whole = (pct_start * total_steps) // 1
    ratio = 1 / div_factor
    whole_2 = (pct_final * total_steps) // 1
    product = (ratio - 1) * ((step - whole) / ops.maximum(whole_2 - whole, 1))
    difference = ops.minimum(step, total_steps) - whole_2
    ratio_2 = difference / ops.maximum(total_steps - whole_2, 1)
    total = ratio + (ratio / final_div_factor - ratio) * ratio_2
    total_2 = ratio + (1 - ratio) * ops.where(whole == 0, 0.0, step / whole)
    chosen = ops.where(step < whole_2, 1 + product, total)
    return ops.where(step < whole, total_2, chosen)


@keras.saving.register_keras_serializable(package="nos_sym")
class OneCycleLinearToEnd(keras.optimizers.schedules.LearningRateSchedule):
    """A base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a float or a `LearningRateSchedule`.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        pct_final: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
    """

    rule_key = "2.1:f3c87279e828713e667e0423 OneCycleLinearToEnd(pct_start=0.3 in [0..."

    def __init__(
        self,
        base,
        total_steps,
        pct_start=0.3,
        pct_final=0.85,
        div_factor=25,
        final_div_factor=10000,
    ):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Invalid pct_start: {pct_start}, not in [0, 1]")
        if not 0 <= pct_final <= 1:
            raise ValueError(f"Invalid pct_final: {pct_final}, not in [0, 1]")
        if not div_factor > 0:
            raise ValueError(f"Invalid div_factor: {div_factor}, not in (0, inf)")
        if not final_div_factor > 0:
            raise ValueError(
                f"Invalid final_div_factor: {final_div_factor}, not in (0, inf)"
            )
        self.base = base
        self.total_steps = total_steps
        self.pct_start = pct_start
        self.pct_final = pct_final
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor

    def __call__(self, step):
        """Return the learning rate of a step."""
        base = self.base(step) if callable(self.base) else self.base
        dtype = keras.config.floatx()
        single = keras.backend.backend() == "jax" and dtype != "float64"
        step = ops.cast(step, "float32" if single else "float64")
        value = factor(
            step,
            self.total_steps,
            self.pct_start,
            self.pct_final,
            self.div_factor,
            self.final_div_factor,
        )
        return ops.cast(base, dtype) * ops.cast(value, dtype)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        base = keras.saving.serialize_keras_object(self.base)
        return {
            "base": base,
            "total_steps": self.total_steps,
            "pct_start": self.pct_start,
            "pct_final": self.pct_final,
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
