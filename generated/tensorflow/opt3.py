"""Opt3, an optimizer for TensorFlow (Keras 3).

Rule: Opt3 = none ~ qhm(0.7) + softsign(rdiv(1e-5 * w, 1e-5 * w - qhm3(0.99)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ 0.3 * g + 0.7 * ema_hat(g, 0.9) + softsign(rdiv(1e-5 * w, 1e-5 * w - (0.01 * g^3 + 0.99 * ema_hat(g^3, 0.999))))
"""

import keras
import tensorflow as tf

STATE = ("v", "lam")


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    v_correction = 1 - 0.9 ** (step + 1)
    lam_correction = 1 - 0.999 ** (step + 1)
    return v_correction, lam_correction


def update(gradient, weight, v, lam, v_correction, lam_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    product = 1e-5 * weight
    product_2 = gradient**2 * gradient
    lam = 0.999 * lam + 0.001 * product_2
    lam_hat = lam / lam_correction
    qhm3 = 0.01 * product_2 + 0.99 * lam_hat
    ratio = product / tf.math.sqrt(1 + (product - qhm3) ** 2)
    u = qhm + ratio / (1 + tf.math.abs(ratio))
    return u, v, lam


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt3(keras.optimizers.Optimizer):
    """Opt3; one step computes

        w <- w - lr * U
        U = qhm(0.7) + softsign(rdiv(1e-5 * w, 1e-5 * w - qhm3(0.99)))
        where
            softsign(x) = x/(1 + |x|)
            rdiv(x, y) = x / sqrt(1 + y^2)
            qhm3(0.99) = 0.01 * g^3 + 0.99 * lam_hat
            lam_hat = lam / (1 - 0.999^(t+1))
            lam <- 0.999 * lam + 0.001 * g^3, 0 at the start
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
