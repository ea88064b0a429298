"""PowerSignLD, an optimizer for TensorFlow (Keras 3).

Rule: PowerSignLD = none ~ exp([a1] sign(g) * sign(ema(g, 0.9))) * g
Source: Bello et al. 2017, PowerSign-ld
Canonical: none ~ exp([a1] sign(g) * sign(ema(g, 0.9))) * g
"""

import keras
import tensorflow as tf

STATE = ("v",)


def scalars(step, total_steps):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    t = tf.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a1 = 1 - p
    return (a1,)


def update(gradient, weight, v, a1):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    u = tf.math.exp(a1 * tf.sign(gradient) * tf.sign(v)) * gradient
    return u, v


@keras.saving.register_keras_serializable(package="nos_sym")
class PowerSignLD(keras.optimizers.Optimizer):
    """PowerSignLD; one step computes

        w <- w - lr * U
        U = exp([a1] sign(g) * sign(ema(g, 0.9))) * g
        where
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a1 = 1 - p
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        learning_rate: a float or a `LearningRateSchedule`.
        total_steps: number of steps T of the decay functions.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, *, total_steps, **kwargs):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        super().__init__(learning_rate, **kwargs)
        self.total_steps = total_steps

    def build(self, variables):
        """Create the state of every variable, zero at the start."""
        if self.built:
            return
        super().build(variables)
        keys = STATE
        self.slots = [
            [self.add_variable_from_reference(variable, key) for key in keys]
            for variable in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        weight = tf.convert_to_tensor(variable)
        gradient = tf.cast(tf.convert_to_tensor(gradient), weight.dtype)
        lr = tf.cast(learning_rate, weight.dtype)
        values = scalars(self.iterations, self.total_steps)
        values = [tf.cast(value, weight.dtype) for value in values]
        slots = self.slots[self._get_variable_index(variable)]
        u, *new = update(gradient, weight, *map(tf.convert_to_tensor, slots), *values)
        for slot, value in zip(slots, new):
            self.assign(slot, value)
        self.assign_sub(variable, lr * u)

    def get_config(self):
        """Return the settings from which `from_config` makes the same optimizer."""
        config = super().get_config()
        config["total_steps"] = self.total_steps
        return config
