"""The one-cycle schedules of learning rate and momentum, for JAX (optax).

Source: Morgan and Hougen 2024, Section 3.4, after Smith 2017
"""

import jax
import jax.numpy as jnp


def OneCycle(peak, total_steps, warmup, hold=0):
    """Return an optax schedule: linear up from 0, hold at the peak, cosine down to 0.

    Args:
        peak: highest learning rate.
        total_steps: number of steps T; after them the value of the last one holds.
        warmup: steps from 0 to the peak.
        hold: steps at the peak.
    """
    check(total_steps, warmup, hold)
    fall = total_steps - warmup - hold

    def schedule(count):
        with jax.enable_x64(True):
            t = jnp.minimum(jnp.asarray(count, float), total_steps - 1)
            up = t / max(warmup, 1)
            down = (1 + jnp.cos(jnp.pi * (t - warmup - hold) / fall)) / 2
            level = jnp.where(t < warmup + hold, 1.0, down)
            factor = jnp.where(t < warmup, up, level)
        return peak * jnp.asarray(factor, float)

    return schedule


def OneCycleMomentum(total_steps, warmup, hold=0, momenta=(0.95, 0.85)):
    """Return an optax schedule: down during warm-up, hold, and up again, ends included.

    Args:
        total_steps: number of steps T; after them the value of the last one holds.
        warmup: steps from the highest to the lowest momentum.
        hold: steps at the lowest.
        momenta: highest and lowest momentum.
    """
    check(total_steps, warmup, hold)
    high, low = momenta
    rise = total_steps - warmup - hold

    def schedule(count):
        with jax.enable_x64(True):
            t = jnp.minimum(jnp.asarray(count, float), total_steps - 1)
            down = high + (low - high) * t / max(warmup - 1, 1)
            up = low + (high - low) * (t - warmup - hold) / max(rise - 1, 1)
            level = jnp.where(t < warmup + hold, low, up)
            value = jnp.where(t < warmup, down, level)
        return jnp.asarray(value, float)

    return schedule


def check(total_steps, warmup, hold):
    """Raise ValueError unless a step is left for the way down."""
    if warmup < 0 or hold < 0 or total_steps <= warmup + hold:
        raise ValueError(f"Invalid lengths: {total_steps=}, {warmup=}, {hold=}")
