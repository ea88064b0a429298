"""What a training measured, and the result that it amounts to in a store."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nos_sym import onecycle
from nos_sym.search.results import Diverged, Evaluated, Trained
from nos_sym.transfer.settings import TransferTraining

CHECK = 20
"""Updates between two looks at the losses: each look waits for the device."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The course of a training.

    Attributes:
        losses: mean loss between two evaluations.
        scores: of the evaluations, larger is better: accuracies in [0, 1], or minus the mean cross-entropy
            of a word in nats.
        steps: updates made.
        diverged: the update, from 0, whose loss was not finite; ``None`` where all were.
    """

    losses: tuple[float, ...]
    scores: tuple[float, ...]
    steps: int
    diverged: int | None = None


def rates_of(settings: TransferTraining) -> list[float]:
    """Return the learning rate of each update of the whole training."""
    s = settings
    return [float(rate) for rate in onecycle.learning_rates(s.steps, s.learning_rate, s.warmup, s.hold)]


def result_of(curve: Curve, settings: TransferTraining, seconds: float) -> Trained:
    """Return the result of a training, whose fitness is the score that its settings report.

    A training that ends because its loss is no number has no fitness, whatever it scored before: nobody would
    use what came out of it.
    """
    details = {
        "losses": list(curve.losses),
        "scores": list(curve.scores),
        "steps": curve.steps,
    }
    finite = [score for score in curve.scores if math.isfinite(score)]
    if curve.diverged is not None or not finite:
        reason = f"the loss stopped being finite at learning rate {settings.learning_rate:g}"
        return Diverged(reason, curve.diverged, seconds, details)
    fitness = max(finite) if settings.reported == "best" else curve.scores[-1]
    if settings.metric == "perplexity":
        details["perplexity"] = perplexity(fitness)
    return Evaluated(fitness, settings.learning_rate, seconds, details)


def perplexity(score: float) -> float:
    """Return the perplexity of a text whose score is minus the mean cross-entropy of a word, in nats."""
    return math.exp(min(-score, 700.0))


def first_bad(losses: Sequence[float], done: int) -> int | None:
    """Return the number of the first update whose loss is not finite, or ``None``."""
    bad = (index for index, loss in enumerate(losses) if not math.isfinite(loss))
    found = next(bad, None)
    return None if found is None else done + found
