"""The one-cycle base schedule: linear warm-up from 0, hold, cosine to 0, with momentum cycled against it.

Source: Morgan and Hougen 2024, Section 3.4, after Smith 2017; the momentum of its Section 3.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def learning_rates(total_steps: int, peak: float, warmup: int, hold: int = 0) -> Array:
    """Return the learning rate of each step ``t = 0 ... total_steps - 1``, shape ``(total_steps,)``.

    ``peak * t / warmup`` while ``t < warmup``; ``peak`` through the hold; then
    ``peak/2 * (1 + cos(pi * (t - warmup - hold) / (total_steps - warmup - hold)))``.

    Raises:
        ValueError: warm-up and hold leave no step for the decay, or a length is negative.
    """
    _check(total_steps, warmup, hold)
    t = np.arange(total_steps, dtype=np.float64)
    falling = total_steps - warmup - hold
    rise = peak * t / max(warmup, 1)
    fall = peak / 2 * (1 + np.cos(np.pi * (t - warmup - hold) / falling))
    return np.select([t < warmup, t < warmup + hold], [rise, np.full_like(t, peak)], fall)


def momenta(total_steps: int, warmup: int, hold: int = 0, high: float = 0.95, low: float = 0.85) -> Array:
    """Return the momentum of each step: down during warm-up, low through the hold, up again, ends included.

    Raises:
        ValueError: as for :func:`learning_rates`.
    """
    _check(total_steps, warmup, hold)
    parts: list[Any] = [
        np.linspace(high, low, warmup),
        np.full(hold, low),
        np.linspace(low, high, total_steps - warmup - hold),
    ]
    return np.concatenate(parts)


def _check(total_steps: int, warmup: int, hold: int) -> None:
    if warmup < 0 or hold < 0 or total_steps <= warmup + hold:
        raise ValueError(
            f"total_steps = {total_steps} must exceed warmup + hold = {warmup} + {hold}, both at least 0"
        )
