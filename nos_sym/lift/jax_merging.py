"""Fewer ways: branches that change nothing, and ways of fewer axes that are those of matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nos_sym.language.kind import Kind
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_asking import Key
from nos_sym.lift.jax_paths import Way
from nos_sym.lift.jax_sizes import renamed
from nos_sym.lift.jax_states import Rule
from nos_sym.lift.jax_tidying import of_rank, tidied
from nos_sym.lift.path import Decision, Path, StateRecord
from nos_sym.lift.term import NAME, Term

_OF_ONE_ROW = {Kind.TENSOR: Kind.TENSOR, Kind.COLUMN: Kind.TENSOR, Kind.ROW: Kind.SCALAR}


def merged(making: Making, ways: Sequence[Way]) -> list[Way]:
    """Return ways without the branches of which one side is the other one at a number.

    ``if weight_decay != 0: g = g + weight_decay * w`` is ``g + weight_decay * w`` on both sides.
    """
    left = list(ways)
    found = True
    while found:
        found = False
        for x in left:
            for y in left:
                one = _one_of(making, x, y)
                if one is not None:
                    left = [z for z in left if z is not x and z is not y] + [one]
                    found = True
                    break
            if found:
                break
    return left


def _one_of(making: Making, x: Way, y: Way) -> Way | None:
    """Return the one way of two that part at one branch, where ``x`` holds at a number alone."""
    key = _parting(x, y)
    if key is None:
        return None
    decision = dict(x.decisions)[key]
    kept = replace(y, decisions=tuple(d for d in y.decisions if d[0] != key))
    if x.rule.is_same(y.rule):
        return kept
    at = _only_value(making, decision)
    if at is None:
        return None
    special = y.rule.mapped(lambda term: renamed(making, term, at))
    return kept if special.is_same(x.rule.mapped(lambda term: renamed(making, term, at))) else None


def _parting(x: Way, y: Way) -> Key | None:
    """Return the only branch at which two ways part."""
    mine, other = dict(x.decisions), dict(y.decisions)
    if mine.keys() != other.keys():
        return None
    differ = [key for key in mine if mine[key].taken is not other[key].taken]
    same = all(mine[key].condition is other[key].condition for key in mine)
    return differ[0] if len(differ) == 1 and same else None


def _only_value(making: Making, decision: Decision) -> Mapping[str, Term] | None:
    """Return the name of which a decision says that it is a number."""
    x = decision.condition
    if x.operation == "equal" and decision.taken:
        for name, number in (x.operands, x.operands[::-1]):
            if name.operation == NAME and number.is_number:
                return {name.name: number}
    return None


def over_ranks(making: Making, ways: Mapping[int, Sequence[Way]]) -> list[Path]:
    """Return paths of all numbers of axes; where the rule of a matrix says them all, it is that rule."""
    ranks = sorted(ways, reverse=True)
    chosen = {rank: list(ways[rank]) for rank in ranks}
    for i, rank in enumerate(ranks):
        for above in ranks[:i]:
            joined = [_as_of(making, way, rank, ways[above]) for way in ways[rank]]
            if all(x is not None for x in joined):
                chosen[rank] = [x for x in joined if x is not None]
                break
    tidy: dict[int, Term] = {}

    def tidied_once(term: Term) -> Term:
        if id(term) not in tidy:
            tidy[id(term)] = tidied(making, term)
        return tidy[id(term)]

    found = []
    for rank in sorted(ways):
        for way in chosen[rank]:
            rule = way.rule.mapped(tidied_once)
            decisions = tuple(replace(d, condition=tidied_once(d.condition)) for _, d in way.decisions)
            found.append(Path(decisions, rule.weight, rule.records, rank))
    return found


def _as_of(making: Making, way: Way, rank: int, above: Sequence[Way]) -> Way | None:
    """Return a way with the rule of one of more axes that is its own, for its number of axes."""
    told = _told(making, way, rank)
    for other in above:
        if _told(making, other, rank) == told and _kinds_fit(way.rule, other.rule, rank):
            return replace(way, rule=other.rule)
    return None


def _told(making: Making, way: Way, rank: int) -> list[object]:
    """Return what tells rules of a number of axes apart."""

    def at(term: Term) -> int:
        return id(tidied(making, of_rank(making, term, rank)))

    found: list[object] = [at(way.rule.weight)]
    for s in sorted(way.rule.records, key=lambda s: s.name):
        found += [s.name, at(s.start), at(s.new)]
    return found


def _kinds_fit(low: Rule, high: Rule, rank: int) -> bool:
    kinds: dict[str, StateRecord] = {s.name: s for s in low.records}
    for s in high.records:
        kind = kinds[s.name].kind
        if s.kind in (Kind.GLOBAL, Kind.STEP) or kind in (Kind.GLOBAL, Kind.STEP):
            if kind is not s.kind:
                return False
        elif rank == 1 and kind is not _OF_ONE_ROW.get(s.kind, Kind.SCALAR):
            return False
    return True
