"""OneCycleCosineToEnd, a learning-rate schedule for JAX (optax).

Rule: OneCycleCosineToEnd(pct_start=0.3 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t < floor(pct_start * T), 1 + (1 / div_factor - 1) * ((1 + cospi(t / floor(pct_start * T))) / 2), 1 / div_factor / final_div_factor + (1 - 1 / div_factor / final_div_factor) * ((1 + cospi((min(t, T) - floor(pct_start * T)) / max(T - floor(pct_start * T), 1))) / 2))
Source: Smith and Topin 2018, as optax.cosine_onecycle_schedule
Canonical: schedule ~ where(t < floor(0.3 * T), 1 + (1 / 25 - 1) * ((1 + cospi(t / floor(0.3 * T))) / 2), 1 / 25 / 10000 + (1 - 1 / 25 / 10000) * ((1 + cospi((min(t, T) - floor(0.3 * T)) / max(T - floor(0.3 * T), 1))) / 2))
Key: 2.1:7bf2e23affbac1e14ed6781d
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, pct_start, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < floor(pct_start * T), 1 + (1 / div_factor - 1) * ((1 + cospi(t / floor(pct_start * T))) / 2), 1 / div_factor / final_div_factor + (1 - 1 / div_factor / final_div_factor) * ((1 + cospi((min(t, T) - floor(pct_start * T)) / max(T - floor(pct_start * T), 1))) / 2))
    where
        cospi(x) = cos(pi x)
        floor(x) = the largest integer up to x
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    pct_start = jnp.asarray(pct_start, float)
    div_factor = jnp.asarray(div_factor, float)
    final_div_factor = jnp.asarray(final_div_factor, float)
    whole = jnp.floor(pct_start * total_steps)
    ratio = 1 / div_factor
    total = 1 + jnp.cos(jnp.pi * jnp.where(whole == 0, 0.0, step / whole))
    ratio_2 = ratio / final_div_factor
    difference = jnp.minimum(step, total_steps) - whole
    ratio_3 = difference / jnp.maximum(total_steps - whole, 1)
    total_2 = ratio_2 + (1 - ratio_2) * ((1 + jnp.cos(jnp.pi * ratio_3)) / 2)
    return jnp.where(step < whole, 1 + (ratio - 1) * (total / 2), total_2)


def OneCycleCosineToEnd(
    base, total_steps, pct_start=0.3, div_factor=25, final_div_factor=10000
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(pct_start, jax.Array) and not 0 <= pct_start <= 1:
        raise ValueError(f"Invalid pct_start: {pct_start}, not in [0, 1]")
    if not isinstance(div_factor, jax.Array) and not div_factor > 0:
        raise ValueError(f"Invalid div_factor: {div_factor}, not in (0, inf)")
    if not isinstance(final_div_factor, jax.Array) and not final_div_factor > 0:
        raise ValueError(
            f"Invalid final_div_factor: {final_div_factor}, not in (0, inf)"
        )

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps, pct_start, div_factor, final_div_factor)
        return rate * jnp.asarray(value, float)

    return schedule
