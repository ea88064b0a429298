"""Complexity against fitness: every optimizer of a task, and the front of those that none is better than."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nos_sym.report.figures.fitness import fitness_label, lowest_shown
from nos_sym.report.figures.history import chosen_run
from nos_sym.report.figures.model import Cloud, Figure, FigureError, Line, Marks, Row, counted, numbers
from nos_sym.report.figures.naming import color_in_store, name_in_store
from nos_sym.search.reports.hall_of_fame import Entry, hall_of_fame
from nos_sym.search.store.store import Store

__all__ = ["pareto", "pareto_front"]

_MOST_NAMED = 12
"""Optimizers of the front that are named, the best first."""


def pareto(store: Store, run: int | None = None, task: str | None = None) -> Figure:
    """Return complexity against fitness of the optimizers of a task, with its Pareto front.

    Complexity is that of :func:`~nos_sym.search.reports.complexity.size_of_rule`, the nodes of the rule
    without identities, and each optimizer has its best fitness, as in the hall of fame. The front has those
    than which no other is smaller and at least as good, or better and no larger; optimizers that are equal
    in both are all on it.

    Args:
        store: the store.
        run: number of the run; by default all runs.
        task: task and budget, or a part of its name; by default that of the latest evaluations.

    Raises:
        FigureError: nothing has a fitness.
        NosSymError: there is no such run or task, or the store cannot be read.
    """
    if run is not None:
        chosen_run(store, run, searches=False)
    found = hall_of_fame(store, run=run, task=task)
    entries = found.entries
    if not entries:
        where = f"run {run} of '{store.path}'" if run is not None else f"'{store.path}'"
        raise FigureError(f"no optimizer of {where} with a rule has a fitness yet; nothing to draw")
    sizes, values = numbers([e.size for e in entries]), numbers([e.fitness for e in entries])
    front = pareto_front([(e.size, e.fitness) for e in entries])
    on = [entries[i] for i in front]
    rest = np.delete(np.arange(len(entries)), front)
    low = min(lowest_shown(values), *(e.fitness for e in on))
    below = rest[values[rest] < low]
    named = [e for e in on if e.rank in sorted(e.rank for e in on)[:_MOST_NAMED]]
    marks = [Marks(f"optimizers off the front ({len(rest)})", sizes[rest], values[rest])] if len(rest) else []
    marks += _named(named)
    if len(on) > len(named):
        others = [e for e in on if e not in named]
        marks.append(
            Marks(
                f"others of the front ({len(others)})", numbers([e.size for e in others]),
                numbers([e.fitness for e in others]), "ring",
            )
        )  # fmt: skip
    rows = (Row(f"below {low:.4g} ({len(below)})", sizes[below]),) if len(below) else ()
    line = _staircase(on, float(sizes.max()))
    cloud = Cloud(
        "complexity (nodes)", fitness_label(found.task), (line,), tuple(marks), rows, low,
        whole_x=True, wide=True,
    )  # fmt: skip
    which = "" if run is None else f"run {run} of "
    unread = (
        f"; rules of {counted(found.unreadable, 'evaluation')} cannot be read" if found.unreadable else ""
    )
    caption = (
        f"Complexity and best fitness of {counted(len(entries), 'optimizer')} of {which}{store.path.name}"
    )
    return Figure((cloud,), f"{caption}, on {found.task}{unread}")


def pareto_front(points: Sequence[tuple[int, float]]) -> list[int]:
    """Return where the points are than which none is smaller and as good, or better and no larger.

    Args:
        points: size, of which less is better, and value, of which more is.

    Returns:
        Places in the order of the sizes; points that are equal in both are all there.
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    found: list[int] = []
    best: tuple[int, float] | None = None
    for i in order:
        if best is None or points[i][1] > best[1] or points[i] == best:
            best = points[i]
            found.append(i)
    return found


def _named(entries: Sequence[Entry]) -> list[Marks]:
    """Return the optimizers of the front with their numbers; those at one place share the text beside it."""
    texts: dict[tuple[int, float], str] = {}
    for number, entry in enumerate(entries, 1):
        at = (entry.size, entry.fitness)
        texts[at] = f"{texts[at]}, {number}" if at in texts else str(number)
    marks = []
    for number, entry in enumerate(entries, 1):
        text = texts.pop((entry.size, entry.fitness), "")
        label = f"{number}: {name_in_store(entry.evaluation)}"
        marks.append(
            Marks(
                label, numbers([entry.size]), numbers([entry.fitness]), "disk",
                color_in_store(entry.evaluation), (text,),
            )
        )  # fmt: skip
    return marks


def _staircase(entries: Sequence[Entry], end: float) -> Line:
    """Return the best fitness at each complexity or less, up to the largest."""
    x, y = [entries[0].size], [entries[0].fitness]
    for entry in entries[1:]:
        x += [entry.size, entry.size]
        y += [y[-1], entry.fitness]
    return Line("Pareto front", numbers([*x, end]), numbers([*y, y[-1]]), None)
