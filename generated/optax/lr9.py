"""LR9, a learning-rate schedule for JAX (optax).

Rule: LR9 = schedule ~ tanh(max(a10, a6))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ tanh(max(a10, a6))
Key: 2.1:33537b59b121828f24dc23a4
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = tanh(max(a10, a6))
    where
        a6 = (1 - cos(2 pi p))/2
        a10 = r
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    r = (2 * t % total_steps) / total_steps
    p = t / total_steps
    a6 = (1 - jnp.cos(jnp.pi * (2 * p))) / 2
    return jnp.tanh(jnp.maximum(r, a6))


def LR9(base, total_steps):
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
