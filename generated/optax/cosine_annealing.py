"""CosineAnnealing, a learning-rate schedule for JAX (optax).

Rule: CosineAnnealing(final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * ((1 + cospi(t / T)) / 2)
Source: Loshchilov and Hutter 2017, as torch.optim.lr_scheduler.CosineAnnealingLR
Canonical: schedule ~ 0 + (1 - 0) * ((1 + cospi(t / T)) / 2)
Key: 2.1:a8359b0e39ee536bc1288d8f
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = final_factor + (1 - final_factor) * ((1 + cospi(t / T)) / 2)
    where
        cospi(x) = cos(pi x)
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    final_factor = jnp.asarray(final_factor, float)
    ratio = (1 + jnp.cos(jnp.pi * (step / total_steps))) / 2
    return final_factor + (1 - final_factor) * ratio


def CosineAnnealing(base, total_steps, final_factor=0):
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
