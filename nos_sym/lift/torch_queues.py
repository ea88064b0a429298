"""PyTorch: lists of an optimizer that grow by one entry a step up to a fixed length, such as gradients kept.

Such a list of ``n`` entries is ``n`` states: what was put in one step ago, two steps ago and so on. Until it
is full a state that is not there yet is 0, and nothing reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nos_sym.lift.lifted import LiftError
from nos_sym.lift.torch_places import Key, Place
from nos_sym.lift.torch_states import differ

MOST = 20
"""Entries of such a list; each is a state as large as what is kept."""

_QUIET = 3
"""Steps without growth after which a list is full."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A list that is full after some steps.

    Attributes:
        length: how many entries it has then.
        newest_last: whether entries are added at the end.
    """

    length: int
    newest_last: bool = True


def lengths(keys: Sequence[Key]) -> dict[Key, int]:
    """Return how many entries each list has, by where it is."""
    found: dict[Key, int] = {}
    for key in keys:
        if key[-1].isdigit():
            found[key[:-1]] = found.get(key[:-1], 0) + 1
    return found


def grow(rows: Sequence[Mapping[Key, Any]]) -> bool:
    """Return whether some list has not the length that it had after the first step."""
    first = lengths([*rows[1]])
    return any(lengths([*row]) != first for row in rows[2:])


def are_full(rows: Sequence[Mapping[Key, Any]]) -> bool:
    """Return whether all lists keep their length, or have been watched for long enough."""
    last = [lengths([*row]) for row in rows[-_QUIET:]]
    return len(rows) > MOST + _QUIET or all(x == last[0] for x in last)


def queues_of(rows: Sequence[Mapping[Key, Any]]) -> dict[Key, Queue]:
    """Return the lists that grow to a fixed length.

    Args:
        rows: what an optimizer kept before its first step, and after each.

    Raises:
        LiftError: a list grows otherwise than by one entry a step, or to more entries.
    """
    counts = [lengths([*row]) for row in rows]
    found: dict[Key, Queue] = {}
    for place in {place for row in counts[1:] for place in row}:
        own = [row.get(place, 0) for row in counts]
        if len(set(own[1:])) == 1:
            continue
        full = own[-1]
        if full > MOST or any(n != min(k, full) for k, n in enumerate(own) if k):
            raise LiftError(
                f"the state {place[-1]} of the original has more values after some steps than after the "
                "first; expected states whose number does not change, or one more a step up to at most "
                f"{MOST}"
            )
        found[place] = Queue(full, not _newest_first(place, full, rows))
    return found


def _newest_first(place: Key, full: int, rows: Sequence[Mapping[Key, Any]]) -> bool:
    def entries(row: Mapping[Key, Any]) -> list[Any]:
        return [row[*place, str(i)] for i in range(full)]

    whole = [entries(row) for row in rows[full:]]

    def shifted(up: bool) -> bool:
        for old, new in pairwise(whole):
            pairs = zip(old[:-1], new[1:], strict=True) if up else zip(old[1:], new[:-1], strict=True)
            if any(differ(x, y) for x, y in pairs):
                return False
        return True

    return shifted(True) and not shifted(False)


def aged(found: Mapping[Key, Place], queues: Mapping[Key, Queue]) -> dict[Key, Place]:
    """Return what an optimizer keeps with entries of queues named by the steps since they were put in."""
    if not queues:
        return dict(found)
    counts = lengths([*found])
    named: dict[Key, Place] = {}
    for key, place in found.items():
        queue = queues.get(key[:-1])
        if queue is not None:
            index = int(key[-1])
            age = counts[key[:-1]] - index if queue.newest_last else index + 1
            key = (*key[:-1], str(age))
        named[key] = place
    return named


def ages(queues: Mapping[Key, Queue]) -> dict[Key, int]:
    """Return the states that queues are, with the steps since each was put in."""
    return {(*place, str(k)): k for place, queue in queues.items() for k in range(1, queue.length + 1)}
