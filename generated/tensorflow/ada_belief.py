"""AdaBelief, an optimizer for TensorFlow (Keras 3).

Rule: AdaBelief = none ~ v_hat / (sqrt(ema_hat((g - ema(g, 0.9))^2, 0.999) + 1e-13) + 1e-16)
Source: Zhuang et al. 2020
Canonical: none ~ ema_hat(g, 0.9) / (sqrt(ema_hat((g - ema(g, 0.9))^2, 0.999) + 1e-13) + 1e-16)
"""

import keras
import tensorflow as tf

STATE = ("v", "average")


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    v_correction = 1 - 0.9 ** (step + 1)
    average_correction = 1 - 0.999 ** (step + 1)
    return v_correction, average_correction


def update(gradient, weight, v, average, v_correction, average_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    average = 0.999 * average + 0.001 * (gradient - v) ** 2
    average_hat = average / average_correction
    u = v_hat / (tf.math.sqrt(average_hat + 1e-13) + 1e-16)
    return u, v, average


@keras.saving.register_keras_serializable(package="nos_sym")
class AdaBelief(keras.optimizers.Optimizer):
    """AdaBelief; one step computes

        w <- w - lr * U
        U = v_hat / (sqrt(ema_hat((g - ema(g, 0.9))^2, 0.999) + 1e-13) + 1e-16)
        where
            ema_hat((g - ema(g, 0.9))^2, 0.999) = average / (1 - 0.999^(t+1))
            average <- 0.999 * average + 0.001 * (g - ema(g, 0.9))^2, 0 at the start
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            v_hat = v / (1 - 0.9^(t+1))
            t = 0, 1, ... counts the steps

    Args:
        learning_rate: a float or a `LearningRateSchedule`.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, **kwargs):
        super().__init__(learning_rate, **kwargs)

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
        values = scalars(self.iterations)
        values = [tf.cast(value, weight.dtype) for value in values]
        slots = self.slots[self._get_variable_index(variable)]
        u, *new = update(gradient, weight, *map(tf.convert_to_tensor, slots), *values)
        for slot, value in zip(slots, new):
            self.assign(slot, value)
        self.assign_sub(variable, lr * u)
