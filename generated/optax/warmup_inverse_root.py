"""WarmupInverseRoot, a learning-rate schedule for JAX (optax).

Rule: WarmupInverseRoot(warmup_steps=4000 in [1, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
Source: Raffel et al. 2020, as transformers.get_inverse_sqrt_schedule
Canonical: schedule ~ where(t < 4000, t / 4000, sqrt(4000 / t))
Key: 2.1:8943fb912f3998baeaa322d2
"""

import jax
import jax.numpy as jnp


def factor(step, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < warmup_steps, t / warmup_steps, sqrt(warmup_steps / t))
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    root = jnp.sqrt(jnp.where(step == 0, 0.0, warmup_steps / step))
    return jnp.where(step < warmup_steps, step / warmup_steps, root)


def WarmupInverseRoot(base, warmup_steps=4000):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        warmup_steps: setting of the factor, in [1, inf).
    """
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 1:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [1, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, warmup_steps)
        return rate * jnp.asarray(value, float)

    return schedule
