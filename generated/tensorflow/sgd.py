"""SGD, an optimizer for TensorFlow (Keras 3).

Rule: SGD = none ~ g
Source: Robbins and Monro 1951
Canonical: none ~ g
"""

import keras
import tensorflow as tf


def update(gradient, weight):
    """Return the update U of one tensor."""
    return gradient


@keras.saving.register_keras_serializable(package="nos_sym")
class SGD(keras.optimizers.Optimizer):
    """SGD; one step computes

        w <- w - lr * U
        U = g

    Args:
        learning_rate: a float or a `LearningRateSchedule`.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        weight = tf.convert_to_tensor(variable)
        gradient = tf.cast(tf.convert_to_tensor(gradient), weight.dtype)
        lr = tf.cast(learning_rate, weight.dtype)
        u = update(gradient, weight)
        self.assign_sub(variable, lr * u)
