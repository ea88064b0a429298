"""OneCycleLinearThreePhases, a learning-rate schedule for JAX (optax).

Rule: OneCycleLinearThreePhases(pct_start=0.3 in [0, 1], div_factor=25 in (0, inf), final_div_factor=10000 in (0, inf)) = schedule ~ where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), where(min(t, T) <= 2 * pct_start * T - 2, 1 + (1 / div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (pct_start * T - 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - (2 * pct_start * T - 2)) / (T + 1 - 2 * pct_start * T))))
Source: Smith and Topin 2018, as torch.optim.lr_scheduler.OneCycleLR with linear and three_phase
Canonical: schedule ~ where(t <= 0.3 * T - 1, 1 / 25 + (1 - 1 / 25) * (t / (0.3 * T - 1)), where(min(t, T) <= 2 * 0.3 * T - 2, 1 + (1 / 25 - 1) * ((min(t, T) - (0.3 * T - 1)) / (0.3 * T - 1)), 1 / 25 + (1 / 25 / 10000 - 1 / 25) * ((min(t, T) - (2 * 0.3 * T - 2)) / (T + 1 - 2 * 0.3 * T))))
Key: 2.1:9931fac3fc2a974507a228e3
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, pct_start, div_factor, final_div_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t <= pct_start * T - 1, 1 / div_factor + (1 - 1 / div_factor) * (t / (pct_start * T - 1)), where(min(t, T) <= 2 * pct_start * T - 2, 1 + (1 / div_factor - 1) * ((min(t, T) - (pct_start * T - 1)) / (pct_start * T - 1)), 1 / div_factor + (1 / div_factor / final_div_factor - 1 / div_factor) * ((min(t, T) - (2 * pct_start * T - 2)) / (T + 1 - 2 * pct_start * T))))
    where
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    pct_start = jnp.asarray(pct_start, float)
    div_factor = jnp.asarray(div_factor, float)
    final_div_factor = jnp.asarray(final_div_factor, float)
    difference = pct_start * total_steps - 1
    ratio = 1 / div_factor
    product = (1 - ratio) * jnp.where(difference == 0, 0.0, step / difference)
    smaller = jnp.minimum(step, total_steps)
    product_2 = 2 * pct_start * total_steps
    difference_2 = product_2 - 2
    difference_3 = smaller - difference
    ratio_2 = jnp.where(difference == 0, 0.0, difference_3 / difference)
    difference_4 = total_steps + 1 - product_2
    difference_5 = smaller - difference_2
    ratio_3 = jnp.where(difference_4 == 0, 0.0, difference_5 / difference_4)
    total = ratio + (ratio / final_div_factor - ratio) * ratio_3
    total_2 = 1 + (ratio - 1) * ratio_2
    chosen = jnp.where(smaller <= difference_2, total_2, total)
    return jnp.where(step <= difference, ratio + product, chosen)


def OneCycleLinearThreePhases(
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
