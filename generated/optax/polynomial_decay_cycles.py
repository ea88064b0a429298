"""PolynomialDecayCycles, a learning-rate schedule for JAX (optax).

Rule: PolynomialDecayCycles(power=1 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * abspow(max(1 - t / (T * max(1, -floor(-t / T))), 0), power)
Source: as keras.optimizers.schedules.PolynomialDecay with cycle
Canonical: schedule ~ 0 + (1 - 0) * abspow(max(1 - t / (T * max(1, -floor(-t / T))), 0), 1)
Key: 2.1:2f9da6a07b436a364eae4ac3
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, power, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = final_factor + (1 - final_factor) * abspow(max(1 - t / (T * max(1, -floor(-t / T))), 0), power)
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    power = jnp.asarray(power, float)
    final_factor = jnp.asarray(final_factor, float)
    product = total_steps * jnp.maximum(1, -jnp.floor(-step / total_steps))
    product_2 = (1 - final_factor) * jnp.maximum(1 - step / product, 0) ** power
    return final_factor + product_2


def PolynomialDecayCycles(base, total_steps, power=1, final_factor=0):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        power: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(power, jax.Array) and not power >= 0:
        raise ValueError(f"Invalid power: {power}, not in [0, inf)")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps, power, final_factor)
        return rate * jnp.asarray(value, float)

    return schedule
