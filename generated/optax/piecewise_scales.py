"""PiecewiseScales, a learning-rate schedule for JAX (optax).

Rule: PiecewiseScales(boundary1=30 in [0, inf), boundary2=60 in [0, inf), boundary3=90 in [0, inf), scale1=0.1 in [0, inf), scale2=0.1 in [0, inf), scale3=0.1 in [0, inf)) = schedule ~ where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
Source: as optax.piecewise_constant_schedule
Canonical: schedule ~ where(t >= 30, 0.1, 1) * where(t >= 60, 0.1, 1) * where(t >= 90, 0.1, 1)
Key: 2.1:c64a35a02f55a523fe13eb2e
"""

import jax
import jax.numpy as jnp


def factor(step, boundary1, boundary2, boundary3, scale1, scale2, scale3):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(boundary1 <= t, scale1, 1) * where(boundary2 <= t, scale2, 1) * where(boundary3 <= t, scale3, 1)
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    boundary1 = jnp.asarray(boundary1, float)
    boundary2 = jnp.asarray(boundary2, float)
    boundary3 = jnp.asarray(boundary3, float)
    scale1 = jnp.asarray(scale1, float)
    scale2 = jnp.asarray(scale2, float)
    scale3 = jnp.asarray(scale3, float)
    chosen = jnp.where(boundary2 <= step, scale2, 1)
    product = jnp.where(boundary1 <= step, scale1, 1) * chosen
    return product * jnp.where(boundary3 <= step, scale3, 1)


def PiecewiseScales(
    base, boundary1=30, boundary2=60, boundary3=90, scale1=0.1, scale2=0.1, scale3=0.1
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        boundary1: setting of the factor, in [0, inf).
        boundary2: setting of the factor, in [0, inf).
        boundary3: setting of the factor, in [0, inf).
        scale1: setting of the factor, in [0, inf).
        scale2: setting of the factor, in [0, inf).
        scale3: setting of the factor, in [0, inf).
    """
    if not isinstance(boundary1, jax.Array) and not boundary1 >= 0:
        raise ValueError(f"Invalid boundary1: {boundary1}, not in [0, inf)")
    if not isinstance(boundary2, jax.Array) and not boundary2 >= 0:
        raise ValueError(f"Invalid boundary2: {boundary2}, not in [0, inf)")
    if not isinstance(boundary3, jax.Array) and not boundary3 >= 0:
        raise ValueError(f"Invalid boundary3: {boundary3}, not in [0, inf)")
    if not isinstance(scale1, jax.Array) and not scale1 >= 0:
        raise ValueError(f"Invalid scale1: {scale1}, not in [0, inf)")
    if not isinstance(scale2, jax.Array) and not scale2 >= 0:
        raise ValueError(f"Invalid scale2: {scale2}, not in [0, inf)")
    if not isinstance(scale3, jax.Array) and not scale3 >= 0:
        raise ValueError(f"Invalid scale3: {scale3}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count, boundary1, boundary2, boundary3, scale1, scale2, scale3
            )
        return rate * jnp.asarray(value, float)

    return schedule
