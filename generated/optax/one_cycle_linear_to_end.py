"""OneCycleLinearToEnd, a learning-rate schedule for JAX (optax).

Rule: OneCycleLinearToEnd(pct_start=0.3 in [0, 1], pct_final=0.85 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t < floor(pct_start * T), 1 / div_factor + (1 - 1 / div_factor) * (t / floor(pct_start * T)), where(t < floor(pct_final * T), 1 + (1 / div_factor - 1) * ((t - floor(pct_start * T)) / max(floor(pct_final * T) - floor(pct_start * T), 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - floor(pct_final * T)) / max(T - floor(pct_final * T), 1))))
Source: Smith and Topin 2018, as optax.linear_onecycle_schedule
Canonical: schedule ~ where(t < floor(0.3 * T), 1 / 25 + (1 - 1 / 25) * (t / floor(0.3 * T)), where(t < floor(0.85 * T), 1 + (1 / 25 - 1) * ((t - floor(0.3 * T)) / max(floor(0.85 * T) - floor(0.3 * T), 1)), 1 / 25 + (1 / 25 / 10000 - 1 / 25) * ((min(t, T) - floor(0.85 * T)) / max(T - floor(0.85 * T), 1))))
Key: 2.1:f3c87279e828713e667e0423
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, pct_start, pct_final, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < floor(pct_start * T), 1 / div_factor + (1 - 1 / div_factor) * (t / floor(pct_start * T)), where(t < floor(pct_final * T), 1 + (1 / div_factor - 1) * ((t - floor(pct_start * T)) / max(floor(pct_final * T) - floor(pct_start * T), 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - floor(pct_final * T)) / max(T - floor(pct_final * T), 1))))
    where
        floor(x) = the largest integer up to x
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    pct_start = jnp.asarray(pct_start, float)
    pct_final = jnp.asarray(pct_final, float)
    div_factor = jnp.asarray(div_factor, float)
    final_div_factor = jnp.asarray(final_div_factor, float)
    whole = jnp.floor(pct_start * total_steps)
    ratio = 1 / div_factor
    whole_2 = jnp.floor(pct_final * total_steps)
    product = (ratio - 1) * ((step - whole) / jnp.maximum(whole_2 - whole, 1))
    difference = jnp.minimum(step, total_steps) - whole_2
    ratio_2 = difference / jnp.maximum(total_steps - whole_2, 1)
    total = ratio + (ratio / final_div_factor - ratio) * ratio_2
    total_2 = ratio + (1 - ratio) * jnp.where(whole == 0, 0.0, step / whole)
    chosen = jnp.where(step < whole_2, 1 + product, total)
    return jnp.where(step < whole, total_2, chosen)


def OneCycleLinearToEnd(
    base,
    total_steps,
    pct_start=0.3,
    pct_final=0.85,
    div_factor=25,
    final_div_factor=10000,
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        pct_start: setting of the factor, in [0, 1].
        pct_final: setting of the factor, in [0, 1].
        div_factor: setting of the factor, in (0, inf).
        final_div_factor: setting of the factor, in (0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(pct_start, jax.Array) and not 0 <= pct_start <= 1:
        raise ValueError(f"Invalid pct_start: {pct_start}, not in [0, 1]")
    if not isinstance(pct_final, jax.Array) and not 0 <= pct_final <= 1:
        raise ValueError(f"Invalid pct_final: {pct_final}, not in [0, 1]")
    if not isinstance(div_factor, jax.Array) and not div_factor > 0:
        raise ValueError(f"Invalid div_factor: {div_factor}, not in (0, inf)")
    if not isinstance(final_div_factor, jax.Array) and not final_div_factor > 0:
        raise ValueError(
            f"Invalid final_div_factor: {final_div_factor}, not in (0, inf)"
        )

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count, total_steps, pct_start, pct_final, div_factor, final_div_factor
            )
        return rate * jnp.asarray(value, float)

    return schedule
