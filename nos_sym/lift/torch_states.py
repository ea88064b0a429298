"""PyTorch: what an optimizer keeps between steps, found in its states, its groups and itself.

A dictionary that records sees the first value of a state as the first step makes it: that is its start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

import torch

from nos_sym.lift.recorder import OTHER
from nos_sym.lift.scalars import carrying, plain, term_of
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.torch_places import Key, Place, inside, is_kept, taken_inside
from nos_sym.lift.torch_trace import Tracer

SHARED = "shared"
"""Where a value is that an optimizer keeps beside the states of its parameters, under a name."""

OWN = frozenset(
    ("defaults", "state", "param_groups", "_zero_grad_profile_name", "param_names", "_step_count")
)


def owned(optimizer: Any, parameter: Any) -> dict[str, dict[Any, Any]]:
    """Return the dictionaries in which an optimizer keeps things, by the first word of their keys."""
    own = {
        name: value
        for name, value in vars(optimizer).items()
        if name not in OWN and not (name.startswith("_") and "hook" in name)
    }
    rest = {k: v for k, v in optimizer.param_groups[0].items() if k not in ("params", "param_names")}
    shared = {k: v for k, v in optimizer.state.items() if isinstance(k, str)}
    return {"state": dict.get(optimizer.state, parameter, {}), "group": rest, "self": own, SHARED: shared}


def kept(optimizer: Any, parameter: Any, wanted: Callable[[object], bool] = is_kept) -> dict[Key, Place]:
    """Return everything that an optimizer keeps for a parameter and for all of them."""
    return {
        place.key: place
        for root, holder in owned(optimizer, parameter).items()
        for place in inside((root,), holder, wanted, putter(root, optimizer, parameter))
    }


def putter(root: str, optimizer: Any, parameter: Any) -> Callable[[Any, Any], None]:
    """Return what gives a name of an optimizer another value, in a place by its first word."""
    if root == "self":
        return lambda name, new: setattr(optimizer, name, new)
    state, groups = optimizer.state, optimizer.param_groups
    shared = {SHARED: state, "group": groups[0]}
    holder: Any = shared[root] if root in shared else dict.get(state, parameter, {})
    return lambda name, new: dict.__setitem__(holder, name, new)


def take_away(key: Key, optimizer: Any, parameter: Any) -> None:
    """Remove what an optimizer keeps under a name."""
    root, name = key
    if root == "self":
        delattr(optimizer, name)
        return
    shared = {SHARED: optimizer.state, "group": optimizer.param_groups[0]}
    dict.pop(shared[root] if root in shared else dict.get(optimizer.state, parameter, {}), name, None)


def leaf_of(terms: Terms, key: Key, suffix: str) -> Term:
    """Return the old value of a state; the suffix says of which parameter."""
    return terms.leaf(f"{STATE}{'/'.join(key)}{suffix if key[0] == 'state' else ''}")


def snapshot(optimizer: Any, parameter: Any) -> dict[Key, Any]:
    """Return copies of everything that an optimizer keeps, as numbers and arrays."""
    return {
        key: place.value.detach().clone() if isinstance(place.value, torch.Tensor) else plain(place.value)
        for key, place in kept(optimizer, parameter).items()
    }


def differ(x: Any, y: Any) -> bool:
    """Return whether two values that an optimizer keeps are not the same."""
    if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor):
        return x.shape != y.shape or not bool(((x == y) | ((x != x) & (y != y))).all())
    return type(x) is not type(y) or bool(x != y)


class Record:
    """The states of one parameter in a traced run: their leaves, and their starts at the first step.

    Args:
        tracer: of the run.
        counters: places that count the steps.
        suffix: behind the names of leaves, for the second parameter.
        shared: storages that are no state: those of weights and gradients.
        queues: places of lists whose entries move on at each step.
        plain_ones: places whose numbers have no terms.
    """

    def __init__(
        self,
        tracer: Tracer,
        counters: set[Key],
        suffix: str,
        shared: set[int],
        queues: Collection[Key] = (),
        plain_ones: Collection[Key] = (),
    ) -> None:
        self.tracer = tracer
        self.counters = counters
        self.suffix = suffix
        self.shared = shared
        self.queues = queues
        self.plain_ones = plain_ones
        self.starts: dict[Key, Term] = {}
        self.leaves: dict[Key, Term] = {}
        self.flags: dict[Key, object] = {}
        self._storages: dict[int, Key] = {}

    @property
    def first(self) -> bool:
        """Whether the first step is read off, whose values of states are their starts."""
        return self.tracer.recorder.step == 0

    def leaf(self, key: Key) -> Term:
        """Return the old value of a state."""
        return leaf_of(self.tracer.terms, key, self.suffix)

    def take(self, key: Key, value: Any) -> Any:
        """Keep the value of a state as its old one, and return what stands in its place."""
        tracer = self.tracer
        if isinstance(value, torch.Tensor):
            storage = value.untyped_storage()._cdata
            if storage in self.shared or self._storages.get(storage, key) != key:
                return value
            start = tracer.of(value)
            new = self._new(key, start, value)
            self._storages[storage] = key
            self.starts[key], self.leaves[key] = start, new
            tracer.set(value, new)
            return value
        start = term_of(value, tracer.recorder)
        new = self._new(key, start, value)
        self.starts[key], self.leaves[key] = start, new
        return carrying(plain(value), new, tracer.recorder)

    def _new(self, key: Key, start: Term, value: Any) -> Term:
        if key in self.counters:
            number = value.item() if isinstance(value, torch.Tensor) else plain(value)
            terms, step = self.tracer.terms, self.tracer.recorder.step
            return terms.apply("add", terms.leaf("t"), terms.number(int(plain(number)) - step))
        return self.leaf(key)


STATE = "$"
"""Begins the names of leaves that are old values of states, before they have names of the language."""


class Recording(dict[Any, Any]):
    """A dictionary of states that keeps the first value of each, which the first step sets.

    What is set where nothing is, at a later step or once more, is a value as others are: the step has taken
    away what was there, and goes on with the new one.

    Args:
        record: where they are kept.
        root: ``state`` or ``group``.
    """

    def __init__(self, record: Record, root: str, values: dict[Any, Any]) -> None:
        super().__init__(values)
        self.record = record
        self.root = root

    def __setitem__(self, name: Any, value: Any) -> None:
        # What the state's dictionary holds already has a leaf, and is only given another value.
        if name not in self and self.record.first and self._counts(name):
            value = self._taken((self.root, str(name)), value)
        super().__setitem__(name, value)

    def setdefault(self, name: Any, value: Any = None) -> Any:
        """Set what is not there."""
        if name not in self:
            self[name] = value
        return self[name]

    def update(self, *given: Any, **named: Any) -> None:
        """Set several."""
        for name, value in dict(*given, **named).items():
            self[name] = value

    def _counts(self, name: Any) -> bool:
        return isinstance(name, str | int)

    def _taken(self, key: Key, value: Any) -> Any:
        plain_ones = self.record.plain_ones
        for place in taken_inside(key, value, lambda x: isinstance(x, str | bool | int))[0]:
            if not is_kept(place.value) or place.key in plain_ones:
                self.record.flags.setdefault(place.key, place.value)
        found, box = taken_inside(key, value, is_kept)
        for place in found:
            known = place.key in plain_ones or place.key in self.record.leaves
            if place.key[:-1] not in self.record.queues and not known:
                place.put(self.record.take(place.key, place.value))
        return box[0]


class Store(defaultdict[Any, Any]):
    """The states of all parameters, each in a dictionary that records."""

    def __init__(self, make: Callable[[Any], Recording], record: Record) -> None:
        super().__init__(dict)
        self._make = make
        self._record = record

    def __setitem__(self, parameter: Any, value: Any) -> None:
        fresh = isinstance(parameter, str) and parameter not in self and self._record.first
        if fresh and is_kept(value) and (SHARED, parameter) not in self._record.leaves:
            value = self._record.take((SHARED, parameter), value)
        super().__setitem__(parameter, value)

    def __missing__(self, parameter: Any) -> Any:
        made = self._make(parameter)
        dict.__setitem__(self, parameter, made)
        return made


def other(name: str) -> bool:
    """Return whether a leaf belongs to the second parameter."""
    return name.endswith(OTHER)
