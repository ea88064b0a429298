"""Which entries of the catalog are equal, as it was proved: the table ``relations.toml`` beside this module.

``scripts/relate_catalog.py`` writes it, with a checked proof for each row; a test proves every row again.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Relation:
    """Two entries that are equal.

    Attributes:
        first, second: names of the entries.
        holds: ``for all settings`` of the same names, or ``at the defaults``.
    """

    first: str
    second: str
    holds: str

    def __str__(self) -> str:
        return f"{self.second} {self.holds}"

    def seen_from(self, entry: str) -> Relation:
        """Return the relation with an entry as the first."""
        return self if entry == self.first else Relation(self.second, self.first, self.holds)


@lru_cache(maxsize=1)
def relations() -> tuple[Relation, ...]:
    """Return all rows of the table."""
    text = files(__package__).joinpath("relations.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text).get("equal", [])
    return tuple(Relation(row["first"], row["second"], row["holds"]) for row in rows)


def relations_of(entry: str) -> tuple[Relation, ...]:
    """Return what an entry is equal to, the entry first."""
    return tuple(r.seen_from(entry) for r in relations() if entry in (r.first, r.second))
