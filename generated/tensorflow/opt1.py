"""Opt1, an optimizer for TensorFlow (Keras 3).

Rule: Opt1 = none ~ qhm(0.7) + softsign(clip(1e-5 * w, 1e-5 * w - qhm2(0.95)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ 0.3 * g + 0.7 * ema_hat(g, 0.9) + softsign(clip(1e-5 * w, 1e-5 * w - (0.05 * g^2 + 0.95 * ema_hat(g^2, 0.99))))
"""

import keras
import tensorflow as tf

STATE = ("v", "s")


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    v_correction = 1 - 0.9 ** (step + 1)
    s_correction = 1 - 0.99 ** (step + 1)
    return v_correction, s_correction


def update(gradient, weight, v, s, v_correction, s_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    product = 1e-5 * weight
    square = gradient**2
    s = 0.99 * s + 0.01 * square
    s_hat = s / s_correction
    qhm2 = 0.05 * square + 0.95 * s_hat
    magnitude = tf.math.abs(product - qhm2)
    clipped = tf.minimum(tf.maximum(product, -magnitude), magnitude)
    u = qhm + clipped / (1 + tf.math.abs(clipped))
    return u, v, s


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt1(keras.optimizers.Optimizer):
    """Opt1; one step computes

        w <- w - lr * U
        U = qhm(0.7) + softsign(clip(1e-5 * w, 1e-5 * w - qhm2(0.95)))
        where
            softsign(x) = x/(1 + |x|)
            clip(x, y) = x clipped to [-|y|, |y|]
            qhm2(0.95) = 0.05 * g^2 + 0.95 * s_hat
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
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
