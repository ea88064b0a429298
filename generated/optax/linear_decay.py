"""LinearDecay, a learning-rate schedule for JAX (optax).

Rule: LinearDecay(final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * (1 - min(t / T, 1))
Source: as keras.optimizers.schedules.PolynomialDecay with power 1
Canonical: schedule ~ 0 + (1 - 0) * (1 - min(t / T, 1))
Key: 2.1:d2a2f559265ba1d50c9f75a8
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = final_factor + (1 - final_factor) * (1 - min(t / T, 1))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    final_factor = jnp.asarray(final_factor, float)
    product = (1 - final_factor) * (1 - jnp.minimum(step / total_steps, 1))
    return final_factor + product


def LinearDecay(base, total_steps, final_factor=0):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        final_factor: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps, final_factor)
        return rate * jnp.asarray(value, float)

    return schedule
