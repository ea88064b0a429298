"""The integrity check step by step: one optimizer, learning rate and sign after the other.

It runs the interpreter on the rule as it is written; nothing is lowered and nothing is vectorized.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nos_sym import onecycle
from nos_sym.language.printer import draws_of
from nos_sym.language.rule import Rule
from nos_sym.search.integrity import IntegritySettings
from support.plain_interpreter import Interpreter


def plain_losses(rule: Rule, settings: IntegritySettings, shift: float = 0.0) -> npt.NDArray[np.float64]:
    """Return the final losses, shape ``(2, learning rates)``; ``shift`` is added to the start, relatively."""
    losses = []
    for row, sign in enumerate((rule, replace(rule, ascent=not rule.ascent))):
        for column, peak in enumerate(settings.learning_rates):
            lane = row * len(settings.learning_rates) + column
            losses.append(_final_loss(sign, peak, lane, settings, shift))
    return np.array(losses).reshape(2, -1)


def _final_loss(rule: Rule, peak: float, lane: int, settings: IntegritySettings, shift: float) -> float:
    draws = sorted(set(draws_of(rule.update)))
    lanes, size = 2 * len(settings.learning_rates), len(settings.start)
    shape = (settings.steps - 1, lanes, size)
    masks = {d: np.random.default_rng((settings.seed, k)).random(shape) for k, d in enumerate(draws)}
    interpreter = Interpreter(
        rule, (size,), total_steps=settings.steps, uniform=lambda d, _: masks[d][interpreter.step, lane]
    )
    weight, target = np.array(settings.start) * (1 + shift), np.array(settings.target)
    rates = onecycle.learning_rates(settings.steps, peak, settings.warmup)
    momenta = onecycle.momenta(settings.steps, settings.warmup)
    with np.errstate(all="ignore"):
        for t in range(settings.steps - 1):
            weight = interpreter.apply(weight, 2 * (weight - target), rates[t], momenta[t])
        return float(np.sum((weight - target) ** 2))
