"""PyTorch: what a step changes besides the states that a plain run showed.

A plain run goes one way, so that what another way changes is found where steps are traced: a number whose
term is another one after the step is a state. What is no number (a text, a truth value) has no term, and is
refused where ways differ in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import Any

import torch

from nos_sym.errors import quoted
from nos_sym.lift.algebra_of_terms import leaves_of
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.scalars import is_number
from nos_sym.lift.term import Term
from nos_sym.lift.torch_states import Key, kept, owned
from nos_sym.lift.torch_trace import Tracer

_NONE = "none"


class MovingError(Exception):
    """A number that the optimizer keeps beside the states of its parameters, and that changes on some way."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"{'.'.join(key)} changes on some of the ways alone")
        self.key = key


def numbers(tracer: Tracer, optimizer: Any, parameter: Any) -> dict[Key, Term]:
    """Return the terms of what an optimizer keeps beside the states of a parameter."""
    return {
        key: tracer.value(place.value)
        for key, place in kept(optimizer, parameter).items()
        if key[0] != "state" and (isinstance(place.value, torch.Tensor) or is_number(place.value))
    }


def check_moved(
    before: Mapping[Key, Term], after: Mapping[Key, Term], known: Collection[Key], settings: Set[str]
) -> None:
    """Find a number that a step changed and that is not known to change.

    Args:
        before: terms before the step.
        after: those behind it.
        known: places that are states or counters.
        settings: names of settings; what the first step makes of these alone is a constant.

    Raises:
        MovingError: there is one.
    """
    for key, term in after.items():
        if key in known or term is before.get(key):
            continue
        if key in before or not leaves_of(term) <= settings:
            raise MovingError(key)


def flags(optimizer: Any, parameter: Any) -> dict[Key, object]:
    """Return the texts and truth values that an optimizer keeps."""
    found: dict[Key, object] = {}
    for root, holder in owned(optimizer, parameter).items():
        found.update(_flags((root,), holder, 0))
    return found


def _flags(key: Key, holder: Mapping[Any, Any], depth: int) -> Iterator[tuple[Key, object]]:
    for name, value in holder.items():
        if isinstance(value, str | bool) or value is None:
            yield (*key, str(name)), value
        elif isinstance(value, dict) and depth < 3:
            yield from _flags((*key, str(name)), value, depth + 1)


def check_flags(rows: Iterable[Mapping[Key, object]]) -> None:
    """Refuse texts and truth values that are not the same everywhere.

    Raises:
        LiftError: one of them is another one before a step and behind it, or on two ways.
    """
    first, *others = rows
    for row in others:
        for key, value in {**row, **first}.items():
            one, other = first.get(key, _NONE), row.get(key, _NONE)
            if type(one) is not type(other) or one != other:
                name, kind = quoted(".".join(key[1:])), type(value).__name__
                raise LiftError(
                    f"{name} of the original is {one!r} on some ways and {other!r} on others; expected steps "
                    f"that change numbers and tensors, and no {kind}"
                )
