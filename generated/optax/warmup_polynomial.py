"""WarmupPolynomial, a learning-rate schedule for JAX (optax).

Rule: WarmupPolynomial(warmup_steps=100 in [0, inf), power=2 in [0, inf), final_factor=0 in [0, inf)) = schedule ~ where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
Source: as transformers.get_polynomial_decay_schedule_with_warmup
Canonical: schedule ~ where(t < 100, t / 100, 0 + (1 - 0) * abspow(1 - min((t - 100) / max(T - 100, 1), 1), 2))
Key: 2.1:a9ddeb6c5187b56950629908
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, warmup_steps, power, final_factor):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < warmup_steps, t / warmup_steps, final_factor + (1 - final_factor) * abspow(1 - min((t - warmup_steps) / max(T - warmup_steps, 1), 1), power))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    power = jnp.asarray(power, float)
    final_factor = jnp.asarray(final_factor, float)
    larger = jnp.maximum(total_steps - warmup_steps, 1)
    power_2 = (1 - jnp.minimum((step - warmup_steps) / larger, 1)) ** power
    ratio = jnp.where(warmup_steps == 0, 0.0, step / warmup_steps)
    total = final_factor + (1 - final_factor) * power_2
    return jnp.where(step < warmup_steps, ratio, total)


def WarmupPolynomial(base, total_steps, warmup_steps=100, power=2, final_factor=0):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
    if not isinstance(power, jax.Array) and not power >= 0:
        raise ValueError(f"Invalid power: {power}, not in [0, inf)")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, total_steps, warmup_steps, power, final_factor)
        return rate * jnp.asarray(value, float)

    return schedule
