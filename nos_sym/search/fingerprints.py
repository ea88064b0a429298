"""Fingerprints of optimizers: which of them count as the same during a search.

Two candidates are the same optimizer if their keys at a level of equality agree
(:mod:`nos_sym.algebra.levels`), however they are written. At ``float32`` they are the same if float32
training cannot tell them apart. That is a measurement and not transitive: a candidate then counts as the
first known one that it cannot be told from. With ``off`` texts are compared, as in the authors' script.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np

from nos_sym import catalog
from nos_sym.algebra.canonical import VERSION, canonical, key_of, make_key
from nos_sym.algebra.falsification.float32 import (
    TOLERANCE,
    find_float32_counterexample,
    indistinguishable,
    training_values,
)
from nos_sym.algebra.levels import Level, level_form, level_key
from nos_sym.language.rule import Momentum, Rule
from nos_sym.search.settings import Dedup

EntryT = TypeVar("EntryT")


class Fingerprint(NamedTuple):
    """What identifies an optimizer.

    Attributes:
        key: key at the level of the deduplication; the text for ``off``, the exact key for ``float32``.
        exact: exact key.
        momentum: momentum type; optimizers of different types are never the same.
        values: float32 updates at training magnitudes, for ``float32`` only.
        rule: the rule, for ``float32`` only.
    """

    key: str
    exact: str
    momentum: Momentum
    values: Any = None
    rule: Rule | None = None

    def summary(self) -> float:
        """Return a number that differs little if the values do."""
        finite = self.values[np.isfinite(self.values)]
        return float(np.sum(np.abs(finite), dtype=np.float64))


class Fingerprints:
    """Makes fingerprints at one level of deduplication, or at it almost everywhere."""

    def __init__(self, dedup: Dedup, *, almost: bool = False) -> None:
        self.dedup = dedup
        self.almost = almost
        self._of = lru_cache(maxsize=10_000)(self._make)

    def of(self, rule: Rule) -> Fingerprint:
        """Return the fingerprint of a rule."""
        return self._of(rule)

    def from_keys(self, text: str, exact: str | None, key: str | None) -> Fingerprint | None:
        """Return the fingerprint of a rule from its keys; ``None`` where they say too little.

        Float32 values are kept nowhere, and keys of another version of the canonical form are other keys.

        Args:
            text: the rule in the project's language.
            exact: its exact key.
            key: its key at the level of the deduplication.
        """
        if self.dedup is Dedup.FLOAT32 or exact is None or not is_current(exact):
            return None
        if self.dedup is Dedup.OFF:
            key = text
        elif key is None or not is_current(key):
            return None
        name = text.partition(" ")[0]
        return Fingerprint(key, exact, _MOMENTA.get(name) or Momentum(name))

    def index(self) -> Index:
        """Return an empty index for such fingerprints."""
        return NearIndex() if self.dedup is Dedup.FLOAT32 else KeyIndex()

    def _make(self, rule: Rule) -> Fingerprint:
        level = self.dedup.level
        if level is None:
            return Fingerprint(str(rule), key_of(rule), rule.momentum)
        form = canonical(rule)
        exact = make_key(rule.momentum.value, form.digest, Level.EXACT.value)
        if level is Level.FLOAT32:
            key = level_key(rule, Level.EXACT, almost=True) if self.almost else exact
            return Fingerprint(key, exact, rule.momentum, training_values(rule), rule)
        if self.almost:
            return Fingerprint(level_key(rule, level, almost=True), exact, rule.momentum)
        digest = level_form(form, level).digest
        return Fingerprint(make_key(rule.momentum.value, digest, level.value), exact, rule.momentum)


def is_current(key: str) -> bool:
    """Return whether a key is of this version of the canonical form; those of others equal none of it."""
    return key.startswith(_CURRENT)


_CURRENT = f"{VERSION}:"
_MOMENTA = {momentum.value: momentum for momentum in Momentum}


def keys_at_levels(rule: Rule) -> tuple[str, str, str, str]:
    """Return the exact key of a rule and those at ``sign``, ``scale`` and ``schedule``."""
    form, momentum = canonical(rule), rule.momentum.value
    levels = (Level.EXACT, Level.SIGN, Level.SCALE, Level.SCHEDULE)
    exact, sign, scale, schedule = (
        make_key(momentum, level_form(form, level).digest, level.value) for level in levels
    )
    return exact, sign, scale, schedule


class KeyIndex(Generic[EntryT]):
    """Entries by the key of an optimizer; the first entry of a key stays."""

    def __init__(self) -> None:
        self._entries: dict[str, EntryT] = {}

    def find(self, fingerprint: Fingerprint) -> EntryT | None:
        """Return the entry of an optimizer, or ``None``."""
        return self._entries.get(fingerprint.key)

    def add(self, fingerprint: Fingerprint, entry: EntryT) -> None:
        """Add an entry, unless the optimizer has one already."""
        self._entries.setdefault(fingerprint.key, entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self._entries.values())


class NearIndex(Generic[EntryT]):
    """Entries by float32 values: of those that cannot be told apart, the first that was added.

    Values are compared only if their summaries are close, as those of indistinguishable optimizers are.
    """

    def __init__(self) -> None:
        self._exact: dict[str, EntryT] = {}
        self._rows: dict[Momentum, list[tuple[float, int, Fingerprint, EntryT]]] = {}

    def find(self, fingerprint: Fingerprint) -> EntryT | None:
        """Return the entry of an optimizer, or ``None``."""
        if fingerprint.key in self._exact:
            return self._exact[fingerprint.key]
        rows = self._rows.get(fingerprint.momentum, [])
        summary = fingerprint.summary()
        width = 1.01 * TOLERANCE * summary + float(np.finfo(np.float32).tiny)
        low = bisect_left(rows, summary - 2 * width, key=_summary)
        high = bisect_right(rows, summary + 2 * width, key=_summary)
        near = sorted(rows[low:high], key=lambda row: row[1])
        return next((entry for _, _, other, entry in near if _not_told_apart(other, fingerprint)), None)

    def add(self, fingerprint: Fingerprint, entry: EntryT) -> None:
        """Add an entry, unless the optimizer has one already."""
        if self.find(fingerprint) is not None:
            return
        self._exact[fingerprint.key] = entry
        rows = self._rows.setdefault(fingerprint.momentum, [])
        row = (fingerprint.summary(), len(self._exact), fingerprint, entry)
        rows.insert(bisect_right(rows, row[0], key=_summary), row)

    def __len__(self) -> int:
        return len(self._exact)

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self._exact.values())


class Overlay(Generic[EntryT]):
    """Entries for a while: those of an index, and new ones that the index does not get.

    Args:
        below: the index, which stays as it is.
        above: an empty one of the same kind, for what is added.
    """

    def __init__(self, below: Index, above: Index) -> None:
        self._below = below
        self._above = above

    def find(self, fingerprint: Fingerprint) -> EntryT | None:
        """Return the entry of an optimizer, or ``None``."""
        found: EntryT | None = self._below.find(fingerprint)
        return self._above.find(fingerprint) if found is None else found

    def add(self, fingerprint: Fingerprint, entry: EntryT) -> None:
        """Add an entry, unless the optimizer has one already."""
        if self._below.find(fingerprint) is None:
            self._above.add(fingerprint, entry)

    def __len__(self) -> int:
        return len(self._below) + len(self._above)

    def __iter__(self) -> Iterator[EntryT]:
        yield from self._below
        yield from self._above


Index: TypeAlias = KeyIndex[Any] | NearIndex[Any] | Overlay[Any]
"""Entries by optimizer, as :meth:`Fingerprints.index` makes one."""


def _not_told_apart(a: Fingerprint, b: Fingerprint) -> bool:
    if not indistinguishable(a.values, b.values):
        return False
    # Where a sign or a maximum changes over, two rules may differ for a few entries in ten thousand.
    return a.rule is None or b.rule is None or find_float32_counterexample(a.rule, b.rule) is None


def _summary(row: tuple[float, int, Fingerprint, Any]) -> float:
    return row[0]


def catalog_index(prints: Fingerprints) -> Index:
    """Return the names of the catalog's optimizers by fingerprint, to recognize what a search finds again.

    With ``off`` there is no level, and texts are compared.
    """
    index = prints.index()
    for entry in catalog.entries():
        if isinstance(entry, Rule):
            index.add(prints.of(entry), entry.name)
    return index
