"""Which entries of the catalog are equal, as it was proved: the table ``relations.toml`` beside this module.

``scripts/relate_catalog.py`` writes it, with a checked proof for each row; a test proves every row again. A
row relates an entry to another one of its class, ``[[equal]]`` with ``first``, ``second`` and ``holds``,
which is ``at the defaults`` (each entry at its own) or ``for all settings`` (those of one name being one).
Equality is transitive, so that the rows of a kind make classes, and an entry is equal to its whole class.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

FILE = "relations.toml"
HEADER = (
    "# Written by scripts/relate_catalog.py: entries of the catalog that are equal, "
    "each pair with a checked proof.\n"
)
AT_THE_DEFAULTS = "at the defaults"
FOR_ALL_SETTINGS = "for all settings"


@dataclass(frozen=True, slots=True)
class Relation:
    """Two entries that are equal.

    Attributes:
        first, second: names of the entries.
        holds: ``at the defaults`` or ``for all settings``.
    """

    first: str
    second: str
    holds: str

    def __str__(self) -> str:
        return f"{self.second} {self.holds}"


@lru_cache(maxsize=1)
def relations() -> tuple[Relation, ...]:
    """Return all rows of the table."""
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    rows = tomllib.loads(text).get("equal", [])
    return tuple(Relation(row["first"], row["second"], row["holds"]) for row in rows)


def relations_of(entry: str) -> tuple[Relation, ...]:
    """Return what an entry is equal to, the entry first: its classes, in the order of the table.

    What is equal for all settings and at the defaults, too, is said once. Entries that are equal for all
    settings may have other defaults.
    """
    at_defaults, always = equals_of(entry), equals_of(entry, FOR_ALL_SETTINGS)
    return tuple(
        Relation(entry, other, FOR_ALL_SETTINGS if other in always else AT_THE_DEFAULTS)
        for other in dict.fromkeys((*always, *at_defaults))
    )


def equals_of(entry: str, holds: str = AT_THE_DEFAULTS) -> tuple[str, ...]:
    """Return the others of the class of an entry, those that a chain of rows of one kind leads to."""
    partners: defaultdict[str, list[str]] = defaultdict(list)
    rows = [row for row in relations() if row.holds == holds]
    for row in rows:
        partners[row.first].append(row.second)
        partners[row.second].append(row.first)
    reached, new = {entry}, [entry]
    while new:
        new = [other for name in new for other in partners[name] if other not in reached]
        reached.update(new)
    return tuple(
        n for n in dict.fromkeys(n for r in rows for n in (r.first, r.second)) if n in reached - {entry}
    )
