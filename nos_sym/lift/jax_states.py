"""States of a lifted rule: counts become the step, constants vanish, kinds follow from what they read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nos_sym.language.kind import Kind
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_sizes import renamed
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import StateRecord
from nos_sym.lift.term import NAME, OPAQUE, Term, walk


@dataclass(frozen=True, slots=True)
class State:
    """A state before its kind is known.

    Attributes:
        name: the original's.
        shared: whether it is one for all parameters.
        axes: of the parameter that it runs over.
        whole: whether it is a whole number.
        start: before the first step.
        new: after a step.
    """

    name: str
    shared: bool
    axes: frozenset[int]
    whole: bool
    start: Term
    new: Term


@dataclass(frozen=True, slots=True)
class Rule:
    """What a step computes.

    Attributes:
        weight: the new one.
        states: that are kept.
        records: the same with their kinds, once they are known.
        conditions: of the decisions that lead to it, which may read states.
    """

    weight: Term
    states: tuple[State, ...]
    records: tuple[StateRecord, ...] = ()
    conditions: tuple[Term, ...] = ()

    def mapped(self, function: Callable[[Term], Term]) -> Rule:
        """Return the rule with a function of each term."""
        states = tuple(replace(s, start=function(s.start), new=function(s.new)) for s in self.states)
        records = tuple(replace(s, start=function(s.start), new=function(s.new)) for s in self.records)
        return Rule(function(self.weight), states, records, tuple(map(function, self.conditions)))

    def is_same(self, other: Rule) -> bool:
        """Return whether two rules are the same terms."""

        def told(rule: Rule) -> list[object]:
            found: list[object] = [id(rule.weight)]
            for s in rule.records:
                found += [s.name, s.kind, id(s.start), id(s.new)]
            return found

        return told(self) == told(other)


def settled(making: Making, rule: Rule, rank: int) -> Rule:
    """Return a rule with the kinds of its states, without counts and constants.

    Raises:
        LiftError: a state that the language does not have.
    """
    rule, counts = _without_counts(making, rule)
    rule = _without_constants(making, rule)
    moving = {s.name: s for s in rule.states}
    of_data = {s.name for s in rule.states if not s.shared}
    changed = True
    while changed:
        more = {n for n, s in moving.items() if n not in of_data and _reads(s.new) & (of_data | {"g", "w"})}
        changed, of_data = bool(more), of_data | more
    for s in rule.states:
        if s.shared and _reads(s.start) & {"g", "w"}:
            of_data |= {s.name}
    records = tuple(StateRecord(s.name, _kind(s, rank, of_data), s.start, s.new) for s in rule.states)
    found = replace(rule, records=records)
    return _with_global_count(making, found, counts)


def _reads(term: Term) -> set[str]:
    return {x.name for x in walk(term) if x.operation == NAME}


def _without_counts(making: Making, rule: Rule) -> tuple[Rule, list[str]]:
    """Return a rule that reads ``t`` in place of states that count steps, and their names."""
    names = []
    step = {}
    for s in rule.states:
        leaf = making.terms.leaf(s.name)
        up = making.add(leaf, making.number(1))
        if s.shared and s.start.is_number and s.new is up:
            names.append(s.name)
            step[s.name] = making.add(making.terms.leaf("t"), s.start)
    kept = replace(rule, states=tuple(s for s in rule.states if s.name not in step))
    return kept.mapped(lambda x: renamed(making, x, step)), names


def _without_constants(making: Making, rule: Rule) -> Rule:
    """Return a rule without states that stay what they were, or have one value from the second step on."""
    while True:
        for s in rule.states:
            leaf = making.terms.leaf(s.name)
            if s.new is leaf and not _reads(s.start) & {"w", "g", "lr"}:
                value = s.start
            elif s.start.is_number and s.new.is_number:
                first = making.equal(making.terms.leaf("t"), making.number(0))
                value = making.where(first, s.start, s.new)
            else:
                continue
            kept = replace(rule, states=tuple(x for x in rule.states if x is not s))
            named, told = {s.name: value}, kept
            rule = told.mapped(lambda x, n=named: renamed(making, x, n))  # type: ignore[misc]
            break
        else:
            return rule


def _kind(s: State, rank: int, of_data: set[str]) -> Kind:
    if s.shared:
        if s.axes:
            raise LiftError(f"the state '{s.name[1:]}' of all parameters is no number")
        return Kind.GLOBAL if s.name in of_data else Kind.STEP
    if len(s.axes) == rank:
        return Kind.TENSOR
    if not s.axes:
        return Kind.SCALAR
    if s.axes == frozenset(range(rank)) - {rank - 1}:
        return Kind.ROW
    if s.axes == frozenset(range(rank)) - {rank - 2}:
        return Kind.COLUMN
    raise LiftError(
        f"the state '{s.name[1:]}' runs over axes {sorted(s.axes)} of {rank}; expected rows or columns"
    )


def _with_global_count(making: Making, rule: Rule, counts: list[str]) -> Rule:
    """Return a rule whose numbers for all parameters read a count of their own, and no ``t``."""
    shared = [s for s in rule.records if s.kind is Kind.GLOBAL]
    steps = {s.name for s in rule.records if s.kind is Kind.STEP}
    reads = set().union(*(_reads(s.new) | _reads(s.start) for s in shared)) if shared else set()
    if not reads & ({"t"} | steps):
        return rule
    records = [replace(s, kind=Kind.GLOBAL) if s.name in steps else s for s in rule.records]
    name = counts[0] if counts else "$count"
    count = making.terms.leaf(name)
    found = replace(rule, records=tuple(records)).mapped(lambda x: renamed(making, x, {"t": count}))
    one = StateRecord(name, Kind.GLOBAL, making.number(0), making.add(count, making.number(1)))
    return replace(found, records=(*found.records, one))


def opaque_in(rule: Rule) -> str | None:
    """Return what no handler knew in a rule, ``None`` where all of it is known."""
    roots = [rule.weight, *(x for s in rule.records for x in (s.start, s.new))]
    told = [x.name for x in walk(*roots) if x.operation == OPAQUE]
    named = [x for x in told if "line" in x]
    return (named or told)[0] if told else None
