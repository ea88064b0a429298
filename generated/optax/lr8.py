"""LR8, a learning-rate schedule for JAX (optax).

Rule: LR8 = schedule ~ 1 / sqrt(softsign(arctan(a12)))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ 1 / sqrt(softsign(arctan(a12)))
Key: 2.1:bada1686a4886e160f3df71f
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = 1 / sqrt(softsign(arctan(a12)))
    where
        softsign(x) = x/(1 + |x|)
        a12 = 1 - 0.01^p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a12 = 1 - 0.01**p
    arctan = jnp.arctan(a12)
    root = jnp.sqrt(arctan / (1 + arctan))
    return jnp.where(root == 0, 0.0, 1 / root)


def LR8(base, total_steps):
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
