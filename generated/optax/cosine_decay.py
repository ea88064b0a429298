"""CosineDecay, a learning-rate schedule for JAX (optax).

Rule: CosineDecay(final_factor=0 in [0, inf), power=1 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * abspow((1 + cospi(min(t / T, 1))) / 2, power)
Source: Loshchilov and Hutter 2017, as optax.cosine_decay_schedule
Canonical: schedule ~ 0 + (1 - 0) * abspow((1 + cospi(min(t / T, 1))) / 2, 1)
Key: 2.1:ef19e4dbdcdd1af210b8e1d3
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, final_factor, power):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = final_factor + (1 - final_factor) * abspow((1 + cospi(min(t / T, 1))) / 2, power)
    where
        abspow(x, y) = |x|^y
        cospi(x) = cos(pi x)
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    final_factor = jnp.asarray(final_factor, float)
    power = jnp.asarray(power, float)
    ratio = (1 + jnp.cos(jnp.pi * jnp.minimum(step / total_steps, 1))) / 2
    return final_factor + (1 - final_factor) * ratio**power


def CosineDecay(base, total_steps, final_factor=0, power=1):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        final_factor: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
    if not isinstance(power, jax.Array) and not power >= 0:
        raise ValueError(f"Invalid power: {power}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps, final_factor, power)
        return rate * jnp.asarray(value, float)

    return schedule
