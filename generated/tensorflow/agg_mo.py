"""AggMo, an optimizer for TensorFlow (Keras 3).

Rule: AggMo = none ~ (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
Source: Lucas et al. 2018
Canonical: none ~ (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
"""

import keras
import tensorflow as tf

STATE = ("v", "v_2")


def update(gradient, weight, v, v_2):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_2 = 0.99 * v_2 + 0.01 * gradient
    u = (gradient + 10 * v + 100 * v_2) / 3
    return u, v, v_2


@keras.saving.register_keras_serializable(package="nos_sym")
class AggMo(keras.optimizers.Optimizer):
    """AggMo; one step computes

        w <- w - lr * U
        U = (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
        where
            ema(g, 0.99) = v_2
            v_2 <- 0.99 * v_2 + 0.01 * g, 0 at the start
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
