"""The display of a running search: live on a terminal and in a notebook, elsewhere a line now and then."""

from __future__ import annotations

from typing import IO

from nos_sym.search.budget import trainings_of
from nos_sym.search.candidates import Redraw, Result
from nos_sym.search.listener import Listener
from nos_sym.search.reports.tally import Tally, duration, planned_slots
from nos_sym.search.reports.views import View, open_view
from nos_sym.search.settings import SearchSettings

__all__ = ["Display", "Tally", "duration", "planned_slots"]


class Display(Listener):
    """Shows a search while it runs; a context manager.

    >>> with Display(settings) as shown:
    ...     run, report = evolve(settings, store, executor=InProcess(), listener=shown)

    A terminal has two lines that are updated in place: stage, slots and time left, and the best rule so far.
    So has a notebook. Files, pipes and terminals that cannot move the cursor get a line now and then.

    Args:
        counted: settings of the search, or counts of something else that are shown.
        stream: where to write; by default standard error, or the notebook that this process is the kernel of.

    Attributes:
        tally: the counts so far.
    """

    def __init__(self, counted: SearchSettings | Tally, stream: IO[str] | None = None) -> None:
        if isinstance(counted, Tally):
            self.tally = counted
        else:
            by_trainings = trainings_of(counted) is not None
            self.tally = Tally(planned_slots(counted), by_trainings=by_trainings)
        self._stream = stream
        self._view: View | None = None

    def __enter__(self) -> Display:
        self._view = open_view(self.tally, self._stream)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._view is not None:
            self._view.close()
            self._view = None

    def stage(self, name: str, slots: int) -> None:
        """Show that a part of the search begins."""
        self.tally.begin(name, slots)
        if self._view is not None:
            self._view.begin(name, slots)

    def added(self, slots: int) -> None:
        """Count slots that come after those of the search."""
        self.tally.slots += slots

    def result(self, result: Result) -> None:
        """Count a candidate whose result is known."""
        self.tally.add(result)
        self._update()

    def redrawn(self, redraw: Redraw) -> None:
        """Count a genome that was known in its particle."""
        self.tally.redrawn += 1
        self._update()

    def emptied(self, slots: int) -> None:
        """Count slots that stay empty."""
        self.tally.empty(slots)
        self._update()

    def closed(self, slots: int) -> None:
        """Count slots that are done without a fitness, too."""
        self.tally.close(slots)
        self._update()

    def ended(self) -> None:
        """Count all slots as done, also those for which nothing could be drawn."""
        self.tally.done = self.tally.slots
        self._update()

    def note(self, text: str) -> None:
        """Show a message."""
        if self._view is not None:
            self._view.say(text)

    def _update(self) -> None:
        if self._view is not None:
            self._view.update()
