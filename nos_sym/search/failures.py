"""Why evaluations have no fitness: early stops, divergence and failures told apart, and counted by reason.

A trainer that returns a result has decided; that is an early stop, or a divergence. A failure is what nobody
decided: an exception, a rule that cannot be rendered, a worker that died, a training beyond the limit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum

from nos_sym.errors import quoted
from nos_sym.search.candidates import Result
from nos_sym.search.errors import SearchError
from nos_sym.search.results import Diverged, DuplicateOf, Evaluated, Outcome, Rejected
from nos_sym.search.slots import Slot, Stage

EXCEPTION = "the training failed: "
UNRENDERED = "cannot be rendered: "
DIED = "its worker died "
LATE = "the training was stopped at the limit "
"""What the reasons of failures begin with."""

RAISED_IN = "raised in "
"""What a note of an exception begins with that says which code of others raised it."""

_CLASS = re.compile(r"\bopt[0-9a-f]{12}\b", re.IGNORECASE)
_LONGEST = 300


class Ending(Enum):
    """How an evaluation ended."""

    FITNESS = "fitness"
    STOPPED = "stopped early"
    DIVERGED = "diverged"
    FAILED = "failed"


class EveryTrainingFailedError(SearchError):
    """The first trainings of a search all ended with the same exception."""


def ending_of(outcome: Outcome) -> Ending:
    """Return how an evaluation ended; that of the original for a duplicate."""
    result = outcome.original if isinstance(outcome, DuplicateOf) else outcome
    if isinstance(result, Evaluated):
        return Ending.FITNESS
    if isinstance(result, Diverged):
        return Ending.DIVERGED
    failed = result.reason.startswith((EXCEPTION, UNRENDERED, DIED, LATE))
    return Ending.FAILED if failed else Ending.STOPPED


def reason_of(outcome: Outcome) -> str | None:
    """Return why an evaluation has no fitness, alike for all optimizers; ``None`` where it has one.

    An exception is told by its type and message, and by where it was raised. Names of the classes of
    optimizers, which stand in messages of Python, are one name.
    """
    result = outcome.original if isinstance(outcome, DuplicateOf) else outcome
    if isinstance(result, Evaluated):
        return None
    place = result.details.get("raised")
    where = f" ({place})" if isinstance(place, str) else ""
    return _CLASS.sub("Opt", f"{result.reason.removeprefix(EXCEPTION)}{where}")


def most_frequent(outcomes: Iterable[Outcome]) -> tuple[str, int] | None:
    """Return the most frequent reason of those that have no fitness, and how many have it.

    Failures come before early stops, because something is wrong with them; of equals the first.
    """
    found = [outcome for outcome in outcomes if not isinstance(outcome, Evaluated)]
    failed = [outcome for outcome in found if ending_of(outcome) is Ending.FAILED]
    reasons = Counter(reason for o in failed or found if (reason := reason_of(o)) is not None)
    return max(reasons.items(), key=lambda item: item[1]) if reasons else None


def because(outcomes: Iterable[Outcome]) -> str:
    """Return the most frequent reason as the end of a message, or nothing."""
    frequent = most_frequent(outcomes)
    if frequent is None:
        return ""
    reason, count = frequent
    return f"; the most frequent reason ({count} times) is: {quoted(reason, _LONGEST)[1:-1]}"


class RepeatedFailures:
    """Watches slots whose candidates fail over and over, where a search draws until one passes.

    Each number of failures is noted once for the whole search: where one child fails so often, many do.
    """

    NOTED = (25, 250, 2500)

    def __init__(self) -> None:
        self._next = 0

    def note(self, result: Result) -> str | None:
        """Return a line for people where a result is one failure too many, else ``None``."""
        slot = result.slot
        if slot.stage is not Stage.CHILD or result.fitness is not None or self._next == len(self.NOTED):
            return None
        failed = self.NOTED[self._next]
        if slot.attempt + 1 < failed:
            return None
        self._next += 1
        reason = reason_of(result.outcome)
        last = "" if reason is None else f", the last time by: {quoted(reason, _LONGEST)[1:-1]}"
        return (
            f"{failed} candidates failed for child {slot.child + 1} of particle {slot.particle + 1} in "
            f"time-step {slot.time_step + 1}{last}; it is drawn again until one passes or 'failures' are "
            "used up; where none can pass, stop it and search anew with '--set failures=4'"
        )


class FirstTrainings:
    """Watches whether the first trainings of a search all end with the same exception.

    They are the first in the order in which the search asks for them, so that how many workers there are,
    and which training ends first, decides nothing.

    Args:
        number: how many; with 0 nothing is watched.
        at_own_pace: whether which trainings are asked for, and when, depends on which end first. Those do
            not count then that replace others or come after them.
    """

    def __init__(self, number: int, *, at_own_pace: bool = False) -> None:
        self._at_own_pace = at_own_pace
        self._number = number
        self._slots: set[Slot] = set()
        self._reasons: list[str] = []
        self._watching = number > 0

    def expect(self, slot: Slot) -> None:
        """Note that a training was asked for."""
        if self._at_own_pace and (slot.attempt or slot.time_step):
            return
        if self._watching and len(self._slots) < self._number:
            self._slots.add(slot)

    def see(self, result: Result) -> None:
        """Note the result of a training.

        Raises:
            EveryTrainingFailedError: it was the last of the first, and all of them ended with the same
                exception.
        """
        if not self._watching or result.slot not in self._slots or isinstance(result.outcome, DuplicateOf):
            return
        outcome = result.outcome
        raised = isinstance(outcome, Rejected) and outcome.reason.startswith((EXCEPTION, UNRENDERED))
        reason = reason_of(outcome)
        if not raised or reason is None or (self._reasons and reason != self._reasons[0]):
            self._watching = False
            return
        self._reasons.append(reason)
        if len(self._reasons) == self._number:
            raise EveryTrainingFailedError(
                f"the first {self._number} trainings all ended with the same exception, so the search stops "
                f"and keeps nothing: {quoted(reason, _LONGEST)[1:-1]}; mend the trainer and begin again, or "
                "set 'same_failures' to 0 to go on"
            )
