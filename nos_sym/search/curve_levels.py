"""What a curve must reach, learned from trainings that were made before.

The levels become settings of a task, so that whether a training is ended depends on them alone, and not on
which trainings happen to be done: any number of workers gives the same result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from nos_sym.search.errors import SearchError
from nos_sym.search.records import SettingsError
from nos_sym.search.settings import settings_from_json
from nos_sym.search.store.store import Store


class Curves(NamedTuple):
    """The whole runs that a search trained.

    Attributes:
        run: number of the search.
        task: name of their task.
        epoch_steps: length of an epoch in steps.
        training: training accuracies of the epochs of each.
    """

    run: int
    task: str
    epoch_steps: int
    training: tuple[tuple[float, ...], ...]


def curves_of(store: Store, number: int | None = None) -> Curves:
    """Return the curves of a search, without its initial population, which is another task.

    Args:
        store: the store.
        number: number of the search; the last one by default.

    Raises:
        SearchError: there is no such search, or its trainer has no epochs.
    """
    if number is None:
        searches = [run for run in store.runs() if run.kind == "search"]
        if not searches:
            raise SearchError("the store has no search; 'nos-sym evolve' makes one")
        run = searches[-1]
    else:
        run = store.run(number)
        if run.kind != "search":
            raise SearchError(f"run {number} is no search but an {run.kind}; 'nos-sym runs' shows searches")
    training = settings_from_json(run.settings).training
    steps = getattr(training, "epoch_steps", None)
    if not isinstance(steps, int):
        raise SearchError(f"the trainer of run {run.id} has no epochs, so its trainings have no curves")
    task = training.task_key()
    found = [evaluation.result.details.get("training") for evaluation in store.evaluations(run.id, task=task)]
    return Curves(run.id, task, steps, tuple(tuple(map(float, curve)) for curve in found if curve))


def learn_levels(
    curves: Sequence[Sequence[float]], epoch_steps: int, looks: Sequence[int], quantile: float
) -> tuple[float, ...]:
    """Return the training accuracy at each look that a share of earlier whole runs stayed below.

    Curves that ended before a look say nothing there. The median stopping rule (Golovin et al., Google
    Vizier, 2017) is the quantile 0.5, with the accuracy of the epoch for the mean over all epochs.

    Args:
        curves: training accuracies of the epochs of whole runs.
        epoch_steps: length of an epoch in steps.
        looks: steps at which to look, ends of epochs.
        quantile: share of the runs that the level would have ended, in [0, 1]. It is taken without
            interpolation, so that at most this share is below.

    Raises:
        SettingsError: the share is none, a look is no end of an epoch, or no curve is that long.
    """
    if not 0 <= quantile <= 1:
        raise SettingsError(f"the quantile is {quantile}; expected a number in [0, 1]")
    levels = []
    for look in looks:
        if look <= 0 or look % epoch_steps:
            raise SettingsError(f"{look} is no end of an epoch; expected a multiple of {epoch_steps}")
        epoch = look // epoch_steps - 1
        there = sorted(curve[epoch] for curve in curves if len(curve) > epoch)
        if not there:
            raise SettingsError(f"no whole run has {look} steps; expected looks at which there are some")
        levels.append(there[min(math.floor(quantile * len(there)), len(there) - 1)])
    return tuple(levels)
