"""What was answered and not trained: every answer of a run, with the level at which it holds and why.

A search answers a candidate by another's training where both count as the same optimizer. What they are to
each other is found anew from their texts, and not taken from what the run wrote: the finest level at which
the algebra proves them equal, with the identities that carry both to one form, or the measurement that took
them for the same. An answer that this version can show at no level is said to be unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from nos_sym.algebra.equivalence import Derivation, compare, derive
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Indistinguishable
from nos_sym.errors import NosSymError
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.slots import slot_from_text
from nos_sym.search.store.scores import Score
from nos_sym.search.store.store import Run, Store

TEXT, MEASURED, UNKNOWN = "text", "float32", "unknown"
"""Levels beside those of the algebra: the same words, a measurement, nothing that this version can show."""

_PROVED = (Level.EXACT, Level.SIGN, Level.SCALE, Level.SCHEDULE)
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two texts count as the same optimizer.

    Attributes:
        level: ``text``, the finest level at which they are proved equal, ``float32`` or ``unknown``.
        almost: whether they differ on a null set of histories, as where a gradient is exactly zero.
        by: identities that carry them to one form, by name with both sides; of a measurement, what it was.
        assumes: what is taken not to be zero.
        zeros: at level ``schedule``, at how many steps the factors that differ may be zero or singular.
    """

    level: str
    almost: bool = False
    by: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    zeros: int | None = None

    @property
    def is_proved(self) -> bool:
        """Whether both are one optimizer by algebra, or by their very words."""
        return self.level not in (MEASURED, UNKNOWN)

    def __str__(self) -> str:
        if self.level == TEXT:
            return "the same text"
        if self.level == UNKNOWN:
            return "this version shows no equality"
        if self.level == MEASURED:
            return "; ".join(("measured and not proved", *self.by))
        by = "; ".join(self.by) or "its definition alone"
        where = "".join(f", where {x} is not zero" for x in self.assumes)
        where += f", but for {self.zeros} steps at most" if self.zeros else ""
        return f"proved equal by {by}{where}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A candidate that was not trained, because another evaluation answered it.

    Attributes:
        run, slot, draw: which candidate of which run.
        kind: ``answered`` by the archive, or ``redrawn``, because its particle had it.
        text: the candidate.
        original: what it was answered by; empty where that is not in the store.
        of_run, of_slot: the evaluation that answered; ``None`` where a particle started there untrained.
        fitness: what it answered; ``None`` for no fitness.
        reason: why both count as the same.
    """

    run: int
    slot: str
    draw: int
    kind: str
    text: str
    original: str
    of_run: int | None
    of_slot: str | None
    fitness: float | None
    reason: Reason

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self) | {"proved": self.reason.is_proved}


def answers_of(store: Store, run: Run) -> Iterator[Answer]:
    """Yield the answers of a run in the order of their slots.

    Args:
        store: the store.
        run: a run of it; one that is no search of this program has none.
    """
    rows = store.duplicates(run.id)
    numbers = {row[5] for row in rows if row[5] is not None}
    originals: dict[int, Score] = {e.id: e for e in store.scores(numbers=numbers)} if numbers else {}
    starts: dict[int | None, str] = {move[0]: move[2] for move in store.moves(run.id) if move[1] == 0}
    said = json.loads(run.settings).get("dedup")
    measures = said == Level.FLOAT32.value
    for slot, draw, kind, text, _, number in rows:
        found = None if number is None else originals.get(number)
        # Without an evaluation it is where its particle started, which may not have been trained.
        original = starts.get(_particle(slot), "") if found is None else found.text
        yield Answer(
            run.id,
            slot,
            draw,
            kind,
            text,
            original,
            None if found is None else found.run,
            None if found is None else found.slot,
            None if found is None else found.fitness,
            reason_of(text, original, measured=measures),
        )


@lru_cache(maxsize=_KEPT)
def reason_of(text: str, original: str, *, measured: bool = False) -> Reason:
    """Return why two texts count as the same optimizer.

    Args:
        text: one rule.
        original: the other.
        measured: whether a measurement may be the reason; it is made where nothing is proved.
    """
    if text == original:
        return Reason(TEXT)
    try:
        a, b = parse(text), parse(original)
        if not isinstance(a, Rule) or not isinstance(b, Rule) or a.momentum is not b.momentum:
            return Reason(UNKNOWN)
        for almost in (False, True):
            for level in _PROVED:
                first, second = (derive(rule, level, almost=almost) for rule in (a, b))
                if first.digest == second.digest:
                    return _proved(level, almost, first, second)
        verdict = compare(a, b, Level.FLOAT32) if measured else None
    except NosSymError:
        # A text of another version, or one whose operation a plug-in took with it.
        return Reason(UNKNOWN)
    if isinstance(verdict, Indistinguishable):
        told = f"{verdict.samples:,} samples in float32, {verdict.distance:.2g} apart at most"
        return Reason(MEASURED, by=(told,))
    return Reason(UNKNOWN)


def _proved(level: Level, almost: bool, first: Derivation, second: Derivation) -> Reason:
    identities = {i.name: i for i in (*first.identities, *second.identities)}.values()
    by = tuple(
        f"{i.name}: {i.left} = {i.right}{f' where {i.condition}' if i.condition else ''}" for i in identities
    )
    assumes = tuple(dict.fromkeys(text for _, text in (*first.assumed, *second.assumed)))
    zeros = max(first.zeros, second.zeros) if level is Level.SCHEDULE else None
    return Reason(level.value, almost, by, assumes, zeros)


def _particle(slot: str) -> int | None:
    try:
        return slot_from_text(slot).particle
    except NosSymError:
        return None
