"""Rankings by Matplotlib: optimizers below each other, each with its mean, its interval and its repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nos_sym.report.figures.colors import rgb
from nos_sym.report.figures.model import Ranked, Ranking, numbers
from nos_sym.report.figures.strokes import cut, drawable, exponent_of, in_units, labeled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_ranking", "height_of_ranking"]

_FRAME, _OF_ENTRY = 1.0, 0.19
_GRAY = (0.25, 0.25, 0.25)


def height_of_ranking(ranking: Ranking) -> float:
    """Return the height of a ranking in inches."""
    return _FRAME + _OF_ENTRY * len(ranking.entries)


def draw_ranking(axes: Axes, ranking: Ranking) -> None:
    """Draw a ranking: intervals as bars, means as disks, repeats as small rings."""
    unit = exponent_of([numbers(_shown(entry)) for entry in ranking.entries])
    for place, entry in enumerate(ranking.entries):
        color = _GRAY if entry.color is None else rgb(entry.color)
        values = drawable(in_units(numbers(entry.values), unit))
        ring: dict[str, Any] = {
            "color": color,
            "markerfacecolor": "none",
            "markeredgewidth": 0.6,
            "markersize": 3.0,
        }
        axes.plot(values, np.full(len(values), place), linestyle="none", marker="o", zorder=3.0, **ring)
        if entry.low is not None and entry.high is not None:
            ends = in_units(numbers([entry.low, entry.high]), unit)
            axes.plot(
                drawable(ends), [place, place], color=color, linewidth=1.8, solid_capstyle="butt", zorder=2.0
            )
        mean = drawable(in_units(numbers([entry.mean]), unit))
        axes.plot(mean, [place], marker="o", markersize=5, color=color, zorder=4.0)
    axes.set_yticks(range(len(ranking.entries)), [cut(entry.name) for entry in ranking.entries])
    axes.set_ylim(len(ranking.entries) - 0.4, -0.6)
    axes.set(xlabel=cut(labeled(ranking.label, unit)))
    axes.set_title(cut(ranking.title))


def _shown(entry: Ranked) -> list[float]:
    ends = [end for end in (entry.low, entry.high) if end is not None]
    return [entry.mean, *ends, *entry.values]
