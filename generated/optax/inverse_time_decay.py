"""InverseTimeDecay, a learning-rate schedule for JAX (optax).

Rule: InverseTimeDecay(decay_rate=0.5 in [0, inf), decay_steps=1000 in (0, inf)) = schedule ~ 1 / (1 + decay_rate * (t / decay_steps))
Source: Darken and Moody 1990, as keras.optimizers.schedules.InverseTimeDecay
Canonical: schedule ~ 1 / (1 + 0.5 * (t / 1000))
Key: 2.1:2d9e25a6453bcee4deb4dfce
"""

import jax
import jax.numpy as jnp


def factor(step, decay_rate, decay_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = 1 / (1 + decay_rate * (t / decay_steps))
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    decay_rate = jnp.asarray(decay_rate, float)
    decay_steps = jnp.asarray(decay_steps, float)
    return 1 / (1 + decay_rate * (step / decay_steps))


def InverseTimeDecay(base, decay_rate=0.5, decay_steps=1000):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        decay_rate: setting of the factor, in [0, inf).
        decay_steps: setting of the factor, in (0, inf).
    """
    if not isinstance(decay_rate, jax.Array) and not decay_rate >= 0:
        raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
    if not isinstance(decay_steps, jax.Array) and not decay_steps > 0:
        raise ValueError(f"Invalid decay_steps: {decay_steps}, not in (0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, decay_rate, decay_steps)
        return rate * jnp.asarray(value, float)

    return schedule
