"""PyTorch: what a step changes besides the states that a plain run showed.

A plain run goes one way, so that what another way changes is found where steps are traced: a number whose
term is another one after the step is a state. What is no number is in :mod:`.torch_phases`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from typing import Any

import torch

from nos_sym.lift.algebra_of_terms import leaves_of
from nos_sym.lift.scalars import is_number
from nos_sym.lift.term import Term
from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_states import kept
from nos_sym.lift.torch_trace import Tracer


class ReadAgainError(Exception):
    """A place of which something was not known before: the optimizer is read off again with it.

    Args:
        key: of the place.
        what: what was found.
    """

    def __init__(self, key: Key, what: str) -> None:
        super().__init__(f"{'.'.join(key)} {what}")
        self.key = key


class MovingError(ReadAgainError):
    """A number that the optimizer keeps beside the states of its parameters, and that changes on some way."""

    def __init__(self, key: Key) -> None:
        super().__init__(key, "changes on some of the ways alone")


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
