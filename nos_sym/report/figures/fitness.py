"""Fitness over a run: children as points, the ways of particles as lines, what has no fitness below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from nos_sym.report.figures.history import History, Trial, history
from nos_sym.report.figures.model import Array, Cloud, Figure, Line, Marks, Row, numbers
from nos_sym.report.figures.naming import color_in_store, name_in_store
from nos_sym.search.failures import Ending
from nos_sym.search.slots import Stage
from nos_sym.search.store.rows import Evaluation
from nos_sym.search.store.store import Store

__all__ = ["fitness", "fitness_label", "lowest_shown"]

_WIDTH = 0.7
"""Part of a time-step that its particles take, each a column of its own."""

_LINEAGES = 3
"""Particles whose ways have a color."""

_ENDINGS = (Ending.STOPPED, Ending.DIVERGED, Ending.FAILED)

_FENCE = 3.0
"""Interquartile ranges below the first quartile at which the axis ends: the outer fence of Tukey 1977."""


def fitness(store: Store, run: int | None = None, task: str | None = None) -> Figure:
    """Return the fitness of a run over its time-steps, or over its evaluations where there are none.

    Each particle has a column in each time-step, with its children as points and its way as a line through
    those that it moved to. The initial population is at time-step 0, and apart where it was trained on
    another task. Optimizers without a fitness are below the axis, by how their trainings ended, and those
    that are lower than the outer fence of all in a row of their own.

    Args:
        store: the store.
        run: number of the run; by default the last search, or log of one, with an evaluation.
        task: task and budget, or a part of its name; by default that of the latest evaluations.

    Raises:
        FigureError: nothing can be drawn.
        NosSymError: there is no such run or task, or the store cannot be read.
    """
    found = history(store, run, task)
    at = _places(found)
    on_task = [trial for trial in found.trials if trial.evaluation.task == found.task]
    other = [trial for trial in found.trials if trial.evaluation.task != found.task]
    fit = [trial for trial in on_task if trial.fitness is not None]
    ways = [e.fitness for moves in found.lineages.values() for e in moves.values()]
    values = numbers([trial.fitness for trial in found.trials if trial.fitness is not None])
    # Where an optimizer of the search is, the axis has to be.
    low = min([lowest_shown(numbers([t.fitness for t in fit])), *numbers([w for w in ways if w is not None])])
    marks = [
        *_marks("ring", "known, not trained again", [t for t in fit if t.answered], at),
        *_marks("dot", _what(fit), [t for t in fit if not t.answered], at),
        *_marks("cross", "initial population, on its own task", other, at),
        _best_mark(fit, at),
    ]
    lines = [*_ways(found), _best_so_far(fit, at)]
    x_label = "time-step" if found.stepped else "evaluation, in the order of the search"
    cloud = Cloud(
        x_label, fitness_label(found.task), tuple(lines), tuple(marks),
        tuple(_rows(found.trials, at, low)), min(low, float(values.max())), whole_x=True, wide=True,
    )  # fmt: skip
    said = f"Fitness over run {found.run.id} ({found.run.name}) of {store.path.name}, on {found.task}"
    return Figure((cloud,), f"{said}{found.note}")


def fitness_label(task: str) -> str:
    """Return the name of the axis of fitness, which has no unit: it is what the trainer of a task returns."""
    return "validation accuracy" if task.startswith("authors'") else "fitness (larger is better)"


def lowest_shown(values: Array) -> float:
    """Return the lowest of values that an axis shows: the lowest that is above their outer fence.

    Source: Tukey 1977, "Exploratory Data Analysis".
    """
    first, third = np.percentile(values, [25, 75])
    return float(values[values >= first - _FENCE * (third - first)].min())


def _places(found: History) -> dict[int, float]:
    """Return where each trial is on the horizontal axis, by its identity."""
    if not found.stepped:
        # Candidates for the same place, of which all but the last failed, stand side by side.
        return {id(trial): float(number) for number, trial in enumerate(found.trials, 1)}
    particles = sorted({t.place.particle for t in found.trials if t.place.particle is not None})
    columns = _columns(len(particles))
    initial = [trial for trial in found.trials if trial.place.particle is None]
    starts = _columns(len(initial))
    places = {id(trial): float(starts[number]) for number, trial in enumerate(initial)}
    for trial in found.trials:
        if trial.place.particle is not None:
            column = columns[particles.index(trial.place.particle)]
            places[id(trial)] = float((trial.place.time_step or 0) + column)
    return places


def _columns(count: int) -> Array:
    return ((np.arange(count) + 0.5) / max(count, 1) - 0.5) * _WIDTH


def _what(trials: Sequence[Trial]) -> str:
    stages = Counter(trial.place.stage for trial in trials if not trial.answered)
    names = {
        Stage.INITIAL: "initial population", Stage.PARTICLE: "starts of particles", Stage.CHILD: "children",
        Stage.RANDOM: "samples", Stage.POPULATION: "first population", Stage.CYCLE: "children",
    }  # fmt: skip
    return ", ".join(f"{names[stage]} ({stages[stage]})" for stage in Stage if stages[stage])


def _marks(shape: str, label: str, trials: Sequence[Trial], at: dict[int, float]) -> list[Marks]:
    fit = [trial for trial in trials if trial.fitness is not None]
    if not fit:
        return []
    x, y = numbers([at[id(t)] for t in fit]), numbers([t.fitness for t in fit])
    text = label if "(" in label else f"{label} ({len(fit)})"
    return [Marks(text, x, y, shape)]  # type: ignore[arg-type]


def _best_mark(fit: Sequence[Trial], at: dict[int, float]) -> Marks:
    """Return the best of a run; of equals, that which was proposed first."""
    best = max(fit, key=lambda trial: trial.fitness or 0.0)
    name, color = name_in_store(best.evaluation), color_in_store(best.evaluation)
    label = f"best: {name}, {best.fitness:.4g}"
    return Marks(label, numbers([at[id(best)]]), numbers([best.fitness]), "star", color)


def _ways(found: History) -> Iterable[Line]:
    """Yield the ways of all particles as one line, and those with the best optimizers in their colors."""
    if not found.lineages:
        return
    particles = list(found.lineages)
    columns = dict(zip(particles, _column_of(found, particles), strict=True))
    x: list[float] = []
    y: list[float] = []
    for particle, moves in found.lineages.items():
        x += [*(step + columns[particle] for step in moves), np.nan]
        y += [*(_fit(e) for e in moves.values()), np.nan]
    yield Line(f"lineages of particles ({len(particles)})", numbers(x), numbers(y), None, "thin")
    best = {p: max(moves.values(), key=_fit) for p, moves in found.lineages.items()}
    first = sorted(particles, key=lambda p: (-_fit(best[p]), p))[:_LINEAGES]
    for particle in first:
        moves = found.lineages[particle]
        label = f"particle {particle + 1}, its best: {name_in_store(best[particle])}"
        yield Line(
            label, numbers([step + columns[particle] for step in moves]),
            numbers([_fit(e) for e in moves.values()]), color_in_store(best[particle]),
        )  # fmt: skip


def _column_of(found: History, particles: Sequence[int]) -> list[float]:
    every = sorted({t.place.particle for t in found.trials if t.place.particle is not None} | set(particles))
    columns = _columns(len(every))
    return [float(columns[every.index(particle)]) for particle in particles]


def _fit(evaluation: Evaluation) -> float:
    return -np.inf if evaluation.fitness is None else evaluation.fitness


def _best_so_far(fit: Sequence[Trial], at: dict[int, float]) -> Line:
    """Return the best fitness up to each time-step, or evaluation."""
    best: dict[int, float] = {}
    for trial in fit:
        step = round(at[id(trial)])
        best[step] = max(best.get(step, -np.inf), trial.fitness or 0.0)
    steps = sorted(best)
    return Line(
        "best so far", numbers(steps), np.maximum.accumulate(numbers([best[s] for s in steps])), None, "steps"
    )


def _rows(trials: Sequence[Trial], at: dict[int, float], low: float) -> Iterable[Row]:
    below = [t for t in trials if t.fitness is not None and t.fitness < low]
    if below:
        yield Row(f"below {low:.4g} ({len(below)})", numbers([at[id(t)] for t in below]))
    for ending in _ENDINGS:
        ended = [t for t in trials if t.ending is ending]
        if ended:
            yield Row(f"{ending.value} ({len(ended)})", numbers([at[id(t)] for t in ended]))
