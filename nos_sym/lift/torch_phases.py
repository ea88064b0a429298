"""PyTorch: what a step changes of texts and truth values, such as a phase, are states of a few numbers.

Before a step is read off each of them is asked for, and has the plain value of the answer while it runs. So
whatever the original does with it, a comparison, a look-up, ``is``, it does on a way of its own. What is not
there is a value as others are: an entry that one step makes and another one looks for. So is a whole number
that is needed as a plain one, such as the place in a list where the next entry goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import OTHER, Recorder
from nos_sym.lift.scalars import Whole, is_number
from nos_sym.lift.torch_changes import ReadAgainError
from nos_sym.lift.torch_places import Key, Place
from nos_sym.lift.torch_states import STATE, kept, putter, take_away

MOST = 10
"""Values of one of them; each is a way of its own through a step."""


class _Absent:
    """What stands for no value."""

    def __repr__(self) -> str:
        return "not there"


ABSENT = _Absent()

Values = tuple[object, ...]
"""What a place may have; the number that stands for a value is its index here."""


class PhaseError(ReadAgainError):
    """A text or truth value that a step changes, or that is another one on some ways."""

    def __init__(self, key: Key, values: Sequence[object]) -> None:
        super().__init__(key, f"is {' or '.join(map(repr, values))}")
        self.values = values


def is_flag(x: object) -> bool:
    """Return whether a value is a text or a truth value, or none."""
    return x is None or isinstance(x, str | bool)


def flags(optimizer: Any, parameter: Any, phases: Mapping[Key, Values]) -> dict[Key, object]:
    """Return the texts and truth values that an optimizer keeps, and the numbers that are phases.

    In lists and tuples none is no value.
    """
    found = _places(optimizer, parameter, phases)
    return {k: _plain(k, p.value) for k, p in found.items() if p.value is not None or not k[-1].isdigit()}


def _places(optimizer: Any, parameter: Any, phases: Mapping[Key, Values]) -> dict[Key, Place]:
    found = kept(optimizer, parameter, lambda x: is_flag(x) or is_number(x))
    return {k: p for k, p in found.items() if k in phases or is_flag(p.value)}


def _plain(key: Key, value: Any) -> object:
    """Return a value without a term: a number of a few values is asked for.

    Raises:
        LiftError: it is a number that is not whole.
    """
    if not isinstance(value, float):
        return value
    if isinstance(value, Whole):
        return value.__index__()
    raise LiftError(
        f"{quoted('.'.join(key[1:]))} of the original is needed as a plain number, and is not whole; "
        "expected indices and counts"
    )


def check_flags(rows: Sequence[Mapping[Key, object]], phases: Mapping[Key, Values]) -> None:
    """Find texts and truth values that are not the same everywhere.

    Args:
        rows: what an optimizer keeps before a step and behind it, on all ways.
        phases: those that are known to change, with their values.

    Raises:
        PhaseError: there is another one, or another value.
    """
    first, *others = rows
    for key in dict.fromkeys(k for row in rows for k in row):
        known = phases.get(key)
        if known is None:
            value = first.get(key, ABSENT)
            if all(_same(value, row.get(key, ABSENT)) for row in others):
                continue
        for row in rows:
            value = row.get(key, ABSENT)
            if known is None or number_of(value, known) is None:
                raise PhaseError(key, [row.get(key, ABSENT) for row in rows])


def with_values(phases: Mapping[Key, Values], error: PhaseError) -> dict[Key, Values]:
    """Return what places may have, once more was seen.

    Raises:
        LiftError: these are too many, or no texts and truth values alone.
    """
    found = [*phases.get(error.key, ())]
    for value in error.values:
        if number_of(value, tuple(found)) is None:
            found.append(value)
    name = quoted(".".join(error.key[1:]))
    if len(found) > MOST:
        raise LiftError(f"{name} of the original has more than {MOST} values; expected a few")
    if len(error.key) > 2 and ABSENT in found:
        raise LiftError(
            f"{name} of the original is {found[0]!r} on some ways and {found[1]!r} on others, within "
            f"{quoted(error.key[-2])}; expected texts and truth values that are there from the first step on"
        )
    return {**phases, error.key: tuple(sorted(found, key=_order))}


def _order(value: object) -> tuple[int, int, str]:
    rank = 0 if value is ABSENT else 1 if value is None else 2 if isinstance(value, int) else 3
    return rank, int(value) if isinstance(value, int) else 0, str(value)


def _same(x: object, y: object) -> bool:
    return type(x) is type(y) and x == y


def number_of(value: object, values: Values) -> int | None:
    """Return the number that stands for a value, ``None`` where it is none of them.

    Truth values and whole numbers stand for themselves where there is nothing else, and where no two of them
    are the same number, as 1 and ``True`` are.
    """
    found = next((i for i, x in enumerate(values) if _same(value, x)), None)
    return int(value) if found is not None and isinstance(value, int) and _are_numbers(values) else found


def _are_numbers(values: Values) -> bool:
    """Return whether values are whole numbers or truth values, of which no two are the same number."""
    numbers = [int(x) for x in values if isinstance(x, int)]
    return len({*numbers}) == len(values)


def asked(
    phases: Mapping[Key, Values], optimizer: Any, parameter: Any, leaf: Any, recorder: Recorder
) -> None:
    """Let the texts and truth values of a parameter be what a way wants them to be.

    Args:
        phases: with their values.
        optimizer: that keeps them.
        parameter: of whose states; those that all parameters share are asked for with it.
        leaf: from a place to the term of its old value.
        recorder: answers.

    Raises:
        LiftError: one has other values than those that are known.
    """
    found = _places(optimizer, parameter, phases)
    for key, values in phases.items():
        here = _plain(key, found[key].value) if key in found else ABSENT
        index = number_of(here, values)
        if index is None and here is ABSENT:
            # Parameters with so many axes have none.
            continue
        name = quoted(".".join(key[1:]))
        new = values[-1]
        for value in values[:-1]:
            number = number_of(value, values)
            assert number is not None
            equal = recorder.terms.apply("equal", leaf(key), recorder.terms.number(number))
            if recorder.decide(equal, index == number, where=f"{name} of the original"):
                new = value
                break
        if _same(new, here):
            continue
        if len(key) == 2:
            _put(key, new, optimizer, parameter)
        elif key in found:
            found[key].put(new)
        else:
            raise LiftError(f"{name} of the original is not there after some steps; expected it at all")


def _put(key: Key, new: object, optimizer: Any, parameter: Any) -> None:
    root, name = key
    if new is ABSENT:
        take_away(key, optimizer, parameter)
    else:
        putter(root, optimizer, parameter)(name, new)


def said(phases: Mapping[Key, Values]) -> list[str]:
    """Return which number stands for which value, as texts for people."""
    return [
        f"{'.'.join(key[1:])} is {', '.join(f'{i} for {value!r}' for i, value in enumerate(values))}"
        for key, values in phases.items()
        if not _are_numbers(values)
    ]


def starts(
    phases: Mapping[Key, Values], before: Mapping[Key, object], made: Mapping[Key, object]
) -> dict[Key, int]:
    """Return the numbers that phases begin with: what the first step finds, or makes first.

    Args:
        phases: with their values.
        before: what was there before the first step.
        made: what it set first.
    """
    found: dict[Key, int] = {}
    for key, values in phases.items():
        value = before.get(key, ABSENT)
        if number_of(value, values) is None:
            value = made.get(key, ABSENT)
        number = number_of(value, values)
        if number is not None:
            found[key] = number
    return found


def needed(name: str) -> None:
    """Let a number that is needed as a plain one be a phase.

    Args:
        name: of the leaf of its old value; that of another leaf is passed by.
    """
    if name.startswith(STATE):
        raise PhaseError(tuple(name.removeprefix(STATE).removesuffix(OTHER).split("/")), ())
