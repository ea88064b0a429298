"""Optimizers that trained on several tasks, compared by mean rank among those that compete.

The set that competes is what an algorithm compares: the children of a particle in a time-step, an initial
population, the members of a tournament. On each task an optimizer has the rank of its score among these, 1
for the best, and equal scores share the mean of their ranks. The one with the smallest mean over the tasks is
the best; of equal ones the one with the larger fitness, which is the mean of scores, and then the earlier.
Ranks are therefore a function of the set and of its order, and neither of time nor of who trained.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from nos_sym.search.results import DuplicateOf, Outcome
from nos_sym.search.trainers import TaskSettings


def hidden_tasks(task: TaskSettings) -> tuple[TaskSettings, ...]:
    """Return the settings of the tasks that a search never trained on, which its confirmation asks for."""
    of = getattr(task, "hidden_settings", None)
    return () if of is None else tuple(of())


def is_ranked(task: TaskSettings) -> bool:
    """Return whether optimizers are compared by ranks on a task."""
    return getattr(task, "combine", "scores") == "ranks"


def scores_by_task(outcome: Outcome) -> dict[str, float] | None:
    """Return the scores of a result by task, means over its repeats; ``None`` where it has none."""
    if isinstance(outcome, DuplicateOf):
        return scores_by_task(outcome.original)
    details: Mapping[str, Any] = outcome.details
    found = [d.get("scores") for d in details.get("repeats", [details])]
    if not found or not all(isinstance(each, Mapping) and each.keys() == found[0].keys() for each in found):
        return None
    return {task: statistics.fmean(each[task] for each in found) for task in sorted(found[0])}


def rank_sums(scores: Sequence[Mapping[str, float]]) -> list[int]:
    """Return for each of some optimizers twice the sum of its ranks over the tasks.

    Twice, so that shared ranks are whole numbers and equal sums are equal.
    """
    sums = [0] * len(scores)
    for task in scores[0] if scores else ():
        values = [each[task] for each in scores]
        ascending = sorted(values)
        for number, value in enumerate(values):
            first, end = bisect_left(ascending, value), bisect_right(ascending, value)
            better, equal = len(values) - end, end - first
            sums[number] += 2 * better + equal + 1
    return sums
