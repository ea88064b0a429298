"""Fingerprints of what a store has: keys are read, and computed where it has none that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nos_sym.search.fingerprints import Fingerprint, Fingerprints
from nos_sym.search.settings import Dedup
from nos_sym.search.store.scores import Score
from nos_sym.search.store.store import Store

_AT_ONCE = 1000
"""Evaluations whose rules are read at once."""


def fingerprints_of(
    store: Store, scores: Iterable[Score], fingerprints: Fingerprints
) -> Iterator[tuple[Score, Fingerprint]]:
    """Yield those evaluations that have a rule with its fingerprint, in their order.

    Args:
        store: the store that has them.
        scores: the evaluations.
        fingerprints: what counts as the same optimizer.
    """
    dedup, exact = fingerprints.dedup, fingerprints.dedup is Dedup.EXACT and not fingerprints.almost
    kept = {} if exact or fingerprints.almost else store.level_keys(dedup.value)
    batch: list[tuple[Score, Fingerprint | None]] = []
    unknown: list[int] = []
    for score in scores:
        if score.key is None:
            continue
        found = fingerprints.from_keys(score.text, score.key, score.key if exact else kept.get(score.key))
        batch.append((score, found))
        if found is None:
            unknown.append(score.id)
        if len(unknown) >= _AT_ONCE:
            yield from _completed(store, batch, unknown, fingerprints)
            batch, unknown = [], []
    yield from _completed(store, batch, unknown, fingerprints)


def _completed(
    store: Store,
    batch: list[tuple[Score, Fingerprint | None]],
    unknown: list[int],
    fingerprints: Fingerprints,
) -> Iterator[tuple[Score, Fingerprint]]:
    rules = store.evaluations_numbered(unknown) if unknown else {}
    for score, found in batch:
        if found is not None:
            yield score, found
        elif rules[score.id].rule is not None:
            yield score, fingerprints.of(rules[score.id].read_rule())
