"""TriangularExponential, a learning-rate schedule for JAX (optax).

Rule: TriangularExponential(low_factor=0.1 in [0, inf), step_size_up=2000 in [1, inf), step_size_down=2000 in [1, inf), gamma=1 in [0, inf)) = schedule ~ low_factor + (1 - low_factor) * abspow(gamma, t) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
Source: Smith 2017, as torch.optim.lr_scheduler.CyclicLR with exp_range
Canonical: schedule ~ 0.1 + (1 - 0.1) * abspow(1, t) * where(mod(t, 2000 + 2000) <= 2000, mod(t, 2000 + 2000) / 2000, (2000 + 2000 - mod(t, 2000 + 2000)) / 2000)
Key: 2.1:f84de20adeae05d20b462bce
"""

import jax
import jax.numpy as jnp


def modulo(x, y):
    """Return x - y floor(x/y), and x where y is 0."""
    return jnp.where(y == 0, x, jnp.mod(x, jnp.where(y == 0, 1, y)))


def factor(step, low_factor, step_size_up, step_size_down, gamma):
    """Return the factor of a step, which counts from 0.

    factor(t) = low_factor + (1 - low_factor) * abspow(gamma, t) * where(mod(t, step_size_up + step_size_down) <= step_size_up, mod(t, step_size_up + step_size_down) / step_size_up, (step_size_up + step_size_down - mod(t, step_size_up + step_size_down)) / step_size_down)
    where
        mod(x, y) = x - y floor(x/y)
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    low_factor = jnp.asarray(low_factor, float)
    step_size_up = jnp.asarray(step_size_up, float)
    step_size_down = jnp.asarray(step_size_down, float)
    gamma = jnp.asarray(gamma, float)
    total = step_size_up + step_size_down
    remainder = modulo(step, total)
    ratio = (total - remainder) / step_size_down
    holds = remainder <= step_size_up
    chosen = jnp.where(holds, remainder / step_size_up, ratio)
    return low_factor + (1 - low_factor) * gamma**step * chosen


def TriangularExponential(
    base, low_factor=0.1, step_size_up=2000, step_size_down=2000, gamma=1
):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        low_factor: setting of the factor, in [0, inf).
        step_size_up: setting of the factor, in [1, inf).
        step_size_down: setting of the factor, in [1, inf).
        gamma: setting of the factor, in [0, inf).
    """
    if not isinstance(low_factor, jax.Array) and not low_factor >= 0:
        raise ValueError(f"Invalid low_factor: {low_factor}, not in [0, inf)")
    if not isinstance(step_size_up, jax.Array) and not step_size_up >= 1:
        raise ValueError(f"Invalid step_size_up: {step_size_up}, not in [1, inf)")
    if not isinstance(step_size_down, jax.Array) and not step_size_down >= 1:
        raise ValueError(f"Invalid step_size_down: {step_size_down}, not in [1, inf)")
    if not isinstance(gamma, jax.Array) and not gamma >= 0:
        raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, low_factor, step_size_up, step_size_down, gamma)
        return rate * jnp.asarray(value, float)

    return schedule
