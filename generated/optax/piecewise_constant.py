"""PiecewiseConstant, a learning-rate schedule for JAX (optax).

Rule: PiecewiseConstant(boundary1=30 in [0, inf), boundary2=60 in [0, inf), boundary3=90 in [0, inf), factor1=1 in [0, inf), factor2=0.1 in [0, inf), factor3=0.01 in [0, inf), factor4=0.001 in [0, inf)) = schedule ~ where(t <= boundary1, factor1, where(t <= boundary2, factor2, where(t <= boundary3, factor3, factor4)))
Source: as keras.optimizers.schedules.PiecewiseConstantDecay
Canonical: schedule ~ where(t <= 30, 1, where(t <= 60, 0.1, where(t <= 90, 0.01, 0.001)))
Key: 2.1:26db48ade35034f6dadc73ab
"""

import jax
import jax.numpy as jnp


def factor(step, boundary1, boundary2, boundary3, factor1, factor2, factor3, factor4):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t <= boundary1, factor1, where(t <= boundary2, factor2, where(t <= boundary3, factor3, factor4)))
    where
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    boundary1 = jnp.asarray(boundary1, float)
    boundary2 = jnp.asarray(boundary2, float)
    boundary3 = jnp.asarray(boundary3, float)
    factor1 = jnp.asarray(factor1, float)
    factor2 = jnp.asarray(factor2, float)
    factor3 = jnp.asarray(factor3, float)
    factor4 = jnp.asarray(factor4, float)
    chosen = jnp.where(step <= boundary3, factor3, factor4)
    chosen_2 = jnp.where(step <= boundary2, factor2, chosen)
    return jnp.where(step <= boundary1, factor1, chosen_2)


def PiecewiseConstant(
    base,
    boundary1=30,
    boundary2=60,
    boundary3=90,
    factor1=1,
    factor2=0.1,
    factor3=0.01,
    factor4=0.001,
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        boundary1: setting of the factor, in [0, inf).
        boundary2: setting of the factor, in [0, inf).
        boundary3: setting of the factor, in [0, inf).
        factor1: setting of the factor, in [0, inf).
        factor2: setting of the factor, in [0, inf).
        factor3: setting of the factor, in [0, inf).
        factor4: setting of the factor, in [0, inf).
    """
    if not isinstance(boundary1, jax.Array) and not boundary1 >= 0:
        raise ValueError(f"Invalid boundary1: {boundary1}, not in [0, inf)")
    if not isinstance(boundary2, jax.Array) and not boundary2 >= 0:
        raise ValueError(f"Invalid boundary2: {boundary2}, not in [0, inf)")
    if not isinstance(boundary3, jax.Array) and not boundary3 >= 0:
        raise ValueError(f"Invalid boundary3: {boundary3}, not in [0, inf)")
    if not isinstance(factor1, jax.Array) and not factor1 >= 0:
        raise ValueError(f"Invalid factor1: {factor1}, not in [0, inf)")
    if not isinstance(factor2, jax.Array) and not factor2 >= 0:
        raise ValueError(f"Invalid factor2: {factor2}, not in [0, inf)")
    if not isinstance(factor3, jax.Array) and not factor3 >= 0:
        raise ValueError(f"Invalid factor3: {factor3}, not in [0, inf)")
    if not isinstance(factor4, jax.Array) and not factor4 >= 0:
        raise ValueError(f"Invalid factor4: {factor4}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count,
                boundary1,
                boundary2,
                boundary3,
                factor1,
                factor2,
                factor3,
                factor4,
            )
        return rate * jnp.asarray(value, float)

    return schedule
