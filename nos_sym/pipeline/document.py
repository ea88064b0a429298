"""Tables and figures of the stages of a sequence, in the document behind those of the paper."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

from nos_sym.errors import NosSymError
from nos_sym.language.rule import Schedule
from nos_sym.pipeline.collecting import SchedulesStage
from nos_sym.pipeline.eliminating import EliminationStageOf, SecondStage
from nos_sym.pipeline.searching import SearchStage
from nos_sym.pipeline.stage import Playing, Stage
from nos_sym.report.figures.drawing import draw
from nos_sym.report.figures.found_schedules import found_schedules as drawn_schedules
from nos_sym.report.figures.paper import FIGURES
from nos_sym.report.figures.runs import RUN_FIGURES
from nos_sym.report.paper.pieces import Made, Piece, found_table, made_table, store_figure, width_of
from nos_sym.report.tables.notation import Notation
from nos_sym.report.tables.paper_tables import NUMBERS
from nos_sym.report.tables.run_table import found_equations
from nos_sym.report.tables.schedule_table import found_schedules
from nos_sym.report.tables.text import latex_text
from nos_sym.search.settings import Dedup

_Part = tuple[Literal["table", "figure"], str, float, Callable[[], Made]]
"""Kind of a piece, its name behind that of the stage, its width, and what makes it."""


def pieces_of_stages(
    stages: Sequence[Stage], playing: Playing, top: int, notation: Notation
) -> Iterator[Piece]:
    """Yield tables and figures of stages that are played; numbers go on where those of the paper end.

    The functions that make them raise :class:`NosSymError` where a stage has nothing to show.

    Args:
        stages: the stages.
        playing: what they came to.
        top: number of optimizers of a table, at most.
        notation: symbols of the tables.
    """
    numbers = {"table": NUMBERS.stop, "figure": FIGURES[-1] + 1}
    for stage in stages:
        title, parts = _parts(stage, playing, top, notation)
        for kind, name, width, make in parts:
            folder, ending = ("tables", "tex") if kind == "table" else ("figures", "pdf")
            file = f"{folder}/{stage.name}-{name}.{ending}"
            section = latex_text(f"{title}: {stage.name}")
            yield Piece(kind, numbers[kind], section, file, make, width)
            numbers[kind] += 1


def _parts(stage: Stage, playing: Playing, top: int, notation: Notation) -> tuple[str, list[_Part]]:
    """Return the title of a stage's section, and its tables and figures."""
    if isinstance(stage, SearchStage):
        (run,) = playing.outcomes[stage.name].runs
        table = partial(found_table, playing.store, run, None, top, notation, stage.name)
        parts: list[_Part] = [("table", "found", 1.0, table)]
        # Where equal optimizers are found, a search trains none twice.
        twice = stage.settings.dedup is Dedup.OFF
        for name in (name for name in RUN_FIGURES if twice or name != "duplicates"):
            make = partial(store_figure, name, playing.store, run, None)
            parts.append(("figure", name, width_of(name), make))
        return "Search", parts
    if isinstance(stage, EliminationStageOf):
        what = f"What {len(stage.of)} searches left together, by the mean" if len(stage.of) > 1 else ""
        said = what or "What is left of the search, by the mean"
        return "Elimination", [("table", "left", 1.0, partial(_ranked, stage, playing, top, notation, said))]
    if isinstance(stage, SecondStage):
        picked = playing.outcomes[stage.name].result
        said = (
            f"Second searches began with {', '.join(picked.picked)} of the elimination, picked by "
            f"{picked.by}. The best of all that had the last training, by the mean"
        )
        return "Second searches", [
            ("table", "best", 1.0, partial(_ranked, stage, playing, top, notation, said))
        ]
    if isinstance(stage, SchedulesStage):
        rows = playing.outcomes[stage.name].result
        return "Learning-rate schedules", [
            ("table", "found", 1.0, partial(_schedules, stage, playing, notation)),
            ("figure", "found", 0.8, lambda: _drawn([row.schedule for row in rows])),
        ]
    return "", []


def _ranked(stage: Stage, playing: Playing, top: int, notation: Notation, said: str) -> Made:
    """Return the table of the best of a stage, ranked by a mean."""
    found = stage.best(playing, top)
    if not found:
        raise NosSymError(f"stage '{stage.name}' has left no optimizer")
    rows = [(each.rule, each.score) for each in found]
    table = found_equations(rows, "Mean", f"{playing.store.path.name}, {stage.name}", notation)
    table = dataclasses.replace(table, label=stage.name)
    named = latex_text(f"{stage.name}-1")
    return made_table(
        table, f"{said} of their trainings. Names are ranks, and results have them as {named} and so on."
    )


def _schedules(stage: SchedulesStage, playing: Playing, notation: Notation) -> Made:
    rows = playing.outcomes[stage.name].result
    if not rows:
        raise NosSymError("no schedule leaves an optimizer of the search")
    given = [(row.schedule, row.fitness, row.optimizers) for row in rows]
    table = found_schedules(given, f"{playing.store.path.name}, {stage.name}", notation)
    named = latex_text(f"{stage.name}-{rows[0].schedule.name}")
    return made_table(
        dataclasses.replace(table, label=stage.name), f"Results have Adam with the first as {named}."
    )


def _drawn(schedules: Sequence[Schedule]) -> Made:
    figure = drawn_schedules(schedules)
    return Made(draw(figure, "pdf"), f"{latex_text(figure.caption)}.")
