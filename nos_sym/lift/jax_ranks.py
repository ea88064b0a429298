"""Ways of parameters with fewer axes that are those of matrices, so that one rule says both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_paths import Way, Ways
from nos_sym.lift.jax_tidying import of_rank, tidied
from nos_sym.lift.term import Term


def of_more_axes(making: Making, found: Mapping[int, Ways], rank: int) -> tuple[Way, ...]:
    """Return the ways of a number of axes with rules of more axes, where all of them become theirs.

    A matrix of one row is a vector, and one of one entry a number. The kinds of states are those for
    the number of axes.
    """
    for above in sorted((other for other in found if other > rank), reverse=True):
        joined = [_as_of(making, way, rank, found[above]) for way in found[rank].ways]
        if all(way is not None for way in joined):
            return tuple(way for way in joined if way is not None)
    return found[rank].ways


def _as_of(making: Making, way: Way, rank: int, above: Ways) -> Way | None:
    own = _told(making, way, rank)
    for other in above.ways:
        if _told(making, other, rank) == own:
            records = {s.name: s for s in other.rule.records}
            kept = tuple(
                replace(s, start=records[s.name].start, new=records[s.name].new) for s in way.rule.records
            )
            return replace(way, rule=replace(other.rule, records=kept))
    return None


def _told(making: Making, way: Way, rank: int) -> list[object]:
    """Return what tells rules of a number of axes apart."""

    def at(term: Term) -> int:
        return id(tidied(making, of_rank(making, term, rank)))

    found: list[object] = [at(way.rule.weight)]
    for s in sorted(way.rule.records, key=lambda s: s.name):
        found += [s.name, at(s.start), at(s.new)]
    return found
