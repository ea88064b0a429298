"""Which states of a system read which, and which read each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nos_sym.language.system import Recursion

Reads = dict[Recursion, list[Recursion]]
"""Each state to those that its new value reads."""


def reached(found: list[Recursion], reads: Reads) -> set[Recursion]:
    """Return states, those that they read, and so on."""
    seen: set[Recursion] = set()
    waiting = list(found)
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            waiting += reads[state]
    return seen


def groups(states: Sequence[Recursion], reads: Reads) -> Iterator[list[Recursion]]:
    """Yield states that read each other together, after those that they read."""
    below = {s: reached(reads[s], reads) for s in states}
    done: set[Recursion] = set()
    for state in sorted(states, key=lambda s: len(below[s])):
        if state not in done:
            group = [t for t in states if t is state or (t in below[state] and state in below[t])]
            done.update(group)
            yield group
