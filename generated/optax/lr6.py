"""LR6, a learning-rate schedule for JAX (optax).

Rule: LR6 = schedule ~ arctan(a2) * erfc(a6) / sqrt(dsoft(a6))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ arctan(a2) * erfc(a6) / sqrt(dsoft(a6))
Key: 2.1:a548820c27e2a40f180558ae
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = arctan(a2) * erfc(a6) / sqrt(dsoft(a6))
    where
        dsoft(x) = 1/(1 + |x|)
        a6 = (1 - cos(2 pi p))/2
        a2 = p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a6 = (1 - jnp.cos(jnp.pi * (2 * p))) / 2
    product = jnp.arctan(p) * jax.scipy.special.erfc(a6)
    return product / jnp.sqrt(1 / (1 + a6))


def LR6(base, total_steps):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps)
        return rate * jnp.asarray(value, float)

    return schedule
