"""SGD, an optimizer for TensorFlow (Keras 3).

Rule: SGD = none ~ g
Source: Robbins and Monro 1951
Canonical: none ~ g
"""

import keras
import tensorflow as tf


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(x.dtype.max) ** (1 / root) / 4
    return tf.clip_by_value(x, -bound, bound) + (x - x)


def update(gradient, weight, lr):
    """Return the change of one tensor."""
    gradient = limited(gradient, 1.5)
    return -lr * gradient


@keras.saving.register_keras_serializable(package="nos_sym")
class SGD(keras.optimizers.Optimizer):
    """SGD; one step computes

        w <- w - lr * U
        U = g

    Args:
        learning_rate: a float, a schedule, or a function that returns a variable.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate=1e-3, **kwargs):
        super().__init__(learning_rate, **kwargs)

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        is_variable = isinstance(learning_rate, keras.Variable)
        if not (is_variable or tf.is_tensor(learning_rate)):  # it would be frozen
            raise TypeError("learning_rate() must return a variable, not a number")
        half = variable.dtype in ("float16", "bfloat16")
        dtype = "float32" if half else variable.dtype
        gradient = tf.reshape(gradient, variable.shape)  # an embedding's is sparse
        gradient, weight, lr = (
            tf.cast(x, dtype) for x in (gradient, variable, learning_rate)
        )
        change = update(gradient, weight, lr)
        self.assign_add(variable, change)
