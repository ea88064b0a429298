"""One way through an original's code: what a front end gives for one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nos_sym.language.kind import Kind
from nos_sym.lift.term import Term


@dataclass(frozen=True, slots=True)
class Decision:
    """A branch of the original's own code that a step took.

    Attributes:
        condition: what was asked, a term that is a comparison or some joined.
        taken: whether it held on this path.
        place: file and line of the original.
        summed: whether what a parameter adds to totals depends on it, so that others may answer otherwise.
    """

    condition: Term
    taken: bool
    place: str
    summed: bool = False

    def renamed(self, function: Callable[[Term], Term]) -> Decision:
        """Return the decision on another condition."""
        return replace(self, condition=function(self.condition))


@dataclass(frozen=True, slots=True)
class StateRecord:
    """A state of the original.

    Attributes:
        name: the original's name of it, made an identifier of the language.
        kind: tensor, row, column, scalar (one number a parameter), step (one number of the step) or global.
        start: its value before the first step, over ``g``, ``w``, ``lr`` and settings.
        new: its value after a step, over ``g``, ``w``, ``t`` and the old values of states.
    """

    name: str
    kind: Kind
    start: Term
    new: Term


@dataclass(frozen=True, slots=True)
class Path:
    """What a step computes where the code takes certain decisions.

    Attributes:
        decisions: in the order in which the code took them; none for code without branches.
        weight: the new weight.
        states: each state that the original keeps for a parameter, but for its count of steps.
        rank: number of axes of the parameter that was stepped.
    """

    decisions: tuple[Decision, ...]
    weight: Term
    states: tuple[StateRecord, ...]
    rank: int
