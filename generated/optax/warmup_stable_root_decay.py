"""WarmupStableRootDecay, a learning-rate schedule for JAX (optax).

Rule: WarmupStableRootDecay(warmup_steps=100 in [0, inf), decay_fraction=0.2 in [0, 1], final_factor=0 in [0, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, 1 - (1 - final_factor) * sqrt(min(max(t - (1 - decay_fraction) * T, 0) / (decay_fraction * T), 1)))
Source: Haegele et al. 2024
Canonical: schedule ~ where(t < 100, t / 100, 1 - (1 - 0) * sqrt(min(max(t - (1 - 0.2) * T, 0) / (0.2 * T), 1)))
Key: 2.1:c9be0460e7a03e3a31a365b5
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, warmup_steps, decay_fraction, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < warmup_steps, t / warmup_steps, 1 - (1 - final_factor) * sqrt(min(max(t - (1 - decay_fraction) * T, 0) / (decay_fraction * T), 1)))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    decay_fraction = jnp.asarray(decay_fraction, float)
    final_factor = jnp.asarray(final_factor, float)
    product = decay_fraction * total_steps
    larger = jnp.maximum(step - (1 - decay_fraction) * total_steps, 0)
    smaller = jnp.minimum(jnp.where(product == 0, 0.0, larger / product), 1)
    ratio = jnp.where(warmup_steps == 0, 0.0, step / warmup_steps)
    difference = 1 - (1 - final_factor) * jnp.sqrt(smaller)
    return jnp.where(step < warmup_steps, ratio, difference)


def WarmupStableRootDecay(
    base, total_steps, warmup_steps=100, decay_fraction=0.2, final_factor=0
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        decay_fraction: setting of the factor, in [0, 1].
        final_factor: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
    if not isinstance(decay_fraction, jax.Array) and not 0 <= decay_fraction <= 1:
        raise ValueError(f"Invalid decay_fraction: {decay_fraction}, not in [0, 1]")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count, total_steps, warmup_steps, decay_fraction, final_factor
            )
        return rate * jnp.asarray(value, float)

    return schedule
