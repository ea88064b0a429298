"""LR2, a learning-rate schedule for JAX (optax).

Rule: LR2 = schedule ~ erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
Source: Morgan and Hougen 2024, Table 10
Canonical: schedule ~ erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
Key: 2.1:5b68db6fd42c6326c457c30b
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))
    where
        dtanh(x) = 1 - tanh(x)^2
        a8 = (1 - cos(pi r))/2
        a4 = (1 - cos(pi p))/2
        p = t/T
        r = mod(2t, T)/T
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a4 = (1 - jnp.cos(jnp.pi * p)) / 2
    r = (2 * t % total_steps) / total_steps
    a8 = (1 - jnp.cos(jnp.pi * r)) / 2
    erfc = jax.scipy.special.erfc(jax.scipy.special.erfc(a4))
    return erfc / ((1 - jnp.tanh(a8) ** 2) * (1 - jnp.tanh(a4) ** 2))


def LR2(base, total_steps):
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
