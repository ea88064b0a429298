"""What optimizers came to on a task, the best above: means over seeds with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nos_sym import catalog
from nos_sym.report.figures.colors import color_of
from nos_sym.report.figures.model import Figure, Ranked, Ranking
from nos_sym.search.evidence.statistics import mean_interval

__all__ = ["ranking"]


def ranking(
    tasks: Mapping[str, tuple[str, bool]], scores: Mapping[str, Mapping[str, Sequence[float]]]
) -> Figure:
    """Return a figure of what optimizers came to, a ranking for each task.

    Intervals are Student's of the mean, 95 %; a single value has none. An optimizer of the catalog has the
    color that it has in every figure.

    Args:
        tasks: names to the label of their axis, and whether higher is better.
        scores: by task the values of each optimizer, one for each seed, or its mean alone.
    """
    parts = []
    for task, (label, higher) in tasks.items():
        ranked = [_ranked(name, values) for name, values in scores[task].items()]
        ranked.sort(key=lambda entry: entry.mean, reverse=higher)
        parts.append(Ranking(task, label, tuple(ranked)))
    counts = [len(values) for task in tasks for values in scores[task].values()]
    said = f"Means on {', '.join(tasks)}"
    if max(counts) > 1:
        few, many = min(counts), max(counts)
        seeds = str(many) if few == many else f"{few} to {many}"
        said = f"Means of {seeds} trainings on {', '.join(tasks)}, with 95 % intervals of the mean"
    return Figure(tuple(parts), said)


def _ranked(name: str, values: Sequence[float]) -> Ranked:
    interval = mean_interval(values)
    color = color_of(catalog.entry(name)) if name in catalog.names() else None
    repeats = tuple(values) if len(values) > 1 else ()
    return Ranked(name, interval.mean, interval.low, interval.high, repeats, color)
