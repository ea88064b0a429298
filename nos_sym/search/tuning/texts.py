"""A tuning as text: the lines that commands print of it."""

from __future__ import annotations

from nos_sym.search.evidence.texts import spread
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.scores import score_text
from nos_sym.search.tuning.outcome import Comparison, TunedRow, Tuning


def tuning_lines(tuning: Tuning | None) -> list[str]:
    """Return what is printed of a tuning; nothing where there is none."""
    if tuning is None:
        return []
    lines = [line for row in tuning.rows for line in _lines(row)]
    return [*lines, f"seeds        {tuning.note}"] if tuning.note else lines


def _lines(row: TunedRow) -> list[str]:
    if row.why_not:
        return [f"tuned        {shown_text(row.source)}", f"             nothing: {row.why_not}"]
    counts = f"{row.trained} training{'' if row.trained == 1 else 's'}, {row.answered} answered"
    lines = [f"tuned        {_fitness(row.untuned)}  {shown_text(row.source)}  ({counts})"]
    if not row.is_better:
        return [*lines, "             nothing better was found"]
    lines.append(f"        now  {_fitness(row.fitness)}  {shown_text(row.rule)}")
    changed = [c for c in row.constants if c.before != c.after]
    lines += [f"             {c.before} -> {c.after} in {shown_text(c.where)}" for c in changed]
    return lines + _compared(row.compared)


def _fitness(value: float | None) -> str:
    return "none" if value is None else score_text(value)


def _compared(compared: Comparison | None) -> list[str]:
    if compared is None:
        return []
    lines = [
        f"     before  {spread(compared.before)} with fresh seeds",
        f"      after  {spread(compared.after)}",
    ]
    difference = compared.difference
    if difference is None or compared.adjusted is None:
        return [*lines, "       test  nothing can be compared: trainings without a fitness"]
    said = "it is better" if compared.holds else "it is not shown to be better"
    p = f"p = {compared.adjusted:.2g}, paired over seeds"
    return [*lines, f"       test  {said}, by {difference.mean:+.4f}, {p}"]
