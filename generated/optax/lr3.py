"""LR3, a learning-rate schedule for JAX (optax).

Rule: LR3 = schedule ~ arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
Key: 2.1:b671ed834e3fe24720e0e61d
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = arctan(a2) / (dtanh(a10) * sqrt(dsoft(a14)))
    where
        dsoft(x) = 1/(1 + |x|)
        dtanh(x) = 1 - tanh(x)^2
        a14 = 0.95 - b/(0.05 + b), b = 0.95 (1 - (t+1)/T)
        a10 = r
        a2 = p
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    r = (2 * t % total_steps) / total_steps
    remaining = (total_steps - 1 - t) / total_steps
    product = 0.95 * remaining
    a14 = 0.95 - product / (0.05 + product)
    product_2 = (1 - jnp.tanh(r) ** 2) * jnp.sqrt(1 / (1 + a14))
    return jnp.arctan(p) / product_2


def LR3(base, total_steps):
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
