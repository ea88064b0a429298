"""The settings of several tasks at once: which are trained, which are hidden, and the fitness."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from nos_sym.search.records import SettingsError
from nos_sym.surrogate.protocol import Split
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.kinds import IMAGES, settings_of

_MOST = 32

Member = TrainingSettings | Budget


@dataclass(frozen=True)
class SeveralSettings:
    """Several tasks, each with its settings, whose scores make one fitness.

    The score of a task is its fitness ``f`` on the scale ``max(0, (f - low) / (high - low))``, so 0 where
    nothing is learned. The fitness of an optimizer is the mean of its scores. With ``combine = "ranks"`` the
    store has the same fitness, and an algorithm that compares optimizers (the children of a particle in a
    time-step, an initial population, a tournament) takes the one with the best mean rank among those; see
    :mod:`nos_sym.search.ranking`.

    Attributes:
        tasks: the tasks, with their settings; all different. Their order changes nothing.
        hidden: names of tasks that the search never trains on, kept for its confirmation. One that is among
            ``tasks`` has its settings there, another its defaults.
        combine: ``scores`` or ``ranks``.
        failing: what an optimizer without a fitness on one of the tasks has: with ``reject`` none on the
            whole, and the other tasks are not trained; with ``worst`` the score 0 there, unless it has none
            on any.
        low: for each of ``tasks`` the fitness with the score 0; empty for chance, which is 0 for all tasks
            but images, where it is one by the number of classes.
        high: for each of ``tasks`` the fitness with the score 1, for example Adam's; empty for 1.
        split: the part on which fitness is measured, of every task that does not say so itself.
    """

    tasks: tuple[TrainingSettings, ...] = ()
    hidden: tuple[str, ...] = ()
    combine: Literal["scores", "ranks"] = "scores"
    failing: Literal["reject", "worst"] = "reject"
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    split: Split = "validation"

    def __post_init__(self) -> None:
        if not 0 < len(self.tasks) <= _MOST:
            raise SettingsError(f"'tasks' has {len(self.tasks)} tables; expected 1 to {_MOST}")
        if any(isinstance(task, SeveralSettings) for task in self.tasks):
            raise SettingsError("'tasks' has a table with 'tasks' of its own; expected one list of all")
        for name in ("low", "high"):
            count = len(getattr(self, name))
            if count not in (0, len(self.tasks)):
                raise SettingsError(
                    f"'{name}' has {count} numbers; expected {len(self.tasks)}, one for each task"
                )
        for task, (low, high) in zip(self.tasks, self._scales(), strict=True):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise SettingsError(
                    f"'high' of '{task_name(task)}' is {high:g}; expected a number above its 'low', {low:g}"
                )
        keys = Counter(task.task_key() for task in self.tasks)
        if max(keys.values()) > 1:
            raise SettingsError(
                "'tasks' has the same task twice, with the same settings; expected different ones"
            )
        if len(set(self.hidden)) < len(self.hidden):
            raise SettingsError("'hidden' has a name twice")
        self.hidden_settings()
        if not self.trained:
            raise SettingsError("'hidden' has the names of all tasks; expected one that is trained")

    @property
    def trained(self) -> dict[str, Member]:
        """The tasks that a search trains on, by their labels, in an order that is not that of ``tasks``."""
        return {label: task for label, (task, _) in self._labeled.items()}

    @property
    def threads(self) -> int:
        """Processor threads of a training: those of the task with the most."""
        return max(task.threads for task in self.tasks)

    @property
    def packages(self) -> dict[str, str]:
        """Names and versions of the packages that tasks come from, hidden ones included."""
        found: dict[str, str] = {}
        for task in (*self.tasks, *self.hidden_settings()):
            found |= getattr(task, "packages", {})
        return found

    def hidden_settings(self) -> tuple[Member, ...]:
        """Return the settings of the hidden tasks, in the order of ``hidden``, which confirm a search.

        Raises:
            SettingsError: a name is none of ``tasks`` and has no defaults.
        """
        found: list[Member] = []
        for name in self.hidden:
            own = [task for task in self.tasks if task_name(task) == name]
            if not own and name == IMAGES:
                raise SettingsError(f"'hidden' has '{name}'; expected its settings among 'tasks'")
            found += [self._split(task) for task in own or [settings_of(name, path=("hidden",))()]]
        return tuple(found)

    def score(self, label: str, fitness: float) -> float:
        """Return the score of a fitness on a task."""
        low, high = self._labeled[label][1]
        return max(0.0, (fitness - low) / (high - low))

    @property
    def chance(self) -> float:
        """The fitness where nothing is learned on any task; a training without a fitness counts as it."""
        scores = [self.score(label, task.chance) for label, task in self.trained.items()]
        return math.fsum(scores) / len(scores)

    def task_key(self) -> str:
        """Return a name for the tasks and their budgets.

        Settings that change no fitness of the store are not part of it: ``combine`` and what is hidden.
        """
        table = {
            "failing": self.failing,
            "tasks": sorted([task.task_key(), *scale] for task, scale in self._labeled.values()),
        }
        digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()
        return f"{'+'.join(sorted(task_name(task) for task in self.trained.values()))}-{digest[:12]}"

    def replace(self, **changes: Any) -> SeveralSettings:
        """Return a copy with changes, which is checked like new settings."""
        return dataclasses.replace(self, **changes)

    @cached_property
    def _labeled(self) -> Mapping[str, tuple[Member, tuple[float, float]]]:
        shown = [
            (self._split(task), scale)
            for task, scale in zip(self.tasks, self._scales(), strict=True)
            if task_name(task) not in self.hidden
        ]
        times = Counter(task_name(task) for task, _ in shown)
        labels = [task_name(task) if times[task_name(task)] == 1 else task.task_key() for task, _ in shown]
        return dict(sorted(zip(labels, shown, strict=True), key=lambda row: row[0]))

    def _scales(self) -> list[tuple[float, float]]:
        low = self.low or tuple(task.chance for task in self.tasks)
        return list(zip(low, self.high or (1.0,) * len(self.tasks), strict=True))

    def _split(self, task: Member) -> Member:
        if self.split == "validation" or getattr(task, "split", self.split) == self.split:
            return task
        changed: Member = task.replace(split=self.split)
        return changed


def task_name(task: Member) -> str:
    """Return the name of a task that settings are of."""
    return task.task if isinstance(task, Budget) else IMAGES
