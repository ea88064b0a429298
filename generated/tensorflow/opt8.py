"""Opt8, an optimizer for TensorFlow (Keras 3).

Rule: Opt8 = none ~ arcsinh([max(a6, a10)] arcsinh(qhm(0.7)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ arcsinh([max(a6, a10)] arcsinh(0.3 * g + 0.7 * ema_hat(g, 0.9)))
"""

import math

import keras
import tensorflow as tf

STATE = ("v",)


def scalars(step, total_steps):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    t = tf.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a6 = (1 - tf.cos(math.pi * (2 * p))) / 2
    r = (2 * t % total_steps) / total_steps
    decay = tf.maximum(a6, r)
    v_correction = 1 - 0.9 ** (step + 1)
    return decay, v_correction


def update(gradient, weight, v, decay, v_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    u = tf.math.asinh(decay * tf.math.asinh(qhm))
    return u, v


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt8(keras.optimizers.Optimizer):
    """Opt8; one step computes

        w <- w - lr * U
        U = arcsinh([max(a6, a10)] arcsinh(qhm(0.7)))
        where
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a10 = r
            a6 = (1 - cos(2 pi p))/2
            p = t/T
            r = mod(2t, T)/T
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
