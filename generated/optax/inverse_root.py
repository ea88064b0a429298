"""InverseRoot, a learning-rate schedule for JAX (optax).

Rule: InverseRoot(warmup_steps=4000 in [1, inf)) = schedule ~ min((t + 1) / warmup_steps, sqrt(warmup_steps / (t + 1)))
Source: Vaswani et al. 2017, Equation 3
Canonical: schedule ~ min((t + 1) / 4000, sqrt(4000 / (t + 1)))
Key: 2.1:699b138317a30ab080bd03f8
"""

import jax
import jax.numpy as jnp


def factor(step, warmup_steps):
    """Return the factor of a step, which counts from 0.

    factor(t) = min((t + 1) / warmup_steps, sqrt(warmup_steps / (t + 1)))
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    total = step + 1
    root = jnp.sqrt(warmup_steps / total)
    return jnp.minimum(total / warmup_steps, root)


def InverseRoot(base, warmup_steps=4000):
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
