"""The keys of the catalog at every level of equality, kept in a file since the whole catalog takes seconds.

``python -m nos_sym.report.sheet.catalog_keys`` writes the file, as ``make generated`` does. It carries a
digest of the texts of the catalog and the version of keys: where they are not those of this installation,
what it says is not used and the keys are computed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any

from nos_sym import catalog
from nos_sym.algebra.canonical import VERSION, make_key, one_line_of
from nos_sym.algebra.kernel import tables_of
from nos_sym.algebra.levels import Level, at_level, level_form
from nos_sym.algebra.minimal import Minimal
from nos_sym.cache.remembered import remembered
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

TABLE = "catalog_keys.json"
"""The file; beside the keys of each entry, in the order of :data:`LEVELS`, it says what they were made of."""

LEVELS = (Level.EXACT, Level.SIGN, Level.SCALE, Level.SCHEDULE)

Keys = dict[str, dict[str, list[str]]]
"""Names of entries by level and key."""


def keys_of(rule: Rule | Block) -> dict[str, str]:
    """Return the keys of an optimizer at every level, from one form."""
    with tables_of(almost=False):
        found = one_line_of(rule)
        made = {}
        for level in LEVELS:
            if isinstance(found, Minimal):
                made[level.value] = make_key("states", at_level(found, level), level.value)
            else:
                digest = level_form(found.update, level).digest
                made[level.value] = make_key(found.momentum.value, digest, level.value)
        return made


def catalog_keys() -> Keys:
    """Return the entries of the catalog by level and key, those in the file where it is of this catalog."""
    return _known(_kept_text())


def table_of(names: Iterable[str]) -> Keys:
    """Return entries of the catalog by level and key, schedules left out."""
    return _by_key(_rows(names))


@lru_cache(maxsize=2)
def _known(text: str) -> Keys:
    rows = _kept(text)
    if rows is None:
        made = remembered(("keys of the catalog",), lambda: json.dumps(_rows(catalog.names())))
        rows = json.loads(made)
    return _by_key(rows)


def _kept(text: str) -> dict[str, list[str]] | None:
    """Return the rows of a file; ``None`` where it is of another catalog, another version or damaged."""
    try:
        table: dict[str, Any] = json.loads(text)
        if (table["version"], table["catalog"]) != (VERSION, _digest_of_catalog()):
            return None
        rows: dict[str, list[str]] = table["keys"]
    except (ValueError, KeyError, TypeError):
        return None
    return rows


def _kept_text() -> str:
    try:
        return files(__package__).joinpath(TABLE).read_text(encoding="utf-8")
    except OSError:
        return ""


def _digest_of_catalog() -> str:
    """Return a digest of all entries as they are written: name, settings, defaults and definition."""
    text = repr([(name, catalog.text_of(name)) for name in catalog.names()])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _rows(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the keys of entries, in the order of the levels."""
    rows = {}
    for name in names:
        entry = catalog.entry(name)
        if not isinstance(entry, Schedule):
            rows[name] = list(keys_of(entry).values())
    return rows


def _by_key(rows: dict[str, list[str]]) -> Keys:
    table: Keys = {level.value: {} for level in LEVELS}
    for name, keys in rows.items():
        for level, key in zip(LEVELS, keys, strict=True):
            table[level.value].setdefault(key, []).append(name)
    return table


def written() -> str:
    """Return the file, from keys that are computed now."""
    rows = _rows(catalog.names())
    return json.dumps({"version": VERSION, "catalog": _digest_of_catalog(), "keys": rows}, indent=0) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name(TABLE).write_text(written(), encoding="utf-8")
