"""PowerSign, an optimizer for TensorFlow (Keras 3).

Rule: PowerSign = none ~ exp(sign(g) * sign(ema(g, 0.9))) * g
Source: Bello et al. 2017
Canonical: none ~ exp(sign(g) * sign(ema(g, 0.9))) * g
"""

import keras
import tensorflow as tf

STATE = ("v",)


def update(gradient, weight, v):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    u = tf.math.exp(tf.sign(gradient) * tf.sign(v)) * gradient
    return u, v


@keras.saving.register_keras_serializable(package="nos_sym")
class PowerSign(keras.optimizers.Optimizer):
    """PowerSign; one step computes

        w <- w - lr * U
        U = exp(sign(g) * sign(ema(g, 0.9))) * g
        where
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start

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
