"""LinearWarmup, a learning-rate schedule for JAX (optax).

Rule: LinearWarmup(start_factor=0 in [0, inf), end_factor=1 in [0, inf), warmup_steps=100 in [0, inf)) = schedule ~ start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
Source: Goyal et al. 2017, as torch.optim.lr_scheduler.LinearLR
Canonical: schedule ~ 0 + (1 - 0) * (min(t, 100) / 100)
Key: 2.1:de2f3b283ec86f0af6d51dfd
"""

import jax
import jax.numpy as jnp


def factor(step, start_factor, end_factor, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = start_factor + (end_factor - start_factor) * (min(t, warmup_steps) / warmup_steps)
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    start_factor = jnp.asarray(start_factor, float)
    end_factor = jnp.asarray(end_factor, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    smaller = jnp.minimum(step, warmup_steps)
    ratio = jnp.where(warmup_steps == 0, 0.0, smaller / warmup_steps)
    return start_factor + (end_factor - start_factor) * ratio


def LinearWarmup(base, start_factor=0, end_factor=1, warmup_steps=100):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
    """
    if not isinstance(start_factor, jax.Array) and not start_factor >= 0:
        raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
    if not isinstance(end_factor, jax.Array) and not end_factor >= 0:
        raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, start_factor, end_factor, warmup_steps)
        return rate * jnp.asarray(value, float)

    return schedule
