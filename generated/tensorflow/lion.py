"""Lion, an optimizer for TensorFlow (Keras 3).

Rule: Lion = none ~ sign(10 * ema(g, 0.99) + g)
Source: Chen et al. 2023
Canonical: none ~ sign(10 * ema(g, 0.99) + g)
"""

import keras
import tensorflow as tf

STATE = ("v",)


def update(gradient, weight, v):
    """Return the update U of one tensor and its new state."""
    v = 0.99 * v + 0.01 * gradient
    u = tf.sign(10 * v + gradient)
    return u, v


@keras.saving.register_keras_serializable(package="nos_sym")
class Lion(keras.optimizers.Optimizer):
    """Lion; one step computes

        w <- w - lr * U
        U = sign(10 * ema(g, 0.99) + g)
        where
            ema(g, 0.99) = v
            v <- 0.99 * v + 0.01 * g, 0 at the start

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
        slots = self.slots[self._get_variable_index(variable)]
        u, *new = update(gradient, weight, *map(tf.convert_to_tensor, slots))
        for slot, value in zip(slots, new):
            self.assign(slot, value)
        self.assign_sub(variable, lr * u)
