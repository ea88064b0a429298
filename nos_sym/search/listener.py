"""Listeners: how to watch a search while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nos_sym.search.candidates import Move, Redraw, Result

if TYPE_CHECKING:
    from nos_sym.search.store.rows import Run


class Listener:
    """Watches a search; every method does nothing, and a subclass overrides those that it needs.

    >>> class Fitness(Listener):
    ...     def result(self, result):
    ...         print(result.candidate.rule, result.fitness)
    """

    def began(self, run: Run) -> None:
        """Called before all else, with the run as the store has it, also when it goes on."""

    def stage(self, name: str, slots: int) -> None:
        """Called when a part of the search begins, with its name and its number of slots."""

    def added(self, slots: int) -> None:
        """Called when there is more to do than the search: slots of a confirmation and of references."""

    def result(self, result: Result) -> None:
        """Called when the result of a candidate is known, before the algorithm is told."""

    def redrawn(self, redraw: Redraw) -> None:
        """Called when a candidate is discarded because its particle had it before."""

    def closed(self, slots: int) -> None:
        """Called when slots are done, whether or not they have a fitness."""

    def emptied(self, slots: int) -> None:
        """Called when slots stay empty although others of their part of the search are still open.

        Only particles at their own pace say so; they are among those of :meth:`closed` later.
        """

    def moved(self, move: Move) -> None:
        """Called when a particle starts somewhere or moves."""

    def ended(self) -> None:
        """Called when the search is complete; one that is interrupted has not ended."""

    def note(self, text: str) -> None:
        """Called with a message for people, one line."""


class Listeners(Listener):
    """Several listeners as one; each is called in turn.

    >>> evolve(settings, store, executor=InProcess(), listener=Listeners(shown, board))
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def began(self, run: Run) -> None:
        """Pass on which run it is."""
        for listener in self._listeners:
            listener.began(run)

    def stage(self, name: str, slots: int) -> None:
        """Pass on that a part of the search begins."""
        for listener in self._listeners:
            listener.stage(name, slots)

    def added(self, slots: int) -> None:
        """Pass on that there is more to do."""
        for listener in self._listeners:
            listener.added(slots)

    def result(self, result: Result) -> None:
        """Pass on a result."""
        for listener in self._listeners:
            listener.result(result)

    def redrawn(self, redraw: Redraw) -> None:
        """Pass on a redraw."""
        for listener in self._listeners:
            listener.redrawn(redraw)

    def emptied(self, slots: int) -> None:
        """Pass on that slots stay empty."""
        for listener in self._listeners:
            listener.emptied(slots)

    def closed(self, slots: int) -> None:
        """Pass on that slots are done."""
        for listener in self._listeners:
            listener.closed(slots)

    def moved(self, move: Move) -> None:
        """Pass on where a particle is."""
        for listener in self._listeners:
            listener.moved(move)

    def ended(self) -> None:
        """Pass on that the search is complete."""
        for listener in self._listeners:
            listener.ended()

    def note(self, text: str) -> None:
        """Pass on a message."""
        for listener in self._listeners:
            listener.note(text)
