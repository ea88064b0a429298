"""ConstantWarmup, a learning-rate schedule for JAX (optax).

Rule: ConstantWarmup(warmup_factor=0.1 in [0, inf), warmup_steps=5 in [0, inf)) = schedule ~ where(t < warmup_steps, warmup_factor, 1)
Source: He et al. 2016, as torch.optim.lr_scheduler.ConstantLR
Canonical: schedule ~ where(t < 5, 0.1, 1)
Key: 2.1:aa52602f2fd51cdcbb57e021
"""

import jax
import jax.numpy as jnp


def factor(step, warmup_factor, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, warmup_factor, 1)
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    warmup_factor = jnp.asarray(warmup_factor, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    return jnp.where(step < warmup_steps, warmup_factor, 1)


def ConstantWarmup(base, warmup_factor=0.1, warmup_steps=5):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        warmup_factor: setting of the factor, in [0, inf).
        warmup_steps: setting of the factor, in [0, inf).
    """
    if not isinstance(warmup_factor, jax.Array) and not warmup_factor >= 0:
        raise ValueError(f"Invalid warmup_factor: {warmup_factor}, not in [0, inf)")
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, warmup_factor, warmup_steps)
        return rate * jnp.asarray(value, float)

    return schedule
