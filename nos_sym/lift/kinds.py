"""What kinds states have, once all paths are known, and states that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import leaves_of, replaced
from nos_sym.lift.facts import Facts
from nos_sym.lift.names import Names
from nos_sym.lift.path import Path, StateRecord
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.trees import Node, simplified, tree_of

_NOT_OF_STEP = frozenset(("g", "w", "rows", "cols", "size", "rank", "first_axis", "second_axis"))
_ONE_NUMBER = (Kind.SCALAR, Kind.GLOBAL, Kind.STEP)
SIDES = {Kind.ROW: "row", Kind.COLUMN: "col", Kind.SCALAR: "scalar"}
"""Ends of names of states that are of another kind for parameters with other numbers of axes."""


def apart(paths: Sequence[Path], terms: Terms, named: Names, originals: dict[str, str]) -> list[Path]:
    """Return paths whose states have a name of their own for each kind.

    Args:
        paths: of all numbers of axes.
        terms: the maker of terms.
        named: makes names that nothing else has.
        originals: what the original calls states; new names are added.
    """
    kinds: dict[str, dict[Kind, int]] = {}
    for path in sorted(paths, key=lambda p: -p.rank):
        for state in path.states if path.rank else ():
            kinds.setdefault(state.name, {})[state.kind] = path.rank
    own: dict[tuple[str, Kind], str] = {}
    for name, found in kinds.items():
        for kind in found if len(found) > 1 else ():
            own[name, kind] = named.state(f"{name}_{SIDES[kind]}") if kind in SIDES else name
            originals[own[name, kind]] = originals.get(name, name)
    return [_renamed(path, kinds, own, terms) for path in paths] if own else list(paths)


def _renamed(
    path: Path, kinds: dict[str, dict[Kind, int]], own: dict[tuple[str, Kind], str], terms: Terms
) -> Path:
    put: dict[Term, Term] = {}
    states = []
    for state in path.states:
        kind = state.kind
        if path.rank == 0 and state.name in kinds:
            # A parameter of one entry keeps what that of the fewest axes keeps.
            kind = min(kinds[state.name].items(), key=lambda row: row[1])[0]
        name = own.get((state.name, kind), state.name)
        put[terms.leaf(state.name)] = terms.leaf(name)
        states.append(StateRecord(name, kind, state.start, state.new))

    def new(term: Term) -> Term:
        return replaced(terms, term, put)

    made = tuple(StateRecord(s.name, s.kind, new(s.start), new(s.new)) for s in states)
    decisions = tuple(d.renamed(new) for d in path.decisions)
    return Path(decisions, new(path.weight), made, path.rank)


def settled(paths: Sequence[Path], terms: Terms, settings: Sequence[str] = ()) -> list[Path]:
    """Return paths whose states have one kind each, without those that never change.

    A single number of a step that reads no data is of kind ``step``; for parameters without axes a state has
    the kind that it has for others. A state that keeps its start, made of settings alone, is that value.
    """
    return _of_one_kind(_without_constants(_without_placeholders(paths, terms), terms, settings), terms)


def _without_placeholders(paths: Sequence[Path], terms: Terms) -> list[Path]:
    """Return paths without states that some number of axes does not use, and others have with another kind.

    Keras keeps a single 0 in the place of rows and columns where a parameter has none.
    """
    kinds: dict[str, set[Kind]] = {}
    used: set[tuple[int, str]] = set()
    for path in paths:
        used |= {(path.rank, name) for name in _read([path])}
        for state in path.states:
            kinds.setdefault(state.name, set()).add(state.kind)
            if state.new is not terms.leaf(state.name) and state.new is not state.start:
                used.add((path.rank, state.name))
    return [
        replace(
            path,
            states=tuple(s for s in path.states if len(kinds[s.name]) == 1 or (path.rank, s.name) in used),
        )
        for path in paths
    ]


def _without_constants(paths: Sequence[Path], terms: Terms, settings: Sequence[str]) -> list[Path]:
    starts: dict[str, set[Term]] = {}
    moving: set[str] = set()
    for path in paths:
        for state in path.states:
            leaf = terms.leaf(state.name)
            if state.new is not leaf and state.new is not state.start:
                moving.add(state.name)
            starts.setdefault(state.name, set()).add(state.start)
    constant = {
        name: next(iter(found))
        for name, found in starts.items()
        if name not in moving and len(found) == 1 and all(leaves_of(x) <= set(settings) for x in found)
    }
    read = _read(paths)
    idle = {name for name in starts if name not in moving and name not in read}
    put = {terms.leaf(name): start for name, start in constant.items()}
    gone = constant.keys() | idle
    return [_replaced(path, put, gone, terms) for path in paths]


def _read(paths: Sequence[Path]) -> set[str]:
    """Return what paths read, but for states that keep themselves."""
    found: set[str] = set()
    for path in paths:
        roots = [path.weight, *(d.condition for d in path.decisions)]
        found |= leaves_of(*roots, *(s.new for s in path.states if s.new.name != s.name))
    return found


def _replaced(path: Path, put: dict[Term, Term], gone: set[str], terms: Terms) -> Path:
    def new(term: Term) -> Term:
        return replaced(terms, term, put)

    states = tuple(
        StateRecord(s.name, s.kind, new(s.start), new(s.new)) for s in path.states if s.name not in gone
    )
    decisions = tuple(d.renamed(new) for d in path.decisions)
    return Path(decisions, new(path.weight), states, path.rank)


def _of_one_kind(paths: Sequence[Path], terms: Terms) -> list[Path]:
    kinds: dict[str, Kind] = {}
    for path in sorted(paths, key=lambda p: -p.rank):
        for state in path.states:
            kinds.setdefault(state.name, state.kind)
    rank_zero = {s.name for p in paths if p.rank == 0 for s in p.states}
    other = {s.name for p in paths if p.rank > 0 for s in p.states}
    for name in rank_zero - other:
        kinds[name] = Kind.TENSOR if kinds[name] is Kind.SCALAR else kinds[name]
    own = {(p.rank, s.name): s.kind for p in paths for s in p.states}
    steps = _of_step(paths, {name for name, kind in kinds.items() if kind in _ONE_NUMBER}, terms)

    def kind(state: StateRecord, rank: int) -> Kind:
        if state.name in steps:
            return Kind.STEP
        return kinds[state.name] if rank == 0 else own[rank, state.name]

    return [
        Path(
            p.decisions,
            p.weight,
            tuple(StateRecord(s.name, kind(s, p.rank), s.start, s.new) for s in p.states),
            p.rank,
        )
        for p in paths
    ]


def _of_step(paths: Sequence[Path], candidates: set[str], terms: Terms) -> set[str]:
    """Return the states that nothing but the step, settings and each other changes."""
    names = {s.name for p in paths for s in p.states}
    reads = {name: _asked(paths, name, terms) for name in candidates}
    for path in paths:
        for state in path.states:
            if state.name in candidates:
                reads[state.name] |= leaves_of(state.start, state.new)
    steps = set(candidates)
    while True:
        gone = {n for n in steps if reads[n] & _NOT_OF_STEP or (reads[n] & names) - steps}
        if not gone:
            return steps
        steps -= gone


def _asked(paths: Sequence[Path], name: str, terms: Terms) -> set[str]:
    """Return what is read by the conditions that decide what a state becomes; others are left out."""
    found: set[str] = set()
    for rank in {p.rank for p in paths}:
        own = [Path(p.decisions, _new(p, name, terms), (), rank) for p in paths if p.rank == rank]
        waiting = [simplified(tree_of(own), Facts(), terms)]
        while waiting:
            tree = waiting.pop()
            if isinstance(tree, Node):
                found |= leaves_of(tree.condition)
                waiting += [tree.yes, tree.no]
    return found


def _new(path: Path, name: str, terms: Terms) -> Term:
    return next((s.new for s in path.states if s.name == name), terms.leaf(name))
