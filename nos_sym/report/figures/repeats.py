"""Spread of fitness inside duplicate classes: trainings of one optimizer against those of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nos_sym.report.figures.fitness import fitness_label, lowest_shown
from nos_sym.report.figures.history import chosen_run
from nos_sym.report.figures.model import Array, Cloud, Figure, FigureError, Line, Marks, Row, counted, numbers
from nos_sym.report.figures.naming import color_in_store, name_in_store
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.store.rows import Evaluation
from nos_sym.search.store.store import Store

__all__ = ["DuplicateClass", "Spread", "duplicates", "spread_of"]

_POINTS = 400
"""Points of a curve of shares."""

_MOST_PAIRED = 1500
"""Trainings whose differences are taken; of more, as many at even ranks."""


@dataclass(frozen=True, slots=True)
class DuplicateClass:
    """One optimizer that was trained more than once on a task.

    Attributes:
        evaluations: its trainings with a fitness, two or more, in the order of their numbers.
        failed: number of its trainings without one.
    """

    evaluations: tuple[Evaluation, ...]
    failed: int

    @property
    def values(self) -> Array:
        """Fitness of each training."""
        return numbers([e.fitness for e in self.evaluations])


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread of the trainings of a task.

    Attributes:
        task: task and budget.
        classes: optimizers that were trained more than once, by their mean fitness.
        values: fitness of all trainings.
        within: pooled standard deviation inside the classes, with one degree of freedom less for each.
        overall: standard deviation of all trainings.
    """

    task: str
    classes: tuple[DuplicateClass, ...]
    values: Array
    within: float
    overall: float


def spread_of(store: Store, run: int | None = None, task: str | None = None) -> Spread:
    """Return how far trainings of one optimizer are apart, and those of all.

    Arguments and errors are those of :func:`duplicates`.
    """
    if run is not None:
        chosen_run(store, run, searches=False)
    on = hall_of_fame(store, run=run, task=task, limit=0).task
    groups: dict[str, list[Evaluation]] = {}
    for e in store.evaluations(run, task=on):
        if e.key is not None:
            groups.setdefault(e.key, []).append(e)
    classes = [
        DuplicateClass(tuple(fit), len(group) - len(fit))
        for group in groups.values()
        if len(fit := [e for e in group if e.fitness is not None]) > 1
    ]
    if not classes:
        where = f"run {run} of '{store.path}'" if run is not None else f"'{store.path}'"
        raise FigureError(
            f"no optimizer of {where} was trained twice with a fitness"
            + (f" on '{on}'" if on else "")
            + "; repeats are in imported logs, eliminations and searches with '--dedup off'"
        )
    values = numbers([e.fitness for group in groups.values() for e in group if e.fitness is not None])
    # Squares of what is huge are no numbers, nor is the mean of what is largest.
    unit = float(np.abs(values).max()) or 1.0
    scaled = [c.values / unit for c in classes]
    squares = sum(float(((part - part.mean()) ** 2).sum()) for part in scaled)
    free = sum(len(c.evaluations) - 1 for c in classes)
    classes.sort(key=lambda c: (float(c.values.mean()), c.evaluations[0].id))
    return Spread(
        on, tuple(classes), values, unit * (squares / free) ** 0.5, unit * float((values / unit).std(ddof=1))
    )


def duplicates(store: Store, run: int | None = None, task: str | None = None) -> Figure:
    """Return the fitness of optimizers that were trained more than once, and how far two trainings differ.

    On the left each class is a column, with its trainings as points and their mean. On the right is which
    share of the pairs of trainings differ by at most so much: of one optimizer, and of any two trainings.
    Classes are optimizers with the same exact key.

    Args:
        store: the store.
        run: number of the run, and the repeats within it; by default all runs.
        task: task and budget, or a part of its name; by default that of the latest evaluations.

    Raises:
        FigureError: no optimizer was trained twice with a fitness.
        NosSymError: there is no such run or task, or the store cannot be read.
    """
    found = spread_of(store, run, task)
    failed = sum(c.failed > 0 for c in found.classes)
    said = (
        f"Fitness of {counted(len(found.classes), 'optimizer')} of {store.path.name} trained more than once, "
        f"on {found.task}: standard deviation {found.within:.2g} within, {found.overall:.2g} overall"
    )
    if failed:
        said += f"; of {failed} of them, other trainings have no fitness"
    return Figure((_columns(found), _differences(found)), said)


def _columns(found: Spread) -> Cloud:
    rank = {id(c): number for number, c in enumerate(found.classes, 1)}
    x = numbers([rank[id(c)] for c in found.classes for _ in c.evaluations])
    y = numbers([value for c in found.classes for value in c.values])
    low = lowest_shown(y)
    ends = [[c.values.min(), c.values.max(), np.nan] for c in found.classes]
    lines = Line(
        "from least to most",
        numbers(np.repeat(range(1, len(ends) + 1), 3)),
        numbers(ends).ravel(),
        None,
        "thin",
    )
    means = numbers([c.values.mean() for c in found.classes])
    widest = max(found.classes, key=lambda c: float(np.ptp(c.values)))
    marks = (
        Marks(f"trainings ({len(y)})", x, y),
        Marks("means", numbers(range(1, len(means) + 1)), means, "bar"),
        _one(widest, rank[id(widest)], "widest"),
        _one(found.classes[-1], len(found.classes), "best mean"),
    )
    below = y < low
    rows = (Row(f"below {low:.4g} ({below.sum()})", x[below]),) if below.any() else ()
    return Cloud(
        f"optimizers trained more than once ({len(means)}), by mean", fitness_label(found.task), (lines,),
        marks, rows, low, whole_x=True, wide=True,
    )  # fmt: skip


def _one(chosen: DuplicateClass, rank: int, what: str) -> Marks:
    first = chosen.evaluations[0]
    x = numbers([rank] * len(chosen.evaluations))
    return Marks(f"{what}: {name_in_store(first)}", x, chosen.values, "disk", color_in_store(first))


def _differences(found: Spread) -> Cloud:
    inside = np.sort(np.concatenate([_pairs(c.values) for c in found.classes]))
    every = np.sort(_pairs(found.values))
    least = min((float(part[part > 0].min()) for part in (inside, every) if (part > 0).any()), default=0.0)
    most = max(float(inside[-1]), float(every[-1]))
    lines = (
        Line(f"any two trainings, median {np.median(every):.2g}", *_shares(every, least, most), None),
        Line(f"one optimizer, median {np.median(inside):.2g}", *_shares(inside, least, most), None, "solid"),
    )
    x_label = f"difference of two trainings ({fitness_label(found.task).split(' (')[0]})"
    return Cloud(x_label, "share of pairs with at most this", lines, log_x=least > 0, low=0.0)


def _pairs(values: Array) -> Array:
    """Return the differences of all pairs of values; of many values, of those at even ranks."""
    if len(values) > _MOST_PAIRED:
        values = np.sort(values)[np.linspace(0, len(values) - 1, _MOST_PAIRED).round().astype(int)]
    first, second = np.triu_indices(len(values), 1)
    return np.abs(values[first] - values[second])


def _shares(differences: Array, least: float, most: float) -> tuple[Array, Array]:
    """Return differences, and which share is at most so large; those of 0 are at the left end of the axis."""
    x = np.geomspace(least / 2, most, _POINTS) if least > 0 else np.linspace(0, most, _POINTS)
    # Rounding must not leave out the largest.
    x[-1] = most
    return x, np.searchsorted(differences, x, side="right") / len(differences)
