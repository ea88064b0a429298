"""WarmupExponential, a learning-rate schedule for JAX (optax).

Rule: WarmupExponential(warmup_steps=100 in [0, inf), start_factor=0 in [0, inf), decay_rate=0.96 in [0, inf), transition_steps=1000 in (0, inf), transition_begin=0 in [0, inf)) = schedule ~ where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
Source: as optax.warmup_exponential_decay_schedule
Canonical: schedule ~ where(t < 100, 0 + (1 - 0) * (t / 100), abspow(0.96, max(t - 100 - 0, 0) / 1000))
Key: 2.1:44a9a1c3f3f6a2562a100075
"""

import jax
import jax.numpy as jnp


def factor(
    step, warmup_steps, start_factor, decay_rate, transition_steps, transition_begin
):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), abspow(decay_rate, max(t - warmup_steps - transition_begin, 0) / transition_steps))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    start_factor = jnp.asarray(start_factor, float)
    decay_rate = jnp.asarray(decay_rate, float)
    transition_steps = jnp.asarray(transition_steps, float)
    transition_begin = jnp.asarray(transition_begin, float)
    ratio = jnp.where(warmup_steps == 0, 0.0, step / warmup_steps)
    larger = jnp.maximum(step - warmup_steps - transition_begin, 0)
    power = decay_rate ** (larger / transition_steps)
    total = start_factor + (1 - start_factor) * ratio
    return jnp.where(step < warmup_steps, total, power)


def WarmupExponential(
    base,
    warmup_steps=100,
    start_factor=0,
    decay_rate=0.96,
    transition_steps=1000,
    transition_begin=0,
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        warmup_steps: setting of the factor, in [0, inf).
        start_factor: setting of the factor, in [0, inf).
        decay_rate: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in (0, inf).
        transition_begin: setting of the factor, in [0, inf).
    """
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
    if not isinstance(start_factor, jax.Array) and not start_factor >= 0:
        raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
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
            value = factor(
                count,
                warmup_steps,
                start_factor,
                decay_rate,
                transition_steps,
                transition_begin,
            )
        return rate * jnp.asarray(value, float)

    return schedule
