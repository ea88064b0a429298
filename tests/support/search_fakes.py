"""What tests of the search share: a trainer that is a pure function, and settings of a search of a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from nos_sym.search.executors.protocol import Done, Job, JobOutcome
from nos_sym.search.settings import SearchSettings, settings_from_table
from nos_sym.search.store.store import Store


def fake_settings(seed: int = 0, **changes: Any) -> SearchSettings:
    """Return the settings of a search of 16 genomes and 4 particles on the fake task."""
    table: dict[str, Any] = {
        "seed": seed,
        "particles": 4,
        "initial_factor": 4,
        "time_steps": 3,
        "mutations": 4,
        "trainer": "fake",
        "training": {"name": "evolution"},
        "initial_training": {"name": "initial"},
    }
    return settings_from_table(table | changes)


def register() -> None:
    """Make the fake trainer known by its name, as a trainer of the package is."""
    from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind

    TRAINERS["fake"] = TrainerKind("support.fake_trainer:FakeTrainer", "support.fake_trainer:FakeTask")


def snapshot(store: Store, run: int) -> dict[str, Any]:
    """Return all that a run has in a store, but for durations and the numbers of evaluations."""
    evaluations = {e.id: e for e in store.evaluations()}
    slots = {number: (e.run == run, e.slot) for number, e in evaluations.items()}
    return {
        "evaluations": sorted(
            (e.slot, e.task, e.seed, e.text, e.key, type(e.result).__name__, e.fitness, str(e.genome))
            for e in evaluations.values()
            if e.run == run
        ),
        "duplicates": [(*row[:5], slots.get(row[5])) for row in store.duplicates(run)],
        "moves": [(*row[:5], slots.get(row[5])) for row in store.moves(run)],
    }


class Shuffled:
    """An executor whose jobs end in a random order, as those of workers of different speed do."""

    name = "shuffled"

    def __init__(self, workers: int, seed: int) -> None:
        self.workers = workers
        self._rng = np.random.default_rng(seed)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, JobOutcome]]:
        source, running = iter(jobs), []
        while True:
            while len(running) < self.workers and (job := next(source, None)) is not None:
                running.append(job)
            if not running:
                return
            job = running.pop(int(self._rng.integers(len(running))))
            yield job.number, Done(job.function(*job.arguments))

    def close(self) -> None:
        pass

    def __enter__(self) -> Shuffled:
        return self

    def __exit__(self, *exception: object) -> None:
        pass
