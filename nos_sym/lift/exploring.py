"""Exploring: a step is run again and again, each time with another of its questions answered otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Decision
from nos_sym.lift.recorder import Recorder
from nos_sym.lift.term import OPAQUE, Terms, walk

Result = TypeVar("Result")

MOST = 128
"""Runs of one step; more branches than that are refused, and never left out."""


class NoRuleError(LiftError):
    """What was read is no rule, as one that is too large; with some numbers fixed it may be."""


class ManyWaysError(LiftError):
    """A step with more ways than are tried."""


@dataclass(frozen=True, slots=True)
class Explored(Generic[Result]):
    """All ways through a step.

    Attributes:
        paths: the decisions of each way, and what came of it.
        refused: decisions after which the original raised an error, and the error.
        pinned: settings that a way needed as fixed numbers, with the place.
    """

    paths: list[tuple[tuple[Decision, ...], Result]]
    refused: list[tuple[Decision, str]] = field(default_factory=list)
    pinned: dict[str, str] = field(default_factory=dict)


def explored(
    run: Callable[[Recorder], Result],
    terms: Terms,
    facts: Facts,
    step: int = 0,
    *,
    most: int = MOST,
    passed: tuple[type[Exception], ...] = (),
) -> Explored[Result]:
    """Run a step in all ways that its questions allow.

    Args:
        run: runs it under a recorder.
        terms: the maker of terms.
        facts: what is known before.
        step: that is read off.
        most: how many runs are tried.
        passed: errors that are none of the original's.

    Raises:
        LiftError: what the run raised on the way that its numbers take.
        ManyWaysError: there are too many ways.
    """
    found: Explored[Result] = Explored([])
    waiting: list[tuple[Decision, ...]] = [()]
    count = 0
    while waiting:
        wanted = waiting.pop()
        count += 1
        if count > most:
            raise ManyWaysError(
                f"the step has more than {most} ways through its branches, such as the one in "
                f"{wanted[-1].place}; expected fewer"
            )
        recorder = Recorder(terms, facts, wanted, step)
        try:
            result = run(recorder)
        except LiftError:
            raise
        except Exception as error:
            if not wanted or isinstance(error, passed):
                raise
            found.refused.append((wanted[-1], f"{type(error).__name__}: {error}"))
            continue
        found.pinned.update(recorder.pinned)
        _check(recorder.decisions[len(wanted) :])
        found.paths.append((tuple(recorder.decisions), result))
        for i in range(len(wanted), len(recorder.decisions)):
            waiting.append((*recorder.decisions[:i], opposite(recorder.decisions[i])))
    return found


def opposite(decision: Decision) -> Decision:
    """Return the other answer to a question."""
    return Decision(decision.condition, not decision.taken, decision.place)


def _check(decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        for term in walk(decision.condition):
            if term.operation == OPAQUE:
                raise LiftError(f"{decision.place} has a branch on {term.name}, which has no handler")
