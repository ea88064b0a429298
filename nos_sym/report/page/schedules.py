"""Schedules of the rows as curves over the training."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from nos_sym.errors import NosSymError
from nos_sym.language.rule import Schedule
from nos_sym.report.figures.schedules import base_rates, grid, rates_at
from nos_sym.report.mathml.equation import inline
from nos_sym.report.mathml.tree import Packed
from nos_sym.report.page.record import ShownSchedule

POINTS = 97
"""Steps at which a curve is computed; 4 units of a drawing of 400 apart, from the first."""


@lru_cache(maxsize=4096)
def shown_schedule(text: str, schedule: Schedule) -> ShownSchedule:
    """Return a schedule as the page shows it."""
    formula: Packed | None
    try:
        formula = inline(schedule.factor).pack()
    except NosSymError:
        formula = None
    with np.errstate(all="ignore"):
        rates = rates_at(schedule, grid(POINTS))
        largest = float(np.max(np.abs(rates)))
        if not 0 < largest < np.inf:
            return ShownSchedule(text, formula, ())
        return ShownSchedule(text, formula, tuple(round(float(rate), 3) for rate in rates / largest))


def base_schedule() -> tuple[float, ...]:
    """Return the base schedule at the same steps: warm-up, hold and cosine of Appendix A.2."""
    return tuple(round(float(rate), 3) for rate in base_rates(grid(POINTS)))
