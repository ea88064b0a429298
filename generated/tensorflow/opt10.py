"""Opt10, an optimizer for TensorFlow (Keras 3).

Rule: Opt10 = nesterov ~ i1e(i1e([a13 * a2] g))
Source: Morgan and Hougen 2024, Table 8
Canonical: nesterov ~ i1e(i1e([a13 * a2] g))
"""

import keras
import tensorflow as tf


def scalars(step, total_steps):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    t = tf.minimum(step, total_steps - 1)  # decays hold their last value
    remaining = 1 - (t + 1) / total_steps
    product = 0.95 * remaining
    a13 = product / (0.05 + product)
    p = t / total_steps
    decay = a13 * p
    return (decay,)


def update(gradient, weight, decay):
    """Return the update U of one tensor."""
    return tf.math.bessel_i1e(tf.math.bessel_i1e(decay * gradient))


@keras.saving.register_keras_serializable(package="nos_sym")
class Opt10(keras.optimizers.Optimizer):
    """Opt10; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = i1e(i1e([a13 * a2] g))
        where
            i1e(x) = e^-|x| I_1(x)
            a2 = p
            a13 = b/(0.05 + b), b = 0.95 (1 - (t+1)/T)
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        learning_rate: a float or a `LearningRateSchedule`.
        momentum: coefficient mu, a float or a `LearningRateSchedule`.
        total_steps: number of steps T of the decay functions.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, momentum=0.9, *, total_steps, **kwargs):
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.total_steps = total_steps

    def build(self, variables):
        """Create the state of every variable, zero at the start."""
        if self.built:
            return
        super().build(variables)
        keys = ("momentum",)
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
        (momentum,) = self.slots[self._get_variable_index(variable)]
        u = update(gradient, weight, *values)
        mu = self.momentum
        mu = tf.cast(mu(self.iterations), weight.dtype) if callable(mu) else mu
        m = mu * tf.convert_to_tensor(momentum) - lr * u
        self.assign(momentum, m)
        self.assign_add(variable, mu * m - lr * u)

    def get_config(self):
        """Return the settings from which `from_config` makes the same optimizer."""
        config = super().get_config()
        config["momentum"] = keras.saving.serialize_keras_object(self.momentum)
        config["total_steps"] = self.total_steps
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make an optimizer from what `get_config` returned."""
        momentum = config["momentum"]
        if isinstance(momentum, dict):
            momentum = keras.saving.deserialize_keras_object(momentum, custom_objects)
        return super().from_config({**config, "momentum": momentum}, custom_objects)
