"""A store to the data of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nos_sym.report.page.confirmed import confirmed_of
from nos_sym.report.page.drawn import Drawings
from nos_sym.report.page.lineage import moves_of
from nos_sym.report.page.record import Page, ShownSheet
from nos_sym.report.page.rows import Table
from nos_sym.report.page.runs import shown_run
from nos_sym.report.page.schedules import shown_schedule
from nos_sym.report.page.sheets import Sheets
from nos_sym.search.reports.found import evaluations_of
from nos_sym.search.reports.hall_of_fame import HallOfFame, hall_of_fame
from nos_sym.search.store.connection import now
from nos_sym.search.store.store import Evaluation, Store

SHEETS = 20
"""Optimizers with a data sheet and a source file, unless another number is asked for: a sheet takes a tenth
of a second or more, so that those of thousands would take an hour."""


@dataclass(slots=True)
class Memory:
    """What was computed for a page before, so that writing it again costs what is new."""

    drawings: Drawings = field(default_factory=Drawings)
    sheets: Sheets = field(default_factory=Sheets)


def collect(
    path: Path,
    *,
    run: int | None = None,
    task: str | None = None,
    top: int = SHEETS,
    memory: Memory | None = None,
) -> Page:
    """Return the data of the page of a store, as it is at this moment; a search may be writing it.

    Args:
        path: the store.
        run: only this run, with what earlier runs answered.
        task: name of a task, or a part of it that no other has; by default the latest.
        top: how many of the best get a data sheet and a source file.
        memory: what was computed for the page before.

    Raises:
        NosSymError: the store cannot be read, or has no such run or task.
    """
    memory = memory or Memory()
    with Store.read(path) as store:
        runs = store.runs()
        every = list(store.evaluations())
        last = every[-1].id if every else 0
        # What ends meanwhile is on the next page.
        best = hall_of_fame(store, run=run, task=task, up_to=last)
        chosen = every if run is None else evaluations_of(store, run, up_to=last)
        shown = [r for r in runs if run in (None, r.id)]
        told = [shown_run(store, r, [e for e in every if e.run == r.id]) for r in shown]
        moves = {r.id: store.moves(r.id) for r in shown}
    on_task = _on_task(chosen, best)
    table = Table(memory.drawings, confirmed_of(best.entries), several_runs=len(runs) > 1)
    rows, numbers = table.rows(on_task, best.entries, moves, {e.id: e for e in every})
    sheets: dict[str, ShownSheet] = {}
    for number, entry in enumerate(best.entries[: max(0, top)]):
        drawn = memory.drawings.of(entry.evaluation)
        if drawn is not None:
            sheets[str(number)] = memory.sheets.of(drawn.rule)
    named = {text: memory.drawings.schedules[text] for text in table.schedules}
    return Page(
        store=path.name,
        written=now(),
        version=_version(),
        task=best.task,
        others=best.other_tasks,
        run=run,
        evaluations=len(on_task),
        unreadable=best.unreadable,
        columns=table.confirmed.columns,
        rows=tuple(rows),
        trainings=tuple((e.fitness, numbers[e.id]) for e in on_task),
        schedules=tuple(shown_schedule(text, schedule) for text, schedule in named.items()),
        reasons=tuple(table.reasons),
        moves={
            f"{number}/{particle}": path
            for number, found in moves.items()
            for particle, path in moves_of(found, memory.drawings).items()
        },
        sheets=sheets,
        lines=tuple(memory.sheets.lines),
        runs=tuple(told),
    )


def _on_task(chosen: Sequence[Evaluation], best: HallOfFame) -> list[Evaluation]:
    """Return the evaluations of the task of a hall of fame; all where nothing has a fitness yet."""
    return [e for e in chosen if not best.task or e.task == best.task]


def _version() -> str:
    try:
        return version("nos-sym")
    except PackageNotFoundError:
        return "unknown"
