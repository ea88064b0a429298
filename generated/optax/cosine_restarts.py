"""CosineRestarts, a learning-rate schedule for JAX (optax).

Rule: CosineRestarts(first_steps=10 in [1, inf), growth=2 in [1, inf), shrink=1 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
Source: Loshchilov and Hutter 2017, as torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
Canonical: schedule ~ 0 + (1 - 0) * where(2 == 1, abspow(1, floor(t / 10)) * ((1 + cospi(t / 10 - floor(t / 10))) / 2), abspow(1, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) * ((1 + cospi(((1 + t * (2 - 1) / 10) / abspow(2, floor(ln(1 + (t + 0.5) * (2 - 1) / 10) / ln(2))) - 1) / (2 - 1))) / 2))
Key: 2.1:062fb17acb15eb771f6c466e
"""

import jax
import jax.numpy as jnp


def factor(step, first_steps, growth, shrink, final_factor):
    """Return the factor of a step, which counts from 0.

    factor(t) = final_factor + (1 - final_factor) * where(growth == 1, abspow(shrink, floor(t / first_steps)) * ((1 + cospi(t / first_steps - floor(t / first_steps))) / 2), abspow(shrink, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) * ((1 + cospi(((1 + t * (growth - 1) / first_steps) / abspow(growth, floor(ln(1 + (t + 0.5) * (growth - 1) / first_steps) / ln(growth))) - 1) / (growth - 1))) / 2))
    where
        cospi(x) = cos(pi x)
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    first_steps = jnp.asarray(first_steps, float)
    growth = jnp.asarray(growth, float)
    shrink = jnp.asarray(shrink, float)
    final_factor = jnp.asarray(final_factor, float)
    ratio = step / first_steps
    whole = jnp.floor(ratio)
    difference = growth - 1
    logarithm = jnp.log(growth)
    logarithm_2 = jnp.log(1 + (step + 0.5) * difference / first_steps)
    ratio_2 = jnp.where(logarithm == 0, 0.0, logarithm_2 / logarithm)
    whole_2 = jnp.floor(ratio_2)
    difference_2 = (1 + step * difference / first_steps) / growth**whole_2 - 1
    ratio_3 = jnp.where(difference == 0, 0.0, difference_2 / difference)
    product = shrink**whole * ((1 + jnp.cos(jnp.pi * (ratio - whole))) / 2)
    product_2 = shrink**whole_2 * ((1 + jnp.cos(jnp.pi * ratio_3)) / 2)
    product_3 = (1 - final_factor) * jnp.where(growth == 1, product, product_2)
    return final_factor + product_3


def CosineRestarts(base, first_steps=10, growth=2, shrink=1, final_factor=0):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        first_steps: setting of the factor, in [1, inf).
        growth: setting of the factor, in [1, inf).
        shrink: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """
    if not isinstance(first_steps, jax.Array) and not first_steps >= 1:
        raise ValueError(f"Invalid first_steps: {first_steps}, not in [1, inf)")
    if not isinstance(growth, jax.Array) and not growth >= 1:
        raise ValueError(f"Invalid growth: {growth}, not in [1, inf)")
    if not isinstance(shrink, jax.Array) and not shrink >= 0:
        raise ValueError(f"Invalid shrink: {shrink}, not in [0, inf)")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, first_steps, growth, shrink, final_factor)
        return rate * jnp.asarray(value, float)

    return schedule
