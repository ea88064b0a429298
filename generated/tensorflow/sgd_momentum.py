"""SGDMomentum, an optimizer for TensorFlow (Keras 3).

Rule: SGDMomentum = momentum ~ g
Source: Polyak 1964, as keras.optimizers.SGD
Canonical: momentum ~ g
"""

import keras
import tensorflow as tf


def update(gradient, weight):
    """Return the update U of one tensor."""
    return gradient


@keras.saving.register_keras_serializable(package="nos_sym")
class SGDMomentum(keras.optimizers.Optimizer):
    """SGDMomentum; one step computes

        m <- mu * m - lr * U
        w <- w + m
        U = g

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
        (momentum,) = self.slots[self._get_variable_index(variable)]
        u = update(gradient, weight)
        mu = self.momentum
        mu = tf.cast(mu(self.iterations), weight.dtype) if callable(mu) else mu
        m = mu * tf.convert_to_tensor(momentum) - lr * u
        self.assign(momentum, m)
        self.assign_add(variable, m)

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
