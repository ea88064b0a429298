"""Opt42, an optimizer for TensorFlow (Keras 3).

Rule: Opt42 = none ~ qhm(0.7) / clip(2, exp(v_hat))
Source: Morgan and Hougen 2024, Opt4 without decays
Canonical: none ~ (0.3 * g + 0.7 * ema_hat(g, 0.9)) / clip(2, exp(ema_hat(g, 0.9)))
"""

import keras
import tensorflow as tf

STATE = ("v",)


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    v_correction = 1 - 0.9 ** (step + 1)
    return (v_correction,)


def update(gradient, weight, v, v_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    clipped = tf.minimum(tf.math.exp(v_hat), 2)
    u = qhm / clipped
    return u, v


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt42(keras.optimizers.Optimizer):
    """Opt42; one step computes

        w <- w - lr * U
        U = qhm(0.7) / clip(2, exp(v_hat))
        where
            clip(x, y) = x clipped to [-|y|, |y|]
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
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
