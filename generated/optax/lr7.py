"""LR7, a learning-rate schedule for JAX (optax).

Rule: LR7 = schedule ~ 1 / sqrt(dsoft(a10))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ 1 / sqrt(dsoft(a10))
Key: 2.1:0a4f1e3a15d81a609b6d36ab
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = 1 / sqrt(dsoft(a10))
    where
        dsoft(x) = 1/(1 + |x|)
        a10 = r
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    r = (2 * t % total_steps) / total_steps
    return 1 / jnp.sqrt(1 / (1 + r))


def LR7(base, total_steps):
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
