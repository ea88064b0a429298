"""Learning-rate schedules that runs found, drawn as Figures 3 to 5 of the paper are: a panel a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nos_sym.language.rule import Schedule
from nos_sym.report.figures.model import Array, Figure, FigureError, Panel
from nos_sym.report.figures.schedules import families, normalized, schedules

__all__ = ["found_schedules", "upright"]


def found_schedules(found: Sequence[Schedule]) -> Figure:
    """Return schedules normalized to [0, 1] over the dashed base schedule, those that look alike together.

    Families are those of :func:`~nos_sym.report.figures.schedules.families`, the largest first; what is in
    none shares the last panel. A constant factor means nothing, also a negative one: a curve has its largest
    absolute value above 0.

    Args:
        found: named schedules.

    Raises:
        FigureError: there is none, or none whose rates are finite and not all 0.
    """
    drawn, curves, left = [], [], []
    for schedule in found:
        try:
            curve = normalized(schedule)
        except FigureError:
            left.append(schedule.name)
            continue
        drawn.append(schedule)
        curves.append(upright(curve))
    if not drawn:
        what = "none of them can be normalized" if found else "no schedule leaves an optimizer"
        raise FigureError(f"no schedule to draw: {what}")
    groups = sorted(families(curves), key=lambda group: (-len(group), group))
    large = [group for group in groups if len(group) > 1]
    outside = sorted(i for group in groups if len(group) == 1 for i in group)
    panels = [_panel(f"family {n}", [drawn[i] for i in group]) for n, group in enumerate(large, 1)]
    if outside:
        panels.append(_panel("outside of families" if large else "", [drawn[i] for i in outside]))
    caption = "Learning-rate schedules that were found, each times the base schedule and divided by its "
    caption += "largest value"
    caption += f"; not drawn, because their rates are not finite or all 0: {', '.join(left)}" if left else ""
    return Figure(tuple(panels), caption)


def upright(curve: Array) -> Array:
    """Return a curve with the sign that its largest absolute value has, so that this is positive."""
    return curve if curve[int(np.argmax(np.abs(curve)))] > 0 else -curve


def _panel(title: str, members: Sequence[Schedule]) -> Panel:
    panel = schedules(members).parts[0]
    assert isinstance(panel, Panel)
    lines = tuple(replace(line, y=upright(line.y)) for line in panel.lines)
    return replace(panel, title=title, lines=lines)
