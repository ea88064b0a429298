"""ExponentialDecay, a learning-rate schedule for JAX (optax).

Rule: ExponentialDecay(decay_rate=0.96 in [0, inf), decay_steps=1000 in (0, inf)) = schedule ~ abspow(decay_rate, t / decay_steps)
Source: as keras.optimizers.schedules.ExponentialDecay
Canonical: schedule ~ abspow(0.96, t / 1000)
Key: 2.1:1704d72ef6bfb8fdb7922b99
"""

import jax
import jax.numpy as jnp


def factor(step, decay_rate, decay_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(decay_rate, t / decay_steps)
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    decay_rate = jnp.asarray(decay_rate, float)
    decay_steps = jnp.asarray(decay_steps, float)
    return decay_rate ** (step / decay_steps)


def ExponentialDecay(base, decay_rate=0.96, decay_steps=1000):
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
