"""PyTorch: where an optimizer keeps things, in dictionaries, lists, tuples and dataclasses, by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch

from nos_sym.lift.scalars import is_number

Key = tuple[str, ...]
"""Where a value is: ``state``, ``group``, ``self`` or ``shared``, and the keys that lead there."""

Put = Callable[[Any], None]

_DEEPEST = 4


@dataclass(slots=True)
class Place:
    """A value that an optimizer keeps.

    Attributes:
        key: where it is.
        value: what is there.
        put: puts something else there.
    """

    key: Key
    value: Any
    put: Put


def is_kept(x: object) -> bool:
    """Return whether a value is a tensor or a number."""
    return isinstance(x, torch.Tensor) or is_number(x)


def inside(
    key: Key,
    holder: Any,
    wanted: Callable[[object], bool] = is_kept,
    put: Callable[[Any, Any], None] | None = None,
    depth: int = 0,
) -> Iterator[Place]:
    """Yield the values in a holder and in those within it, by name.

    Args:
        key: where the holder is.
        holder: a dictionary, list, tuple or dataclass.
        wanted: says which values are yielded.
        put: puts a value to a name of the holder; by default into the holder itself.
        depth: how many holders there are around it.
    """
    if depth > _DEEPEST:
        return
    into = put or _putter(holder)
    for name, value, at in _items(holder):

        def put_here(new: Any, at: Any = at) -> None:
            into(at, new)

        if wanted(value):
            yield Place((*key, name), value, put_here)
        elif _is_tuple(value):
            yield from inside((*key, name), value, wanted, _rebuilding(value, put_here), depth + 1)
        elif isinstance(value, dict | list | deque) or (is_dataclass(value) and not isinstance(value, type)):
            yield from inside((*key, name), value, wanted, None, depth + 1)


def taken_inside(key: Key, value: Any, wanted: Callable[[object], bool]) -> tuple[list[Place], list[Any]]:
    """Return the places within a value, and a list of one that has the value with what is put there.

    A tuple is made anew where something is put into it.
    """
    box = [value]
    found = inside(key[:-1], {key[-1]: value}, wanted, lambda _, new: box.__setitem__(0, new))
    return list(found), box


def _is_tuple(x: object) -> bool:
    return type(x) is tuple or (isinstance(x, tuple) and hasattr(type(x), "_make"))


def _items(holder: Any) -> list[tuple[str, Any, Any]]:
    """Return the values of a holder, each with its name and with what it is assigned by."""
    if isinstance(holder, dict):
        # A key that is a number, as the decay of an average, is named by its place.
        return [
            (k if isinstance(k, str) else str(i), v, k)
            for i, (k, v) in enumerate(holder.items())
            if isinstance(k, str | int | float)
        ]
    if is_dataclass(holder):
        names = [f.name for f in fields(holder)]
        return [(n, getattr(holder, n), n) for n in names if hasattr(holder, n)]
    own: tuple[str, ...] = getattr(type(holder), "_fields", ()) if isinstance(holder, tuple) else ()
    return [(own[i] if own else str(i), v, i) for i, v in enumerate(holder)]


def _putter(holder: Any) -> Callable[[Any, Any], None]:
    if is_dataclass(holder):
        return lambda name, new: object.__setattr__(holder, name, new)
    if isinstance(holder, tuple):
        raise AssertionError("a tuple is put by what holds it")
    # A dictionary that records is written to as a plain one.
    kind: Any = next(k for k in (dict, list, deque) if isinstance(holder, k))
    return lambda at, new: kind.__setitem__(holder, at, new)


def _rebuilding(value: Any, put: Put) -> Callable[[Any, Any], None]:
    """Return what puts a tuple with another entry to where the tuple is."""
    entries = list(value)
    make: Callable[[Any], Any] = tuple if type(value) is tuple else type(value)._make

    def into(at: int, new: Any) -> None:
        entries[at] = new
        put(make(entries))

    return into
