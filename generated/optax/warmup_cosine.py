"""WarmupCosine, a learning-rate schedule for JAX (optax).

Rule: WarmupCosine(warmup_steps=100 in [0, inf), start_factor=0 in [0, inf), final_factor=0 in [0, inf), power=1 in [0, inf)) = schedule ~ where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), final_factor + (1 - final_factor) * abspow((1 + cospi(min((t - warmup_steps) / max(T - warmup_steps, 1), 1))) / 2, power))
Source: as optax.warmup_cosine_decay_schedule
Canonical: schedule ~ where(t < 100, 0 + (1 - 0) * (t / 100), 0 + (1 - 0) * abspow((1 + cospi(min((t - 100) / max(T - 100, 1), 1))) / 2, 1))
Key: 2.1:bc73f5856a1892f041793557
"""

import jax
import jax.numpy as jnp


def factor(step, total_steps, warmup_steps, start_factor, final_factor, power):
    """Return the factor of step 0, 1, 2, ..., total_steps - 1.

    factor(t) = where(t < warmup_steps, start_factor + (1 - start_factor) * (t / warmup_steps), final_factor + (1 - final_factor) * abspow((1 + cospi(min((t - warmup_steps) / max(T - warmup_steps, 1), 1))) / 2, power))
    where
        abspow(x, y) = |x|^y
        cospi(x) = cos(pi x)
        t = 0, 1, ..., T - 1 for T total steps
    """
    step = jnp.asarray(step, float)
    total_steps = jnp.asarray(total_steps, float)
    warmup_steps = jnp.asarray(warmup_steps, float)
    start_factor = jnp.asarray(start_factor, float)
    final_factor = jnp.asarray(final_factor, float)
    power = jnp.asarray(power, float)
    ratio = jnp.where(warmup_steps == 0, 0.0, step / warmup_steps)
    larger = jnp.maximum(total_steps - warmup_steps, 1)
    cosine = jnp.cos(jnp.pi * jnp.minimum((step - warmup_steps) / larger, 1))
    total = final_factor + (1 - final_factor) * ((1 + cosine) / 2) ** power
    total_2 = start_factor + (1 - start_factor) * ratio
    return jnp.where(step < warmup_steps, total_2, total)


def WarmupCosine(
    base, total_steps, warmup_steps=100, start_factor=0, final_factor=0, power=1
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        total_steps: number of steps T.
        warmup_steps: setting of the factor, in [0, inf).
        start_factor: setting of the factor, in [0, inf).
        final_factor: setting of the factor, in [0, inf).
        power: setting of the factor, in [0, inf).
    """
    if not isinstance(total_steps, jax.Array) and not total_steps >= 1:
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not isinstance(warmup_steps, jax.Array) and not warmup_steps >= 0:
        raise ValueError(f"Invalid warmup_steps: {warmup_steps}, not in [0, inf)")
    if not isinstance(start_factor, jax.Array) and not start_factor >= 0:
        raise ValueError(f"Invalid start_factor: {start_factor}, not in [0, inf)")
    if not isinstance(final_factor, jax.Array) and not final_factor >= 0:
        raise ValueError(f"Invalid final_factor: {final_factor}, not in [0, inf)")
    if not isinstance(power, jax.Array) and not power >= 0:
        raise ValueError(f"Invalid power: {power}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(
                count, total_steps, warmup_steps, start_factor, final_factor, power
            )
        return rate * jnp.asarray(value, float)

    return schedule
