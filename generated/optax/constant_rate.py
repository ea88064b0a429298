"""ConstantRate, a learning-rate schedule for JAX (optax).

Rule: ConstantRate = schedule ~ 1
Source: Robbins and Monro 1951, as optax.constant_schedule
Canonical: schedule ~ 1
Key: 2.1:675f0d4e8f26110e516b390d
"""

import jax
import jax.numpy as jnp


def factor(step):
    """Return the factor of a step, which counts from 0.

    factor(t) = 1
    """
    step = jnp.asarray(step, float)
    return 1


def ConstantRate(base):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
    """

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count)
        return rate * jnp.asarray(value, float)

    return schedule
