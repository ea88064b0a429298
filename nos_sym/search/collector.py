"""Python's collector of cycles, paused while much is read that stays.

What a store has of a long run is a million objects. The collector looks at all of them again and again while
they become more, which takes as long as reading them, and finds nothing: they form no cycles.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


class PausedCollector:
    """The collector, paused from the beginning until :meth:`go_on`; where it was off before, it stays off.

    >>> collector = PausedCollector()
    >>> try:
    ...     read_much()
    ... finally:
    ...     collector.go_on()
    """

    def __init__(self) -> None:
        self._paused = gc.isenabled()
        gc.disable()

    def go_on(self) -> None:
        """Let the collector work again; a second call does nothing."""
        if self._paused:
            self._paused = False
            gc.enable()


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector within a block."""
    collector = PausedCollector()
    try:
        yield
    finally:
        collector.go_on()
