"""RMSProp, an optimizer for TensorFlow (Keras 3).

Rule: RMSProp = none ~ g / (sqrt(ema(g^2, 0.99)) + 1e-8)
Source: Tieleman and Hinton 2012, as torch.optim.RMSprop
Canonical: none ~ g / (sqrt(ema(g^2, 0.99)) + 1e-8)
"""

import keras
import tensorflow as tf

STATE = ("s",)


def update(gradient, weight, s):
    """Return the update U of one tensor and its new state."""
    s = 0.99 * s + 0.01 * gradient**2
    u = gradient / (tf.math.sqrt(s) + 1e-8)
    return u, s


@keras.saving.register_keras_serializable(package="nos_sym")
class RMSProp(keras.optimizers.Optimizer):
    """RMSProp; one step computes

        w <- w - lr * U
        U = g / (sqrt(ema(g^2, 0.99)) + 1e-8)
        where
            ema(g^2, 0.99) = s
            s <- 0.99 * s + 0.01 * g^2, 0 at the start

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
