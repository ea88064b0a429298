"""PyTorch: states that a later step makes on some of its ways or takes away, as buffers of a phase.

Whether such a state is there is a state of its own, 0 or 1, which is asked for before a step. Where it is not
there the original's code makes it as it does, and where it is there its old value is that of a state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import torch

from nos_sym.errors import quoted
from nos_sym.lift.algebra_of_terms import leaves_of, replaced
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Decision, Path, StateRecord
from nos_sym.lift.recorder import Recorder
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.torch_changes import ReadAgainError
from nos_sym.lift.torch_places import Key, Place
from nos_sym.lift.torch_states import kept, putter, take_away
from nos_sym.lift.trees import restricted, simplified, tree_of

T = TypeVar("T")

MADE = "made"
"""Ends the place of the number that says whether a state is there."""


class LateError(ReadAgainError):
    """A state that a step after the first one makes or takes away.

    Args:
        key: where it is.
        whole: whether it is a tensor of the parameter's shape, and not a number.
    """

    def __init__(self, key: Key, whole: bool) -> None:
        super().__init__(key, "is made or taken away by a later step")
        self.whole = whole


def made_key(key: Key) -> Key:
    """Return the place of the number that says whether a state is there."""
    return (*key[:-1], f"{key[-1]}_{MADE}")


def check_late(
    before: Mapping[Key, Place], after: Mapping[Key, Place], known: Iterable[Key], shape: tuple[int, ...]
) -> None:
    """Find a state that is there before a step and not behind it, or the other way round.

    Args:
        before: what was there.
        after: what is there.
        known: places of which it is known, and those of other kinds.
        shape: of the parameter.

    Raises:
        LateError: there is one.
        LiftError: it is within a list or a table that is kept.
    """
    passed = {*known}
    for key in sorted(before.keys() ^ after.keys()):
        if key in passed or key[:-1] in passed:
            continue
        if len(key) > 2:
            raise _within(key)
        raise LateError(key, _is_whole((before.get(key) or after[key]).value, shape, key))


def _within(key: Key) -> LiftError:
    return LiftError(
        f"{quoted('.'.join(key[1:]))} of the original is there after some steps alone; expected lists and "
        "tables whose entries are made at the first step"
    )


def check_first(
    rows: Iterable[tuple[Sequence[Decision], Mapping[Key, bool]]],
    known: Collection[Key],
    constant: Collection[str],
) -> None:
    """Find a state that the first step makes on some of the ways that data decides.

    Args:
        rows: for each way its decisions, and the states that it made, each with whether it is a tensor of the
            parameter's shape.
        known: late states.
        constant: names of settings and sizes; what these decide is decided once for all steps.

    Raises:
        LateError: there is one.
        LiftError: it is within a list or a table that is kept.
    """
    for made, other in _pairs(rows, constant):
        for key in sorted(made.keys() ^ other.keys()):
            if key[0] != "state" or key in known or key[:-1] in known:
                continue
            if len(key) > 2:
                raise _within(key)
            raise LateError(key, (made if key in made else other)[key])


def check_lists(
    rows: Iterable[tuple[Sequence[Decision], Mapping[Key, Any]]],
    lists: Collection[Key],
    constant: Collection[str],
) -> None:
    """Refuse a list to which data gives another number of entries.

    Args:
        rows: for each way through one step its decisions, and the states behind it.
        lists: that grow up to a length.
        constant: names of what is decided once for a step.

    Raises:
        LiftError: there is one.
    """
    for one, other in _pairs(rows, constant):
        for key in sorted(k for k in one.keys() ^ other.keys() if k[:-1] in lists):
            raise LiftError(
                f"the list {quoted('.'.join(key[1:-1]))} of the original has more entries on some ways than "
                "on others; expected one more a step until it is full, and as many from then on"
            )


def _pairs(
    rows: Iterable[tuple[Sequence[Decision], Mapping[Key, T]]], constant: Collection[str]
) -> Iterator[tuple[Mapping[Key, T], Mapping[Key, T]]]:
    """Yield what two ways have that only data tells apart."""
    found: list[tuple[dict[Term, bool], Mapping[Key, T]]] = []
    for decisions, row in rows:
        own = {d.condition: d.taken for d in decisions if leaves_of(d.condition) <= {*constant}}
        for answers, other in found:
            if all(answers.get(condition, taken) is taken for condition, taken in own.items()):
                yield row, other
        if not any(own == answers and row.keys() == other.keys() for answers, other in found):
            found.append((own, row))


def asked_late(
    late: Mapping[Key, bool], optimizer: Any, parameter: Any, leaf: Any, recorder: Recorder
) -> None:
    """Let late states be there or not, as a way wants it.

    Args:
        late: their places, and whether each is a tensor of the parameter's shape.
        optimizer: that keeps them.
        parameter: of whose states.
        leaf: from a place to the term of its old value.
        recorder: answers.
    """
    for number, (key, whole) in enumerate(late.items()):
        there = key in kept(optimizer, parameter)
        name = quoted(".".join(key[1:]))
        condition = recorder.terms.apply("equal", leaf(made_key(key)), recorder.terms.number(0))
        wanted = not recorder.decide(condition, not there, where=f"{name} of the original")
        if wanted and not there:
            rng = np.random.default_rng((29, number))
            value = torch.tensor(rng.normal(size=tuple(parameter.shape))) if whole else float(rng.normal())
            putter(key[0], optimizer, parameter)(key[1], value)
        elif there and not wanted:
            take_away(key, optimizer, parameter)


def _is_whole(value: Any, shape: tuple[int, ...], key: Key) -> bool:
    """Return whether a late state is a tensor of the parameter's shape, and not a number.

    Raises:
        LiftError: it is neither.
    """
    if not isinstance(value, torch.Tensor):
        return False
    if tuple(value.shape) == shape:
        return True
    raise LiftError(
        f"{quoted('.'.join(key[1:]))} of the original, which a later step makes, has the shape "
        f"{tuple(value.shape)} for a parameter of {shape}; expected a number of Python or one for each entry"
    )


def without_made(
    first: Sequence[Path], later: Sequence[Path], names: Mapping[str, str], terms: Terms, facts: Facts
) -> tuple[list[Path], list[Path]]:
    """Return paths without numbers that say whether a state is there, where they change nothing.

    That is so where no step takes the state away, and a step that makes it does with 0 what it would do.

    Args:
        first: paths of the first step.
        later: those of the later ones.
        names: from late states to the numbers of whether they are there.
        terms: the maker of terms.
        facts: what is known of a later step.
    """
    for own, made in names.items():
        absent, there = (list(_of(later, made, taken, terms)) for taken in (True, False))
        after = [s.new for p in there for s in p.states if s.name == made]
        if not (absent and there and all(x.is_number and x.value == 1 for x in after)):
            continue
        put = {terms.leaf(own): terms.number(0)}
        record = next((s for p in there for s in p.states if s.name == own), None)
        if record is None:
            continue
        sides = [
            simplified(
                restricted(tree_of([_at(_filled(p, record, made), put, terms) for p in side]), facts),
                facts,
                terms,
            )
            for side in (absent, there)
        ]
        if sides[0].same(sides[1]):
            later = [_without(p, made) for p in there]
            first = [_without(p, made) for p in first]
    return list(first), list(later)


def _of(paths: Iterable[Path], made: str, taken: bool, terms: Terms) -> Iterator[Path]:
    condition = terms.apply("equal", terms.leaf(made), terms.number(0))
    for path in paths:
        answers = [d.taken for d in path.decisions if d.condition is condition]
        if answers == [taken]:
            rest = tuple(d for d in path.decisions if d.condition is not condition)
            yield replace(path, decisions=rest)


def _without(path: Path, made: str) -> Path:
    return replace(path, states=tuple(s for s in path.states if s.name != made))


def _filled(path: Path, record: StateRecord, made: str) -> Path:
    """Return a path with a state that it does not make, in a fixed order."""
    path = _without(path, made)
    states = {s.name: s for s in path.states}
    if record.name not in states:
        states[record.name] = replace(record, new=record.start)
    return replace(path, states=tuple(states[n] for n in sorted(states)))


def _at(path: Path, put: Mapping[Term, Term], terms: Terms) -> Path:
    def new(x: Term) -> Term:
        return replaced(terms, x, put)

    states = tuple(replace(s, new=new(s.new)) for s in path.states)
    decisions = tuple(d.renamed(new) for d in path.decisions)
    return replace(path, decisions=decisions, weight=new(path.weight), states=states)
