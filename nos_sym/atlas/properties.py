"""What is proved of the optimizers of an atlas, from their data sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nos_sym.atlas.entry import Entry
from nos_sym.errors import NosSymError, one_line
from nos_sym.report.sheet.sheet import data_sheet

_SHOWN = (
    "first_step", "degree", "odd_jointly", "odd_in_gradient", "never_hit", "zero_gradient", "bound", "weight",
    "work", "catalog",
)  # fmt: skip
_LONGEST = 300


def with_properties(entries: Sequence[Entry], told: Callable[[str], None]) -> list[Entry]:
    """Return entries with what their data sheets prove; those without a rule stay as they are."""
    told("data sheets are made")
    return [replace(entry, properties=_proved(entry)) if entry.rule else entry for entry in entries]


def _proved(entry: Entry) -> dict[str, str]:
    """Return the lines of a data sheet by their titles, without what the atlas has elsewhere."""
    try:
        sheet = data_sheet(entry.parsed())
    except NosSymError:
        return {}
    found: dict[str, str] = {}
    for key in _SHOWN:
        for line in sheet.of(key):
            said = f"{found.get(line.title, '')} {' '.join(line.says)}".strip()
            found[line.title] = one_line(said, _LONGEST)
    return found
