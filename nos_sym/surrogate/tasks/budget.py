"""The settings that every task has: its budget, and the protocol that it is trained under."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from nos_sym.search.records import check_domains, record_to_table
from nos_sym.surrogate.protocol import Split, check_protocol, expect
from nos_sym.surrogate.tasks.kinds import package_of

DOMAINS = {
    "steps": (1, 10_000_000),
    "batch": (1, 1_000_000),
    "warmup": (0, 10_000_000),
    "hold": (0, 10_000_000),
    "epoch_steps": (1, 10_000_000),
    "second_after": (0, 10_000_000),
    "threads": (1, 1024),
}
"""Smallest and largest values."""

_MOST_DRAWN = 50_000_000
"""Numbers of rows that an epoch draws at once."""

_EXECUTION = ("device", "threads")
"""Settings of where a training runs, which change its result by rounding only."""


@dataclass(frozen=True)
class Budget:
    """Settings of a task; the settings of one's own are a frozen dataclass that is derived from this.

    A score is 0 where nothing is learned and 1 at best, as the metric of the task says.

    Attributes:
        task: name of the task, the default of the class.
        steps: length T of the whole run, in updates.
        batch: number of examples per update.
        warmup: steps of the linear warm-up of the one-cycle schedule.
        hold: steps at the peak learning rate after it.
        momentum_high: momentum at both ends of the cycle, for optimizers that have one.
        momentum_low: momentum at the peak learning rate.
        epoch_steps: length of an epoch in steps; the training score is a mean over it, and the model is
            validated at its end.
        learning_rates: peak learning rates that the first early stop tries.
        first_steps: number of steps at each of them; 0 leaves out the first early stop, and then there must
            be one learning rate.
        first_score: training score of an epoch that one of them must reach.
        probes: learning rates that are tried first; if all of them stay below ``probe_score``, the others are
            not tried.
        probe_score: training score that one of the probes must reach.
        second_after: number of steps of the whole run after which the second early stop looks at epochs.
        second_score: training score of an epoch below which it ends the run; with 0 it never does.
        split: the part on which the fitness is measured; the best epoch is that on validation in either case.
        device: a name of torch; ``auto`` is a GPU if there is one, which does not pay for small models.
        threads: number of processor threads of a training.
    """

    task: str = ""
    steps: int = 400
    batch: int = 32
    warmup: int = 40
    hold: int = 0
    momentum_high: float = 0.95
    momentum_low: float = 0.85
    epoch_steps: int = 50
    learning_rates: tuple[float, ...] = (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
    first_steps: int = 100
    first_score: float = 0.1
    probes: tuple[float, ...] = ()
    probe_score: float = 0.1
    second_after: int = 200
    second_score: float = 0.15
    split: Split = "validation"
    device: str = "cpu"
    threads: int = 1

    def __post_init__(self) -> None:
        check_domains(self, DOMAINS)
        for name in ("first_score", "probe_score", "second_score"):
            expect(self, name, 0 <= getattr(self, name) <= 1, "a number in [0, 1]")
        check_protocol(self)
        most = _MOST_DRAWN // self.batch
        expect(
            self, "epoch_steps", min(self.epoch_steps, self.steps) <= most, f"at most {most} with this batch"
        )

    @property
    def measure(self) -> str:
        """What a training is measured in."""
        return "score"

    @property
    def halving(self) -> tuple[int, ...]:
        """Steps after which half of the learning rates end: none, which images alone may have."""
        return ()

    @property
    def curve_steps(self) -> tuple[int, ...]:
        """Steps after which a curve may end a training: none."""
        return ()

    @property
    def curve_accuracies(self) -> tuple[float, ...]:
        """What it must reach there."""
        return ()

    @property
    def check_every(self) -> int:
        """Steps between two looks at the losses."""
        return 20

    @property
    def first_epoch_steps(self) -> int:
        """Epochs of the first early stop are as long as those of the whole run."""
        return 0

    @property
    def first_judged(self) -> str:
        """The best epoch of the first early stop counts."""
        return "best"

    @property
    def first_cut_after(self) -> int:
        """No learning rate ends early there."""
        return 0

    @property
    def first_cut_score(self) -> float:
        """So no score is asked for."""
        return 0.0

    @property
    def chance(self) -> float:
        """The score of a model that has learned nothing; a training without a fitness counts as it."""
        return 0.0

    @property
    def packages(self) -> dict[str, str]:
        """Name and version of the package that the task comes from, where it is a plug-in's."""
        package = package_of(self.task)
        return {f"task {self.task}": package} if package else {}

    def task_key(self) -> str:
        """Return a name for task and budget; fitness values are compared only where this name is the same.

        A task of a package has name and version of the package in it.
        """
        table = {name: value for name, value in record_to_table(self).items() if name not in _EXECUTION}
        if table["split"] == "validation":
            del table["split"]
        digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()
        package = package_of(self.task)
        name = f"{self.task} ({package})" if package else self.task
        return f"{name}-steps{self.steps}-{digest[:12]}"

    def replace(self, **changes: Any) -> Any:
        """Return a copy with changes, which is checked like new settings."""
        return dataclasses.replace(self, **changes)
