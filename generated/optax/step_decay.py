"""StepDecay, a learning-rate schedule for JAX (optax).

Rule: StepDecay(step_size=30 in [1, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, floor(t / step_size))
Source: Krizhevsky et al. 2012, as torch.optim.lr_scheduler.StepLR
Canonical: schedule ~ abspow(0.1, floor(t / 30))
Key: 2.1:ac5de671a3d953f3312e0c9a
"""

import jax
import jax.numpy as jnp


def factor(step, step_size, gamma):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(gamma, floor(t / step_size))
    where
        abspow(x, y) = |x|^y
        floor(x) = the largest integer up to x
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    step_size = jnp.asarray(step_size, float)
    gamma = jnp.asarray(gamma, float)
    return gamma ** jnp.floor(step / step_size)


def StepDecay(base, step_size=30, gamma=0.1):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        step_size: setting of the factor, in [1, inf).
        gamma: setting of the factor, in [0, inf).
    """
    if not isinstance(step_size, jax.Array) and not step_size >= 1:
        raise ValueError(f"Invalid step_size: {step_size}, not in [1, inf)")
    if not isinstance(gamma, jax.Array) and not gamma >= 0:
        raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, step_size, gamma)
        return rate * jnp.asarray(value, float)

    return schedule
