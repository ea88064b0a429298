"""The nearest entries of the catalog: those that are proved equal, then by the distance of trajectories."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.auditing.audit import audit_of
from nos_sym.auditing.distance import START, Array, Meter, apart
from nos_sym.auditing.families import Families
from nos_sym.auditing.matching import match
from nos_sym.auditing.result import EQUAL, Audit
from nos_sym.auditing.side import Side, read_side
from nos_sym.auditing.trajectories import catalog_trajectories, kept_histories, trajectory
from nos_sym.errors import RuleError
from nos_sym.faces import faces_of_entry
from nos_sym.language.rule import Schedule
from nos_sym.report.sheet.catalog_keys import catalog_keys

_SECONDS = 3.0
_SEARCH = 0.5
_FARTHEST = 2.0
_REMEASURED = 3


@dataclass(frozen=True, slots=True)
class Nearest:
    """An optimizer among those of the catalog.

    Attributes:
        side: the optimizer.
        equal: audits against the entries that are proved equal at equal settings.
        near: audits against the nearest others, the nearest first.
        distances: the mean distance of trajectories of each of these, at equal settings; a measurement.
    """

    side: Side
    equal: tuple[Audit, ...]
    near: tuple[Audit, ...]
    distances: tuple[float, ...]

    def __str__(self) -> str:
        from nos_sym.auditing.nearest_text import lines_of

        return "\n".join(lines_of(self))

    def markdown(self) -> str:
        """Return the entries as Markdown."""
        from nos_sym.auditing.nearest_text import markdown_of

        return markdown_of(self)

    def to_json(self) -> dict[str, Any]:
        """Return the entries as data for JSON."""
        from nos_sym.auditing.nearest_text import record_of

        return record_of(self)


def nearest(a: object, count: int = 5) -> Nearest:
    """Return the entries of the catalog that are proved equal to an optimizer, and the nearest others.

    Args:
        a: a rule, a name of the catalog or of a library, a file, or an original in code, which is run.
        count: how many others.

    Raises:
        NosSymError: it cannot be read.
    """
    side = read_side(a, lambda message: warnings.warn(message, stacklevel=4))
    return nearest_of(side, count)


def nearest_of(side: Side, count: int = 5) -> Nearest:
    """Return the entries that are proved equal to a side, and the ``count`` nearest others."""
    if not count >= 1:
        raise RuleError(f"count is {count}; expected at least 1")
    order = _by_trajectory(side)
    same = catalog_keys()["exact"].get(key_of(side.rule), [])
    found = [_audit(side, name) for name in same if not _is_it(side, name)]
    found += [_audit(side, name) for name in _equal_at_settings(side, [n for n in order if n not in same])]
    equal = tuple(audit for audit in found if audit.rules == EQUAL)
    known = {audit.second.name for audit in equal}
    rest = [name for name in order if name not in known and not _is_it(side, name)]
    measured = sorted((_distance(side, name), i, name) for i, name in enumerate(rest[: _REMEASURED * count]))
    nearest = measured[:count]
    near = tuple(_audit(side, name) for _, _, name in nearest)
    return Nearest(side, equal, near, tuple(distance for distance, _, _ in nearest))


def names_of_libraries(entry: str) -> list[str]:
    """Return what libraries call an entry."""
    return [str(face) for face in faces_of_entry(entry)]


def _is_it(side: Side, name: str) -> bool:
    """Return whether an entry is the optimizer itself, by its name in the catalog or in a library."""
    if side.face is not None and side.lifted is None:
        return side.face.entry == name
    return side.rule.name == name and side.rule == catalog.entry(name)


def _entry(name: str) -> Side:
    return read_side(name, lambda _: None)


def _audit(side: Side, name: str) -> Audit:
    found = audit_of(side, _entry(name), seconds=0, search=_SEARCH, draws=0)
    return replace(found, second=replace(found.second, name=name))


def _by_trajectory(side: Side) -> list[str]:
    """Return the entries by the distance of trajectories, each optimizer at its own defaults."""
    known = catalog_trajectories()
    own = trajectory(side.rule)
    if own is None:
        return list(known)
    return sorted(known, key=lambda name: _mean_distance(own, known[name]))


def _mean_distance(first: Array, second: Array) -> float:
    start = START.reshape(1, -1)
    rows = (
        apart(np.concatenate([start, x]), np.concatenate([start, y]))[0]
        for x, y in zip(first, second, strict=True)
    )
    return float(np.mean([min(x, _FARTHEST) for x in rows]))


def _equal_at_settings(side: Side, names: list[str]) -> Iterator[str]:
    """Yield entries that have other defaults and are proved equal with the settings of the optimizer."""
    end = time.thread_time() + _SECONDS
    for name in names:
        entry = _entry(name)
        assert not isinstance(entry.rule, Schedule)
        matching = match(side, entry)
        if not matching.defaults_differ() or _is_it(side, name):
            continue
        if time.thread_time() > end:
            return
        families = Families.of(side.rule, entry.rule, matching)
        if families.equal({x: x.default for x in families.variables}):
            yield name


def _distance(side: Side, name: str) -> float:
    """Return the mean distance of an entry at equal settings."""
    entry = _entry(name)
    families = Families.of(side.rule, entry.rule, match(side, entry))
    rows = Meter(side.rule, entry.rule, kept_histories())({
        (x.first, x.second): float(x.default) for x in families.variables
    })  # fmt: skip
    return float(np.mean([min(row.distance, _FARTHEST) for row in rows]))
