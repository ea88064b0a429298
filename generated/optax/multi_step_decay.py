"""MultiStepDecay, a learning-rate schedule for JAX (optax).

Rule: MultiStepDecay(milestone1=30 in [0, inf), milestone2=60 in [0, inf), milestone3=90 in [0, inf), gamma=0.1 in [0, inf)) = schedule ~ abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
Source: He et al. 2016, as torch.optim.lr_scheduler.MultiStepLR
Canonical: schedule ~ abspow(0.1, where(t >= 30, 1, 0) + where(t >= 60, 1, 0) + where(t >= 90, 1, 0))
Key: 2.1:21293b989157c56eaffd1b89
"""

import jax
import jax.numpy as jnp


def factor(step, milestone1, milestone2, milestone3, gamma):
    """Return the factor of a step, which counts from 0.

    factor(t) = abspow(gamma, where(milestone1 <= t, 1, 0) + where(milestone2 <= t, 1, 0) + where(milestone3 <= t, 1, 0))
    where
        abspow(x, y) = |x|^y
        t = 0, 1, ... counts the steps
    """
    step = jnp.asarray(step, float)
    milestone1 = jnp.asarray(milestone1, float)
    milestone2 = jnp.asarray(milestone2, float)
    milestone3 = jnp.asarray(milestone3, float)
    gamma = jnp.asarray(gamma, float)
    chosen = jnp.where(milestone2 <= step, 1, 0)
    total = jnp.where(milestone1 <= step, 1, 0) + chosen
    return gamma ** (total + jnp.where(milestone3 <= step, 1, 0))


def MultiStepDecay(base, milestone1=30, milestone2=60, milestone3=90, gamma=0.1):
    """Return an optax schedule: a base learning rate, or a base schedule, times `factor(t)`.

    Args:
        base: a number or an optax schedule.
        milestone1: setting of the factor, in [0, inf).
        milestone2: setting of the factor, in [0, inf).
        milestone3: setting of the factor, in [0, inf).
        gamma: setting of the factor, in [0, inf).
    """
    if not isinstance(milestone1, jax.Array) and not milestone1 >= 0:
        raise ValueError(f"Invalid milestone1: {milestone1}, not in [0, inf)")
    if not isinstance(milestone2, jax.Array) and not milestone2 >= 0:
        raise ValueError(f"Invalid milestone2: {milestone2}, not in [0, inf)")
    if not isinstance(milestone3, jax.Array) and not milestone3 >= 0:
        raise ValueError(f"Invalid milestone3: {milestone3}, not in [0, inf)")
    if not isinstance(gamma, jax.Array) and not gamma >= 0:
        raise ValueError(f"Invalid gamma: {gamma}, not in [0, inf)")

    def schedule(count):
        rate = base(count) if callable(base) else base
        with jax.enable_x64(True):
            value = factor(count, milestone1, milestone2, milestone3, gamma)
        return rate * jnp.asarray(value, float)

    return schedule
