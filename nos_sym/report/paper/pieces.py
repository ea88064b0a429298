"""The tables and figures that a paper has, each made when it is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
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

__all__ = [
    "Made", "Piece", "all_made", "found_table", "made_table", "pieces_of_paper", "pieces_of_store",
    "store_figure", "width_of",
]  # fmt: skip

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
    make = partial(found_table, store, run, task, top, notation)
    yield Piece("table", number, section, "tables/found.tex", make)
    for place, name in enumerate(RUN_FIGURES, FIGURES[-1] + 1):
        draws = partial(store_figure, name, store, run, task)
        yield Piece("figure", place, section, f"figures/{name}.pdf", draws, width_of(name))


def width_of(name: str) -> float:
    """Return the width of a figure of a store, as a part of the text's."""
    return 1.0 if name == "duplicates" else 0.8


def all_made(
    pieces: Sequence[Piece], may_lack: Callable[[Piece], bool], progress: Callable[[int], None]
) -> tuple[list[tuple[Piece, Made]], list[dict[str, str]]]:
    """Make pieces, and return them with those that there is nothing for, each with the reason.

    Args:
        pieces: tables and figures, in the order in which they are made.
        may_lack: whether there may be nothing for a piece.
        progress: called with the number that are made.

    Raises:
        NosSymError: a piece that has to be there cannot be made.
    """
    made: list[tuple[Piece, Made]] = []
    left_out: list[dict[str, str]] = []
    for number, piece in enumerate(pieces, 1):
        try:
            made.append((piece, piece.make()))
        except NosSymError as error:
            if not may_lack(piece):
                raise
            left_out.append({"file": piece.file, "reason": str(error)})
        progress(number)
    return made, left_out


def _table(number: int, notation: Notation, results: Results | None) -> Made:
    if number not in OF_RESULTS:
        return made_table(table(number, notation))
    printed = f"The numbers are those that the paper prints in Table~{number}."
    if results is None:
        return made_table(table(number, notation), printed)
    try:
        made = table(number, notation, results)
    except ResultsError as error:
        if "no task" not in str(error):
            raise
        return made_table(table(number, notation), f"{printed} The file of results has none for it.")
    return made_table(made, f"Source: {latex_text(results.source)}.")


def made_table(made: Table, more: str = "") -> Made:
    """Return a table with more in its caption, LaTeX."""
    return Made(dataclasses.replace(made, caption=f"{made.caption} {more}".rstrip()).latex().encode())


def _figure(number: int) -> Made:
    content = graph(number, "pdf") if number in GRAPHS else draw(paper_figure(number), "pdf")
    return Made(content, caption(number))


def found_table(
    store: Store, run: int | None, task: str | None, top: int, notation: Notation, label: str = "found"
) -> Made:
    """Return the table of the best optimizers of a run.

    Raises:
        NosSymError: it has none.
    """
    best = hall_of_fame(store, run=run, task=task, limit=top)
    if not best.entries:
        raise NosSymError(f"no optimizer of {quoted_path(store.path)} with a rule has a fitness yet")
    found = [(entry.rule, entry.fitness) for entry in best.entries]
    made = found_equations(found, "Fitness", f"{store.path.name}, task {best.task}", notation)
    made = dataclasses.replace(made, label=label)
    which = f"The best {len(found)} of {best.optimizers}, on {latex_text(best.task)}."
    return made_table(made, f"{which} Names are ranks, not names of Table~8.")


def store_figure(name: str, store: Store, run: int | None, task: str | None) -> Made:
    """Return a figure of a run, one of :data:`~nos_sym.report.figures.runs.RUN_FIGURES`.

    Raises:
        NosSymError: the run has nothing to draw, or Matplotlib is not installed.
    """
    made = RUN_FIGURES[name](store, run, task)
    return Made(draw(made, "pdf"), f"{latex_text(made.caption)}. {OF_STORE[name]}")
