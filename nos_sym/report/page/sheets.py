"""Data sheets and source files of the best optimizers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nos_sym.codegen.render import render
from nos_sym.errors import NosSymError
from nos_sym.language.rule import Rule
from nos_sym.report.mathml.convert import formula_of
from nos_sym.report.mathml.equation import body_of
from nos_sym.report.mathml.tree import Packed
from nos_sym.report.page.record import ShownSheet
from nos_sym.report.sheet.sheet import data_sheet

BACKEND = "torch"
"""What source files are rendered for."""


@dataclass(slots=True)
class Sheets:
    """Sheets that were made before. The lines of all source files stand in one list, since most are alike.

    Attributes:
        lines: lines of source files.
    """

    lines: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _made: dict[Rule, ShownSheet] = field(default_factory=dict)

    def of(self, rule: Rule) -> ShownSheet:
        """Return the sheet of an optimizer."""
        if rule not in self._made:
            with np.errstate(all="ignore"):  # of runs that a sheet measures over
                sheet = data_sheet(rule)
            lines = tuple((x.title, x.says, x.basis.value, x.shown_by) for x in sheet.lines)
            self._made[rule] = ShownSheet(lines, _display(sheet.latex), sheet.latex, self._source(rule))
        return self._made[rule]

    def _source(self, rule: Rule) -> tuple[int, ...]:
        try:
            text = render(rule, BACKEND)
        except NosSymError:
            return ()
        found = []
        for line in text.splitlines():
            if line not in self._numbers:
                self._numbers[line] = len(self.lines)
                self.lines.append(line)
            found.append(self._numbers[line])
        return tuple(found)


def _display(latex: str) -> Packed | None:
    try:
        return formula_of(body_of(latex), display=True).pack() if latex else None
    except NosSymError:
        return None
