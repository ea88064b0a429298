"""The data sheet of an optimizer: everything that is proved of it, and what was measured."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.printer import print_bare
from nos_sym.language.rule import Rule
from nos_sym.report.sheet.bound import bound
from nos_sym.report.sheet.cost import costs
from nos_sym.report.sheet.first_step import first_step
from nos_sym.report.sheet.guards import guards
from nos_sym.report.sheet.likeness import likeness
from nos_sym.report.sheet.line import Line
from nos_sym.report.sheet.neighbors import neighbors
from nos_sym.report.sheet.reflection import reflections
from nos_sym.report.sheet.relaxation import relaxation
from nos_sym.report.sheet.scaling import scaling
from nos_sym.report.sheet.stability import stability
from nos_sym.report.sheet.stillness import stillness
from nos_sym.report.sheet.subject import Subject
from nos_sym.report.sheet.trained import trained
from nos_sym.report.sheet.weights import weights
from nos_sym.report.sheet.written import equation_line, schedule_line

PARTS: tuple[Callable[[Subject], list[Line]], ...] = (
    equation_line, schedule_line, costs, first_step, scaling, reflections, stillness, bound, guards, weights,
    stability, relaxation, neighbors, likeness,
)  # fmt: skip
"""What makes the lines, in the order of a sheet. Each returns none where it has nothing that is certain."""

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """The data sheet of an optimizer.

    Attributes:
        name: name of the optimizer, empty where it has none.
        rule: its text, without the name.
        source: where it comes from.
        settings: the settings with their defaults, at which every line holds that says nothing else.
        lines: what is known of it.
        latex: its equation in LaTeX.
    """

    name: str
    rule: str
    source: str
    settings: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    latex: str

    def __str__(self) -> str:
        head = [self.name or "Optimizer", self.rule]
        if self.source:
            head.append(f"from {self.source}")
        if self.settings:
            head.append(f"at {', '.join(f'{name} = {value}' for name, value in self.settings)}")
        rows = list(head)
        for line in self.lines:
            rows += ["", line.title]
            verbatim = line.key == "equation"
            for sentence in line.says:
                rows += [f"  {sentence}"] if verbatim else _wrapped(sentence, "  ")
            if not verbatim:
                rows += _wrapped(f"{line.basis.value}: {line.shown_by}.", "    ")
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        from nos_sym.report.sheet.page import fragment

        return fragment(self)

    def to_html(self) -> str:
        """Return the sheet as a page that needs nothing else."""
        from nos_sym.report.sheet.page import page

        return page(self)

    def to_json(self) -> dict[str, Any]:
        """Return the sheet as JSON data."""
        return {
            "name": self.name,
            "rule": self.rule,
            "source": self.source,
            "settings": dict(self.settings),
            "latex": self.latex,
            "lines": [line.to_json() for line in self.lines],
        }

    def of(self, key: str) -> tuple[Line, ...]:
        """Return the lines about something, as ``sheet.of("degree")``; none where nothing is certain."""
        return tuple(line for line in self.lines if line.key == key)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def data_sheet(rule: Rule | Block, store: str | Path | None = None) -> Sheet:
    """Return the data sheet of an optimizer, settings at their defaults.

    A line that cannot be proved, or is too large to be read, is left out.

    Args:
        rule: the optimizer.
        store: a store of searches, whose evaluations of this optimizer are added.

    Raises:
        StoreError: the store cannot be used.
    """
    from nos_sym.codegen.render import render
    from nos_sym.language.decimal_text import decimal_text
    from nos_sym.language.setting import setting_default, setting_name

    lines: list[Line] = []
    with fresh_workspace():
        subject = Subject(rule)
        for part in PARTS:
            try:
                lines += part(subject)
            except NosSymError:
                # An expression of it is larger than the language holds, or has no word in it.
                continue
        if store is not None:
            lines += trained(subject, store)
    settings = tuple((setting_name(n), decimal_text(setting_default(n))) for n in rule.settings)
    text = print_bare(rule)
    latex = ""
    with suppress(NosSymError):  # too large for it
        latex = render(rule, "latex")
    return Sheet(rule.name, text, rule.source, settings, tuple(lines), latex)
