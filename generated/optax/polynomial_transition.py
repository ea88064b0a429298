"""PolynomialTransition, a learning-rate schedule for JAX (optax).

Rule: PolynomialTransition(start_factor=1 in [0, inf), end_factor=0 in [0, inf), power=1 in [0, inf), transition_steps=1000 in [1, inf), transition_begin=0 in [0, inf)) = schedule ~ end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
Source: as optax.polynomial_schedule
Canonical: schedule ~ 0 + (1 - 0) * abspow(1 - min(max(t - 0, 0) / 1000, 1), 1)
Key: 2.1:f8d0acdf81d6447f5e30c868
"""

import jax
import jax.numpy as jnp


def factor(step, start_factor, end_factor, power, transition_steps, transition_begin):
    """Return the factor of a step, which counts from 0.

    factor(t) = end_factor + (start_factor - end_factor) * abspow(1 - min(max(t - transition_begin, 0) / transition_steps, 1), power)
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    start_factor = jnp.asarray(start_factor, float)
    end_factor = jnp.asarray(end_factor, float)
    power = jnp.asarray(power, float)
    transition_steps = jnp.asarray(transition_steps, float)
    transition_begin = jnp.asarray(transition_begin, float)
    ratio = jnp.maximum(step - transition_begin, 0) / transition_steps
    power_2 = (1 - jnp.minimum(ratio, 1)) ** power
    return end_factor + (start_factor - end_factor) * power_2


def PolynomialTransition(
    base,
    start_factor=1,
    end_factor=0,
    power=1,
    transition_steps=1000,
    transition_begin=0,
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        start_factor: setting of the factor, in [0, inf).
        end_factor: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        transition_steps: setting of the factor, in [1, inf).
        transition_begin: setting of the factor, in [0, inf).
    """
    if not isinstance(start_factor, jax.Array) and not start_factor >= 0:
        raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
    if not isinstance(end_factor, jax.Array) and not end_factor >= 0:
        raise ValueError(f"Invalid end_factor: {end_factor}, not in [0, inf)")
    if not isinstance(power, jax.Array) and not power >= 0:
        raise ValueError(f"Invalid power: {power}, not in [0, inf)")
    if not isinstance(transition_steps, jax.Array) and not transition_steps >= 1:
        raise ValueError(
            f"Invalid transition_steps: {transition_steps}, not in [1, inf)"
        )
    if not isinstance(transition_begin, jax.Array) and not transition_begin >= 0:
        raise ValueError(
            f"Invalid transition_begin: {transition_begin}, not in [0, inf)"
        )

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count,
                start_factor,
                end_factor,
                power,
                transition_steps,
                transition_begin,
            )
        return rate * jnp.asarray(value, float)

    return schedule
