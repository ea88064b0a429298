"""WarmupCosineCycles, a learning-rate schedule for JAX (optax).

Rule: WarmupCosineCycles(warmup_steps1=100 in [0, inf), steps1=1000 in [1, inf), start_factor1=0 in [0, inf), peak_factor1=1 in [0, inf), final_factor1=0 in [0, inf), power1=1 in [0, inf), warmup_steps2=100 in [0, inf), steps2=2000 in [1, inf), start_factor2=0 in [0, inf), peak_factor2=0.5 in [0, inf), final_factor2=0 in [0, inf), power2=1 in [0, inf), warmup_steps3=100 in [0, inf), steps3=4000 in [1, inf), start_factor3=0 in [0, inf), peak_factor3=0.25 in [0, inf), final_factor3=0 in [0, inf), power3=1 in [0, inf)) = schedule ~ where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
Source: Loshchilov and Hutter 2017, as optax.sgdr_schedule
Canonical: schedule ~ where(t < 1000, where(t < 100, 0 + (1 - 0) * (t / 100), 0 + (1 - 0) * abspow((1 + cospi(min((t - 100) / max(1000 - 100, 1), 1))) / 2, 1)), where(t < 1000 + 2000, where(t - 1000 < 100, 0 + (0.5 - 0) * ((t - 1000) / 100), 0 + (0.5 - 0) * abspow((1 + cospi(min((t - 1000 - 100) / max(2000 - 100, 1), 1))) / 2, 1)), where(t - 1000 - 2000 < 100, 0 + (0.25 - 0) * ((t - 1000 - 2000) / 100), 0 + (0.25 - 0) * abspow((1 + cospi(min((t - 1000 - 2000 - 100) / max(4000 - 100, 1), 1))) / 2, 1))))
Key: 2.1:4af9356218858ac7ce5068ec
"""

import jax
import jax.numpy as jnp


