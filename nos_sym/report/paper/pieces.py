"""The tables and figures that a paper has, each made when it is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from nos_sym.errors import NosSymError, quoted_path
from nos_sym.report.figures.drawing import draw
from nos_sym.report.figures.paper import FIGURES, paper_figure
from nos_sym.report.figures.runs import RUN_FIGURES
from nos_sym.report.paper.captions import OF_STORE, caption
from nos_sym.report.paper.example import GRAPHS, graph
from nos_sym.report.tables.notation import Notation
from nos_sym.report.tables.paper_tables import NUMBERS, OF_RESULTS, table
from nos_sym.report.tables.results import Results, ResultsError
from nos_sym.report.tables.run_table import found_equations
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import latex_text
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.store.store import Store

__all__ = ["Made", "Piece", "pieces_of_paper", "pieces_of_store"]

_WIDTHS = {1: 1.0, 2: 0.75}
_WIDTH = 0.6


@dataclass(frozen=True, slots=True)
class Made:
    """A table or a figure.

    Attributes:
        content: its file.
        caption: what it shows, LaTeX; of a table, which has it in its file, empty.
    """

    content: bytes
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A table or a figure that is not made yet.

    Attributes:
        kind: what it is.
        number: its number in the document, which is that of the paper where it is of the paper.
        section: title of the part of the document that it is in.
        file: its path in the folder of the document.
        make: makes it.
        width: width of a figure, as a part of the text's.
    """

    kind: Literal["table", "figure"]
    number: int
    section: str
    file: str
    make: Callable[[], Made]
    width: float = 1.0


def pieces_of_paper(notation: Notation, results: Results | None) -> Iterator[Piece]:
    """Yield Tables 1 to 13 and Figures 1 to 15 of the paper.

    Args:
        notation: symbols of the tables.
        results: for Tables 11 and 13; where they have no task of a table, that has the paper's own numbers.
    """
    for section, tables, figures in (
        ("The search space", range(1, 8), GRAPHS),
        ("Discovered optimizers and schedules", range(8, 11), FIGURES),
        ("Results", range(11, NUMBERS.stop), ()),
    ):
        for number in tables:
            make = partial(_table, number, notation, results)
            yield Piece("table", number, section, f"tables/table{number:02}.tex", make)
        for number in figures:
            file, width = f"figures/figure{number:02}.pdf", _WIDTHS.get(number, _WIDTH)
            yield Piece("figure", number, section, file, partial(_figure, number), width)


def pieces_of_store(
    store: Store, run: int | None, task: str | None, top: int, notation: Notation
) -> Iterator[Piece]:
    """Yield the table of the best optimizers of a store, and its figures; arguments as of the hall of fame.

    The functions that make them raise :class:`NosSymError` where the store has nothing to show.
    """
    which = store.path.name if run is None else f"Run {run} of {store.path.name}"
    section = latex_text(f"Search: {which}")
    number = NUMBERS.stop
    make = partial(_found, store, run, task, top, notation)
    yield Piece("table", number, section, "tables/found.tex", make)
    for place, name in enumerate(RUN_FIGURES, FIGURES[-1] + 1):
        width = 1.0 if name == "duplicates" else 0.8
        draws = partial(_of_store, name, store, run, task)
        yield Piece("figure", place, section, f"figures/{name}.pdf", draws, width)


def _table(number: int, notation: Notation, results: Results | None) -> Made:
    if number not in OF_RESULTS:
        return _latex(table(number, notation))
    printed = f"The numbers are those that the paper prints in Table~{number}."
    if results is None:
        return _latex(table(number, notation), printed)
    try:
        made = table(number, notation, results)
    except ResultsError as error:
        if "no task" not in str(error):
            raise
        return _latex(table(number, notation), f"{printed} The file of results has none for it.")
    return _latex(made, f"Source: {latex_text(results.source)}.")


def _latex(made: Table, more: str = "") -> Made:
    return Made(dataclasses.replace(made, caption=f"{made.caption} {more}".rstrip()).latex().encode())


def _figure(number: int) -> Made:
    content = graph(number, "pdf") if number in GRAPHS else draw(paper_figure(number), "pdf")
    return Made(content, caption(number))


def _found(store: Store, run: int | None, task: str | None, top: int, notation: Notation) -> Made:
    best = hall_of_fame(store, run=run, task=task, limit=top)
    if not best.entries:
        raise NosSymError(f"no optimizer of {quoted_path(store.path)} with a rule has a fitness yet")
    found = [(entry.rule, entry.fitness) for entry in best.entries]
    made = found_equations(found, "Fitness", f"{store.path.name}, task {best.task}", notation)
    which = f"The best {len(found)} of {best.optimizers}, on {latex_text(best.task)}."
    return _latex(made, f"{which} Names are ranks, not names of Table~8.")


def _of_store(name: str, store: Store, run: int | None, task: str | None) -> Made:
    made = RUN_FIGURES[name](store, run, task)
    return Made(draw(made, "pdf"), f"{latex_text(made.caption)}. {OF_STORE[name]}")
