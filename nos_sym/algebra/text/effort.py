"""What is known while one text is looked for, and how much work is left.

Each text that is asked for from outside begins with empty tables: it depends on its form alone, and not on
what was written before, although the work that goes into it is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

WORK = 3000
"""Products that are written while one text is looked for; after that the first way to write one is taken."""


class Effort:
    """Tables of texts and generators, and the work that is left."""

    __slots__ = ("depth", "left", "memo")

    def __init__(self) -> None:
        self.memo: dict[object, object] = {}
        self.left = WORK
        self.depth = 0


_current: Effort | None = None


def memo() -> dict[object, object]:
    """Return the tables in use."""
    assert _current is not None
    return _current.memo


def remembered(key: Callable[P, Hashable]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator: a function is called once for each key of its arguments, while one text is made."""

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def known(*args: P.args, **kwargs: P.kwargs) -> T:
            table = memo()
            place = (function, key(*args, **kwargs))
            if place not in table:
                table[place] = function(*args, **kwargs)
            return table[place]  # type: ignore[return-value]

        return known

    return decorated


def itself(x: Any, /) -> Hashable:
    """Return the argument, where that is the key."""
    found: Hashable = x
    return found


def spend(work: int = 1) -> None:
    """Count a product that is written, or work like that."""
    assert _current is not None
    _current.left -= work


@contextmanager
def outermost() -> Iterator[bool]:
    """Tell inside a ``with`` block whether the text is the one that was asked for, and not one inside it."""
    effort_of = _current
    assert effort_of is not None
    effort_of.depth += 1
    try:
        yield effort_of.depth == 1
    finally:
        effort_of.depth -= 1


def refresh() -> None:
    """Begin the last part of the work, of which half is left whatever was done before."""
    assert _current is not None
    _current.left = max(_current.left, WORK // 2)


def is_spent() -> bool:
    """Return whether no work is left."""
    assert _current is not None
    return _current.left < 0


@contextmanager
def effort() -> Iterator[Effort]:
    """Begin with empty tables inside a ``with`` block."""
    global _current
    saved, _current = _current, Effort()
    try:
        yield _current
    finally:
        _current = saved
