"""The one-cycle schedules of learning rate and momentum, for TensorFlow (Keras 3).

Source: Morgan and Hougen 2024, Section 3.4, after Smith 2017
"""

import math

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="nos_sym")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Linear up from 0, hold at the peak, cosine down to 0.

    Args:
        peak: highest learning rate.
        total_steps: number of steps T; after them the value of the last one holds.
        warmup: steps from 0 to the peak.
        hold: steps at the peak.
    """

    def __init__(self, peak, total_steps, warmup, hold=0):
        check(total_steps, warmup, hold)
        self.peak, self.lengths = peak, (total_steps, warmup, hold)

    def __call__(self, step):
        """Return the learning rate of a step."""
        total_steps, warmup, hold = self.lengths
        t = tf.minimum(tf.cast(step, "float32"), total_steps - 1.0)
        rise = t / max(warmup, 1)
        left = (total_steps - t) / (total_steps - warmup - hold)
        fall = tf.sin(math.pi / 2 * left) ** 2  # (1 + cos) / 2 without cancellation
        level = tf.where(t < warmup + hold, tf.ones_like(t), fall)
        return self.peak * tf.where(t < warmup, rise, level)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        total_steps, warmup, hold = self.lengths
        lengths = {"total_steps": total_steps, "warmup": warmup, "hold": hold}
        return {"peak": self.peak, **lengths}


@keras.saving.register_keras_serializable(package="nos_sym")
class OneCycleMomentum(keras.optimizers.schedules.LearningRateSchedule):
    """Momentum against the learning rate: down, hold, and up again, ends included.

    Args:
        total_steps: number of steps T; after them the value of the last one holds.
        warmup: steps from the highest to the lowest momentum.
        hold: steps at the lowest.
        momenta: highest and lowest momentum.
    """

    def __init__(self, total_steps, warmup, hold=0, momenta=(0.95, 0.85)):
        check(total_steps, warmup, hold)
        self.lengths, self.momenta = (total_steps, warmup, hold), tuple(momenta)

    def __call__(self, step):
        """Return the momentum of a step."""
        total_steps, warmup, hold = self.lengths
        high, low = self.momenta
        t = tf.minimum(tf.cast(step, "float32"), total_steps - 1.0)
        fall = high + (low - high) * t / max(warmup - 1, 1)
        last = max(total_steps - warmup - hold - 1, 1)
        rise = low + (high - low) * (t - warmup - hold) / last
        level = tf.where(t < warmup + hold, low * tf.ones_like(t), rise)
        return tf.where(t < warmup, fall, level)

    def get_config(self):
        """Return the settings from which `from_config` makes the same schedule."""
        total_steps, warmup, hold = self.lengths
        lengths = {"total_steps": total_steps, "warmup": warmup, "hold": hold}
        return {**lengths, "momenta": self.momenta}


def check(total_steps, warmup, hold):
    """Raise ValueError unless a step is left for the way down."""
    if warmup < 0 or hold < 0 or total_steps <= warmup + hold:
        raise ValueError(f"Invalid lengths: {total_steps=}, {warmup=}, {hold=}")
