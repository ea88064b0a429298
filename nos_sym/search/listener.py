"""Listeners: how to watch a search while it runs."""

from __future__ import annotations

from nos_sym.search.candidates import Move, Redraw, Result


class Listener:
    """Watches a search; every method does nothing, and a subclass overrides those that it needs.

    >>> class Fitness(Listener):
    ...     def result(self, result):
    ...         print(result.candidate.rule, result.fitness)
    """

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

    def moved(self, move: Move) -> None:
        """Called when a particle starts somewhere or moves."""

    def ended(self) -> None:
        """Called when the search is complete; one that is interrupted has not ended."""

    def note(self, text: str) -> None:
        """Called with a message for people, one line."""
