"""BoundedStepDecay, a learning-rate schedule for JAX (optax).

Rule: BoundedStepDecay(decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf), final_factor=0.01 in [0, inf)) = schedule ~ where(decay_rate < 1, max(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor), min(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor))
Source: as optax.exponential_decay with staircase and end_value
Canonical: schedule ~ where(1 > 0.96, max(abspow(0.96, floor(max(t - 0, 0) / 1000)), 0.01), min(abspow(0.96, floor(max(t - 0, 0) / 1000)), 0.01))
Key: 2.1:884c29eb2cad9d418f3de17d
"""

import jax
import jax.numpy as jnp


def factor(step, decay_rate, transition_steps, transition_begin, final_factor):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(decay_rate < 1, max(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor), min(abspow(decay_rate, floor(max(t - transition_begin, 0) / transition_steps)), final_factor))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    decay_rate = jnp.asarray(decay_rate, float)
    transition_steps = jnp.asarray(transition_steps, float)
    transition_begin = jnp.asarray(transition_begin, float)
    final_factor = jnp.asarray(final_factor, float)
    ratio = jnp.maximum(step - transition_begin, 0) / transition_steps
    power = decay_rate ** jnp.floor(ratio)
    smaller = jnp.minimum(power, final_factor)
    larger = jnp.maximum(power, final_factor)
    return jnp.where(decay_rate < 1, larger, smaller)


def BoundedStepDecay(
    base, decay_rate=0.96, transition_steps=1000, transition_begin=0, final_factor=0.01
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
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
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count, decay_rate, transition_steps, transition_begin, final_factor
            )
        return rate * jnp.asarray(value, float)

    return schedule
