"""The counts of a search so far, and its estimate of the time that is left."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from nos_sym.search.budget import evaluations_of, slots_of_particles, trainings_of
from nos_sym.search.candidates import Result
from nos_sym.search.failures import Ending, ending_of, reason_of
from nos_sym.search.reports.shown import shown_rule
from nos_sym.search.results import DuplicateOf
from nos_sym.search.scores import score_text
from nos_sym.search.settings import Algorithm, SearchSettings
from nos_sym.search.slots import Stage

_AFTER = (Stage.CONFIRMATION, Stage.EVALUATION, Stage.TUNING)
"""Parts after a search, whose fitness is not compared with it."""

_TRIED_ONCE = (Stage.INITIAL, Stage.PARTICLE, Stage.RANDOM, *_AFTER)


def planned_slots(settings: SearchSettings) -> int:
    """Return the number of slots that a search fills; where trainings are counted, of trainings."""
    if settings.algorithm is not Algorithm.PARTICLES or trainings_of(settings) is not None:
        return evaluations_of(settings)
    return slots_of_particles(settings)


@dataclass(slots=True)
class Tally:
    """Counts of a search so far.

    Attributes:
        slots: number of slots of the whole search, or of its trainings.
        stage: name of the current part.
        done: number of slots that are done, or of trainings.
        trained: number of trainings that this process has seen end.
        replayed: number of trainings from before an interruption.
        endings: how evaluations ended, those that the archive answered included.
        reasons: why evaluations have no fitness, failures and early stops apart.
        answered: number of evaluations that the archive answered.
        redrawn: number of evaluations saved by drawing again.
        saved: seconds that the answers saved.
        best: best fitness on the current task, with its rule.
        started: when this process began, in seconds of a monotonic clock.
        by_trainings: whether the search ends after a number of trainings, and not of slots.
        unit: what a part of the search has a number of.
    """

    slots: int
    stage: str = ""
    done: int = 0
    trained: int = 0
    replayed: int = 0
    endings: Counter[Ending] = field(default_factory=Counter)
    reasons: Counter[tuple[Ending, str]] = field(default_factory=Counter)
    answered: int = 0
    redrawn: int = 0
    saved: float = 0.0
    best: tuple[float, str] | None = None
    started: float = field(default_factory=time.monotonic)
    by_trainings: bool = False
    unit: str = "slots"
    _filled: int = 0
    _is_initial: bool = False

    @property
    def evaluations(self) -> int:
        """Number of evaluations that were trained, now or before an interruption."""
        return self.trained + self.replayed

    @property
    def failed(self) -> int:
        """Number of evaluations that ended with an exception or another failure."""
        return self.endings[Ending.FAILED]

    def begin(self, stage: str, slots: int) -> None:
        """Begin a part of the search with a number of slots, which are among those of the whole."""
        self.stage = stage

    def add(self, result: Result) -> None:
        """Count a candidate whose result is known."""
        outcome, fitness = result.outcome, result.fitness
        if isinstance(outcome, DuplicateOf):
            self.answered += 1
            self.saved += outcome.seconds_saved
        elif result.replayed:
            self.replayed += 1
        else:
            self.trained += 1
        ending, reason = ending_of(outcome), reason_of(outcome)
        self.endings[ending] += 1
        if reason is not None:
            self.reasons[ending, reason] += 1
        is_initial = result.slot.stage is Stage.INITIAL
        is_after = result.slot.stage in _AFTER
        if is_initial != self._is_initial:
            # Another task: its fitness is not comparable.
            self._is_initial, self.best = is_initial, None
        if not is_after and fitness is not None and fitness > (self.best or (-math.inf, ""))[0]:
            self.best = (fitness, shown_rule(result.candidate.rule))
        if self.by_trainings:
            self.done = self.evaluations
        elif fitness is not None or result.slot.stage in _TRIED_ONCE:
            self._filled += 1
            self.done += 1

    def empty(self, slots: int) -> None:
        """Count slots that stay empty, before the part of the search that they are of is closed."""
        self._filled += slots
        self.done += slots

    def close(self, slots: int) -> None:
        """Count slots that are done without a fitness, too."""
        if not self.by_trainings:
            self.done += slots - self._filled
        self._filled = 0

    def frequent_reason(self) -> str | None:
        """Return the most frequent reason for no fitness, of failures where there are any."""
        of_failures = {key: n for key, n in self.reasons.items() if key[0] is Ending.FAILED}
        reasons = of_failures or dict(self.reasons)
        return max(reasons, key=lambda key: reasons[key])[1] if reasons else None

    def seconds_left(self) -> float | None:
        """Return an estimate of the remaining time in seconds; ``None`` before the first training ends."""
        new = self.done * self.trained / max(1, self.evaluations)
        if new < 1:
            return None
        return (time.monotonic() - self.started) / new * max(0, self.slots - self.done)

    def line(self) -> str:
        """Return the counts as one line, for a log."""
        parts = [
            f"{self.stage}: {self.done} of {self.slots} {'trainings' if self.by_trainings else 'slots'}",
            f"{self.evaluations} evaluations",
            *(f"{n} {ending.value}" for ending, n in self.without_fitness()),
            f"{self.answered + self.redrawn} duplicates saved",
        ]
        if self.best is not None:
            parts.append(f"best {score_text(self.best[0])}")
        left = self.seconds_left()
        parts.append(f"time left {'unknown' if left is None else duration(left)}")
        return ", ".join(parts)

    def without_fitness(self) -> list[tuple[Ending, int]]:
        """Return how evaluations ended without a fitness, and how many; endings that there were alone."""
        endings = (Ending.STOPPED, Ending.DIVERGED, Ending.FAILED)
        return [(ending, self.endings[ending]) for ending in endings if self.endings[ending]]


def duration(seconds: float) -> str:
    """Return a duration as text, as in ``42 s``, ``3.5 min`` or ``12.4 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
