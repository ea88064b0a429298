"""LR5, a learning-rate schedule for JAX (optax).

Rule: LR5 = schedule ~ 1 / sqrt(erf(a11))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ 1 / sqrt(erf(a11))
Key: 2.1:f7d1cbb131214e81f7805a5c
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = 1 / sqrt(erf(a11))
    where
        a11 = 0.01^p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a11 = 0.01**p
    return 1 / jnp.sqrt(jax.scipy.special.erf(a11))


def LR5(base, total_steps):
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