def factor(
    step,
    warmup_steps1,
    steps1,
    start_factor1,
    peak_factor1,
    final_factor1,
    power1,
    warmup_steps2,
    steps2,
    start_factor2,
    peak_factor2,
    final_factor2,
    power2,
    warmup_steps3,
    steps3,
    start_factor3,
    peak_factor3,
    final_factor3,
    power3,
):
    """Return the factor of a step, which counts from 0.

    factor(t) = where(t < steps1, where(t < warmup_steps1, start_factor1 + (peak_factor1 - start_factor1) * (t / warmup_steps1), final_factor1 + (peak_factor1 - final_factor1) * abspow((1 + cospi(min((t - warmup_steps1) / max(steps1 - warmup_steps1, 1), 1))) / 2, power1)), where(t < steps1 + steps2, where(t - steps1 < warmup_steps2, start_factor2 + (peak_factor2 - start_factor2) * ((t - steps1) / warmup_steps2), final_factor2 + (peak_factor2 - final_factor2) * abspow((1 + cospi(min((t - steps1 - warmup_steps2) / max(steps2 - warmup_steps2, 1), 1))) / 2, power2)), where(t - steps1 - steps2 < warmup_steps3, start_factor3 + (peak_factor3 - start_factor3) * ((t - steps1 - steps2) / warmup_steps3), final_factor3 + (peak_factor3 - final_factor3) * abspow((1 + cospi(min((t - steps1 - steps2 - warmup_steps3) / max(steps3 - warmup_steps3, 1), 1))) / 2, power3))))
    where
        abspow(x, y) = |x|^y
        cospi(x) = cos(pi x)
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    warmup_steps1 = jnp.asarray(warmup_steps1, float)
    steps1 = jnp.asarray(steps1, float)
    start_factor1 = jnp.asarray(start_factor1, float)
    peak_factor1 = jnp.asarray(peak_factor1, float)
    final_factor1 = jnp.asarray(final_factor1, float)
    power1 = jnp.asarray(power1, float)
    warmup_steps2 = jnp.asarray(warmup_steps2, float)
    steps2 = jnp.asarray(steps2, float)
    start_factor2 = jnp.asarray(start_factor2, float)
    peak_factor2 = jnp.asarray(peak_factor2, float)
    final_factor2 = jnp.asarray(final_factor2, float)
    power2 = jnp.asarray(power2, float)
    warmup_steps3 = jnp.asarray(warmup_steps3, float)
    steps3 = jnp.asarray(steps3, float)
    start_factor3 = jnp.asarray(start_factor3, float)
    peak_factor3 = jnp.asarray(peak_factor3, float)
    final_factor3 = jnp.asarray(final_factor3, float)
    power3 = jnp.asarray(power3, float)
    ratio = jnp.where(warmup_steps1 == 0, 0.0, step / warmup_steps1)
    ratio_2 = (step - warmup_steps1) / jnp.maximum(steps1 - warmup_steps1, 1)
    power = ((1 + jnp.cos(jnp.pi * jnp.minimum(ratio_2, 1))) / 2) ** power1
    total = final_factor1 + (peak_factor1 - final_factor1) * power
    total_2 = start_factor1 + (peak_factor1 - start_factor1) * ratio
    difference = step - steps1
    ratio_3 = jnp.where(warmup_steps2 == 0, 0.0, difference / warmup_steps2)
    larger = jnp.maximum(steps2 - warmup_steps2, 1)
    smaller = jnp.minimum((difference - warmup_steps2) / larger, 1)
    power_2 = ((1 + jnp.cos(jnp.pi * smaller)) / 2) ** power2
    total_3 = final_factor2 + (peak_factor2 - final_factor2) * power_2
    total_4 = start_factor2 + (peak_factor2 - start_factor2) * ratio_3
    difference_2 = difference - steps2
    ratio_4 = jnp.where(warmup_steps3 == 0, 0.0, difference_2 / warmup_steps3)
    larger_2 = jnp.maximum(steps3 - warmup_steps3, 1)
    smaller_2 = jnp.minimum((difference_2 - warmup_steps3) / larger_2, 1)
    power_3 = ((1 + jnp.cos(jnp.pi * smaller_2)) / 2) ** power3
    total_5 = final_factor3 + (peak_factor3 - final_factor3) * power_3
    total_6 = start_factor3 + (peak_factor3 - start_factor3) * ratio_4
    chosen = jnp.where(difference_2 < warmup_steps3, total_6, total_5)
    chosen_2 = jnp.where(difference < warmup_steps2, total_4, total_3)
    chosen_3 = jnp.where(step < (steps1 + steps2), chosen_2, chosen)
    chosen_4 = jnp.where(step < warmup_steps1, total_2, total)
    return jnp.where(step < steps1, chosen_4, chosen_3)


def WarmupCosineCycles(
    base,
    warmup_steps1=100,
    steps1=1000,
    start_factor1=0,
    peak_factor1=1,
    final_factor1=0,
    power1=1,
    warmup_steps2=100,
    steps2=2000,
    start_factor2=0,
    peak_factor2=0.5,
    final_factor2=0,
    power2=1,
    warmup_steps3=100,
    steps3=4000,
    start_factor3=0,
    peak_factor3=0.25,
    final_factor3=0,
    power3=1,
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        warmup_steps1: setting of the factor, in [0, inf).
        steps1: setting of the factor, in [1, inf).
        start_factor1: setting of the factor, in [0, inf).
        peak_factor1: setting of the factor, in [0, inf).
        final_factor1: setting of the factor, in [0, inf).
        power1: setting of the factor, in [0, inf).
        warmup_steps2: setting of the factor, in [0, inf).
        steps2: setting of the factor, in [1, inf).
        start_factor2: setting of the factor, in [0, inf).
        peak_factor2: setting of the factor, in [0, inf).
        final_factor2: setting of the factor, in [0, inf).
        power2: setting of the factor, in [0, inf).
        warmup_steps3: setting of the factor, in [0, inf).
        steps3: setting of the factor, in [1, inf).
        start_factor3: setting of the factor, in [0, inf).
        peak_factor3: setting of the factor, in [0, inf).
        final_factor3: setting of the factor, in [0, inf).
        power3: setting of the factor, in [0, inf).
    """
    if not isinstance(warmup_steps1, jax.Array) and not warmup_steps1 >= 0:
        raise ValueError(f"Invalid warmup_steps1: {warmup_steps1}, not in [0, inf)")
    if not isinstance(steps1, jax.Array) and not steps1 >= 1:
        raise ValueError(f"Invalid steps1: {steps1}, not in [1, inf)")
    if not isinstance(start_factor1, jax.Array) and not start_factor1 >= 0:
        raise ValueError(f"Invalid start_factor1: {start_factor1}, not in [0, inf)")
    if not isinstance(peak_factor1, jax.Array) and not peak_factor1 >= 0:
        raise ValueError(f"Invalid peak_factor1: {peak_factor1}, not in [0, inf)")
    if not isinstance(final_factor1, jax.Array) and not final_factor1 >= 0:
        raise ValueError(f"Invalid final_factor1: {final_factor1}, not in [0, inf)")
    if not isinstance(power1, jax.Array) and not power1 >= 0:
        raise ValueError(f"Invalid power1: {power1}, not in [0, inf)")
    if not isinstance(warmup_steps2, jax.Array) and not warmup_steps2 >= 0:
        raise ValueError(f"Invalid warmup_steps2: {warmup_steps2}, not in [0, inf)")
    if not isinstance(steps2, jax.Array) and not steps2 >= 1:
        raise ValueError(f"Invalid steps2: {steps2}, not in [1, inf)")
    if not isinstance(start_factor2, jax.Array) and not start_factor2 >= 0:
        raise ValueError(f"Invalid start_factor2: {start_factor2}, not in [0, inf)")
    if not isinstance(peak_factor2, jax.Array) and not peak_factor2 >= 0:
        raise ValueError(f"Invalid peak_factor2: {peak_factor2}, not in [0, inf)")
    if not isinstance(final_factor2, jax.Array) and not final_factor2 >= 0:
        raise ValueError(f"Invalid final_factor2: {final_factor2}, not in [0, inf)")
    if not isinstance(power2, jax.Array) and not power2 >= 0:
        raise ValueError(f"Invalid power2: {power2}, not in [0, inf)")
    if not isinstance(warmup_steps3, jax.Array) and not warmup_steps3 >= 0:
        raise ValueError(f"Invalid warmup_steps3: {warmup_steps3}, not in [0, inf)")
    if not isinstance(steps3, jax.Array) and not steps3 >= 1:
        raise ValueError(f"Invalid steps3: {steps3}, not in [1, inf)")
    if not isinstance(start_factor3, jax.Array) and not start_factor3 >= 0:
        raise ValueError(f"Invalid start_factor3: {start_factor3}, not in [0, inf)")
    if not isinstance(peak_factor3, jax.Array) and not peak_factor3 >= 0:
        raise ValueError(f"Invalid peak_factor3: {peak_factor3}, not in [0, inf)")
    if not isinstance(final_factor3, jax.Array) and not final_factor3 >= 0:
        raise ValueError(f"Invalid final_factor3: {final_factor3}, not in [0, inf)")
    if not isinstance(power3, jax.Array) and not power3 >= 0:
        raise ValueError(f"Invalid power3: {power3}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count,
                warmup_steps1,
                steps1,
                start_factor1,
                peak_factor1,
                final_factor1,
                power1,
                warmup_steps2,
                steps2,
                start_factor2,
                peak_factor2,
                final_factor2,
                power2,
                warmup_steps3,
                steps3,
                start_factor3,
                peak_factor3,
                final_factor3,
                power3,
            )
        return rate * jnp.asarray(value, float)

    return schedule
