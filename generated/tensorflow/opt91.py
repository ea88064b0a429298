"""Opt91, an optimizer for TensorFlow (Keras 3).

Rule: Opt91 = nesterov ~ g * exp(arctan(qhm2(0.95)))
Source: Morgan and Hougen 2024, Opt9 without decays
Canonical: nesterov ~ g * exp(arctan(0.05 * g^2 + 0.95 * ema_hat(g^2, 0.99)))
"""

import keras
import tensorflow as tf

STATE = ("s",)


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    s_correction = 1 - 0.99 ** (step + 1)
    return (s_correction,)


def update(gradient, weight, s, s_correction):
    """Return the update U of one tensor and its new state."""
    square = gradient**2
    s = 0.99 * s + 0.01 * square
    s_hat = s / s_correction
    qhm2 = 0.05 * square + 0.95 * s_hat
    u = gradient * tf.math.exp(tf.math.atan(qhm2))
    return u, s


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt91(keras.optimizers.Optimizer):
    """Opt91; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = g * exp(arctan(qhm2(0.95)))
        where
            qhm2(0.95) = 0.05 * g^2 + 0.95 * s_hat
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
            t = 0, 1, ... counts the steps

    Args:
        learning_rate: a float or a `LearningRateSchedule`.
        momentum: coefficient mu, a float or a `LearningRateSchedule`.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, momentum=0.9, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        """Create the state of every variable, zero at the start."""
        if self.built:
            return
        super().build(variables)
        keys = (*STATE, "momentum")
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
        *slots, momentum = self.slots[self._get_variable_index(variable)]
        u, *new = update(gradient, weight, *map(tf.convert_to_tensor, slots), *values)
        for slot, value in zip(slots, new):
            self.assign(slot, value)
        mu = self.momentum
        mu = tf.cast(mu(self.iterations), weight.dtype) if callable(mu) else mu
        m = mu * tf.convert_to_tensor(momentum) - lr * u
        self.assign(momentum, m)
        self.assign_add(variable, mu * m - lr * u)

    def get_config(self):
        """Return the settings from which `from_config` makes the same optimizer."""
        config = super().get_config()
        config["momentum"] = keras.saving.serialize_keras_object(self.momentum)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make an optimizer from what `get_config` returned."""
        momentum = config["momentum"]
        if isinstance(momentum, dict):
            momentum = keras.saving.deserialize_keras_object(momentum, custom_objects)
        return super().from_config({**config, "momentum": momentum}, custom_objects)
