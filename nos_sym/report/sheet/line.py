"""A line of a data sheet: what it says, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Basis(Enum):
    """What a line rests on: a proof over all histories, or a measurement over those that it names."""

    PROVED = "proved"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a data sheet.

    Attributes:
        key: what it is about, an identifier; two lines of a sheet may have one.
        title: the same for people.
        says: what it says, in sentences; the first stands alone.
        basis: whether it is proved or measured.
        shown_by: the proof, or what was measured over.
        data: the same for programs, as JSON data.
    """

    key: str
    title: str
    says: tuple[str, ...]
    basis: Basis
    shown_by: str
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON data."""
        return {
            "key": self.key,
            "title": self.title,
            "says": list(self.says),
            "basis": self.basis.value,
            "shown_by": self.shown_by,
            "data": self.data,
        }


def proved(key: str, title: str, *says: str, by: str, **data: Any) -> Line:
    """Return a line that is proved."""
    return Line(key, title, says, Basis.PROVED, by, data)


def measured(key: str, title: str, *says: str, over: str, **data: Any) -> Line:
    """Return a line that is measured."""
    return Line(key, title, says, Basis.MEASURED, over, data)
