"""What a curve must reach, learned from trainings that were made before.

The levels become settings of a task, so that whether a training is ended depends on them alone, and not on
which trainings happen to be done: any number of workers gives the same result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nos_sym.search.records import SettingsError


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
