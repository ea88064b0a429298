"""DelayedExponentialDecay, a learning-rate schedule for JAX (optax).

Rule: DelayedExponentialDecay(decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ abspow(decay_rate, max(t - transition_begin, 0) / transition_steps)
Source: as optax.exponential_decay
Canonical: schedule ~ abspow(0.96, max(t - 0, 0) / 1000)
Key: 2.1:55b6ae28eada673cd7e440d0
"""

import jax
import jax.numpy as jnp


def factor(step, decay_rate, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(decay_rate, max(t - transition_begin, 0) / transition_steps)
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    decay_rate = jnp.asarray(decay_rate, float)
    transition_steps = jnp.asarray(transition_steps, float)
    transition_begin = jnp.asarray(transition_begin, float)
    ratio = jnp.maximum(step - transition_begin, 0) / transition_steps
    return decay_rate**ratio


def DelayedExponentialDecay(
    base, decay_rate=0.96, transition_steps=1000, transition_begin=0
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
    """
    if not isinstance(decay_rate, jax.Array) and not decay_rate >= 0:
        raise ValueError(f"Invalid decay_rate: {decay_rate}, not in [0, inf)")
    if not isinstance(transition_steps, jax.Array) and not transition_steps > 0:
        raise ValueError(
            f"Invalid transition_steps: {transition_steps}, not in (0, inf)"
        )
    if not isinstance(transition_begin, jax.Array) and not transition_begin >= 0:
        raise ValueError(
            f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
        )

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, decay_rate, transition_steps, transition_begin)
        return rate * jnp.asarray(value, float)

    return schedule
