"""AMSGradKeras, an optimizer for TensorFlow (Keras 3).

Rule: AMSGradKeras = none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
Source: Reddi et al. 2018, as keras.optimizers.Adam with amsgrad
Canonical: none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
"""

import keras
import tensorflow as tf

STATE = ("v", "s", "peak")


def scalars(step):
    """Return the scalars of one step in float64; steps count from 0."""
    step = tf.cast(step, tf.float64)
    correction = 1 - 0.999 ** (step + 1)
    correction_2 = 1 - 0.9 ** (step + 1)
    decay = tf.math.sqrt(correction) / correction_2
    return (decay,)


def update(gradient, weight, v, s, peak, decay):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    s = 0.999 * s + 0.001 * gradient**2
    peak = tf.maximum(s, peak)
    u = decay * v / (tf.math.sqrt(peak) + 1e-7)
    return u, v, s, peak


@keras.saving.register_keras_serializable(package="nos_sym")
class AMSGradKeras(keras.optimizers.Optimizer):
    """AMSGradKeras; one step computes

        w <- w - lr * U
        U = [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
        where
            running_max(ema(g^2, 0.999)) = peak
            peak <- max(ema(g^2, 0.999), peak), 0 at the start
            ema(g^2, 0.999) = s
            s <- 0.999 * s + 0.001 * g^2, 0 at the start
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            correction(beta) = 1 - beta^(t+1)
            t = 0, 1, ... counts the steps

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
        values = scalars(self.iterations)
        values = [tf.cast(value, weight.dtype) for value in values]
        slots = self.slots[self._get_variable_index(variable)]
        u, *new = update(gradient, weight, *map(tf.convert_to_tensor, slots), *values)
        for slot, value in zip(slots, new):
            self.assign(slot, value)
        self.assign_sub(variable, lr * u)
