"""Training on several tasks, and the one result that theirs make."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nos_sym.search.results import Evaluated, Rejected, Trained, outcome_of
from nos_sym.surrogate.tasks.several import Member, SeveralSettings


def train_several(settings: SeveralSettings, train: Callable[[Member], Trained]) -> Trained:
    """Return the result of an optimizer on several tasks; its details have ``scores`` and each result.

    Args:
        settings: the tasks.
        train: trains on one of them.

    Raises:
        NosSymError: as ``train``.
    """
    scores: dict[str, float] = {}
    tasks: dict[str, dict[str, Any]] = {}
    failed: list[tuple[str, Trained]] = []
    seconds = 0.0
    for label, member in settings.trained.items():
        result = train(member)
        seconds += result.seconds
        tasks[label] = _shown(result)
        if isinstance(result, Evaluated):
            scores[label] = settings.score(label, result.fitness)
            continue
        failed.append((label, result))
        scores[label] = 0.0
        if settings.failing == "reject":
            break
    details = {"scores": scores, "tasks": tasks}
    if failed and (settings.failing == "reject" or len(failed) == len(settings.trained)):
        label, result = failed[0]
        assert not isinstance(result, Evaluated)
        reason = f"task '{label}': {result.reason}"
        if settings.failing == "worst":
            return Rejected(f"no fitness on any task; {reason}", seconds, {"tasks": tasks})
        return replace(result, reason=reason, seconds=seconds, details={"tasks": tasks})
    # Rounded once, so that the sum has no order.
    return Evaluated(math.fsum(scores.values()) / len(scores), None, seconds, details)


def _shown(result: Trained) -> dict[str, Any]:
    """Return the result of one task as JSON data."""
    table: dict[str, Any] = {"outcome": outcome_of(result)}
    if isinstance(result, Evaluated):
        table |= {"fitness": result.fitness, "learning_rate": result.learning_rate}
    else:
        table["reason"] = result.reason
    return {**table, "details": dict(result.details)}
