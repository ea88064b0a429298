"""LR4, a learning-rate schedule for JAX (optax).

Rule: LR4 = schedule ~ sigmoid(a2)^2 / sigmoid(2 * softsign(a1))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ sigmoid(a2)^2 / sigmoid(2 * softsign(a1))
Key: 2.1:821ea6db84f51d8d81356b47
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = sigmoid(a2)^2 / sigmoid(2 * softsign(a1))
    where
        sigmoid(x) = 1/(1 + e^-x)
        softsign(x) = x/(1 + |x|)
        a1 = 1 - p
        a2 = p
        p = t/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a1 = 1 - p
    return jax.nn.sigmoid(p) ** 2 / jax.nn.sigmoid(2 * (a1 / (1 + a1)))


def LR4(base, total_steps):
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
