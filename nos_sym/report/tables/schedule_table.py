"""Learning-rate schedules that runs found, as a table of the form of Table 10."""

from __future__ import annotations

from collections.abc import Sequence

from nos_sym.language.rule import Schedule
from nos_sym.report.tables.notation import PAPER, Notation
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import latex_text

_PREFIX = "LR"


def found_schedules(
    found: Sequence[tuple[Schedule, float, int]], source: str, notation: Notation = PAPER
) -> Table:
    """Return a table of schedules, each a factor of the base schedule, with what is known of it.

    Args:
        found: named schedules, the best fitness of the optimizers that each leaves, and how many there are.
        source: where they come from, a text.
        notation: the symbols.
    """
    printer = notation.printer()
    rows = [
        (_name(schedule), f"${printer.print(schedule.factor)}$", f"${fitness:.4f}$", str(optimizers))
        for schedule, fitness, optimizers in found
    ]
    head = ("Learning-rate schedule", "Factor", "Fitness", "Optimizers")
    notes = [
        f"Each is a factor of the base schedule of the learning rate ${notation.rate}$, up to a constant; "
        "the fitness is the best of the optimizers that it leaves."
    ]
    return Table("found-schedules", "Learning-rate schedules.", "llrr", head, [rows], source, notes, "1.6")


def _name(schedule: Schedule) -> str:
    """Return a name; letters that stand for a number are an index."""
    letters = schedule.name.removeprefix(_PREFIX)
    if letters != schedule.name and letters.isascii() and letters.islower():
        return rf"{_PREFIX}$_{{\mathrm{{{letters}}}}}$"
    return latex_text(schedule.name)
