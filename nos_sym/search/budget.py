"""The budget of a search: how many candidates it trains, shared out before any of them is trained.

What is counted is trainings of candidates, whatever they end with; answers of the archive and redraws cost
nothing. A candidate that is trained ``repeats`` times is counted once.

Shares are fixed when slots are opened, and what a slot does not need goes back when its generation (of a
particle: its time-step) is told. Which candidates are trained is therefore decided by seed and slot alone,
and not by which training ends first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nos_sym.search.listener import Listener
from nos_sym.search.settings import Algorithm, Counted, SearchSettings

PATIENCE = 1000
"""Generations, or time-steps of a particle, that may follow each other without a training. Where every
optimizer that is left is known, a search would otherwise never end."""


@dataclass(slots=True)
class Budget:
    """Trainings that a search, or a particle, has left.

    Attributes:
        left: their number; ``None`` where nothing limits it.
        idle: number of times in a row that nothing was spent.
    """

    left: int | None
    idle: int = 0

    @property
    def is_open(self) -> bool:
        """Whether more can be trained."""
        return self.left is None or (self.left > 0 and self.idle < PATIENCE)

    def shares(self, slots: int, most: int) -> list[int]:
        """Return how many candidates may be trained in each of some slots.

        Args:
            slots: number of slots. Those for which nothing is left are not in the result.
            most: largest share; 0 counts as 1.
        """
        most = max(1, most)
        if self.left is None:
            return [most] * slots
        return [min(most, share) for share in _even(self.left, slots) if share]

    def split(self, parts: int) -> list[Budget]:
        """Return budgets that together have what is left; those of the first parts may be larger by one."""
        if self.left is None:
            return [Budget(None) for _ in range(parts)]
        return [Budget(share) for share in _even(self.left, parts)]

    def spend(self, trained: int) -> None:
        """Count trainings whose results are known."""
        self.idle = 0 if trained else self.idle + 1
        if self.left is not None:
            self.left -= trained

    def give_up(self) -> None:
        """Close the budget, because nothing can be drawn on which it could be spent."""
        self.idle = PATIENCE


def _even(total: int, parts: int) -> list[int]:
    share, more = divmod(total, parts) if parts else (0, 0)
    return [share + (number < more) for number in range(parts)]


def trainings_of(settings: SearchSettings) -> int | None:
    """Return how many candidates a search trains; ``None`` where the number of its slots decides."""
    by_time_steps = settings.algorithm is Algorithm.PARTICLES and not settings.evaluations
    if settings.counted is Counted.SLOTS or by_time_steps:
        return None
    return evaluations_of(settings)


def evaluations_of(settings: SearchSettings) -> int:
    """Return the number ``evaluations``, by default that of the slots of the particle algorithm."""
    return settings.evaluations or slots_of_particles(settings)


def slots_of_particles(settings: SearchSettings) -> int:
    """Return the number of slots that the particle algorithm fills in its time-steps and before."""
    n = settings.particles
    initial = 0 if settings.initial else n * settings.initial_factor
    return initial + n * settings.evaluate_particles + n * settings.time_steps * settings.mutations


def note_unspent(budgets: Sequence[Budget], settings: SearchSettings, listener: Listener) -> None:
    """Say where a search ends before its budget is spent."""
    left = sum(budget.left or 0 for budget in budgets)
    if left:
        total = evaluations_of(settings)
        listener.note(f"{left} of {total} evaluations are not spent: no optimizer that is new could be drawn")
