"""What symbolic deduplication is worth: the same searches with it and without it, on the same budget of
trainings.

Every search has the same settings and seed but for what counts as known, and ends after the same number of
trainings. The task is small: a ConvNet of base 4 on scikit-learn's digits, 80 steps. Printed are, for each
way of deduplication: different optimizers among the trainings (by exact key), different ones that reached a
fitness, evaluations saved, the best fitness, and the mean of the ten best different optimizers.

    python benchmarks/dedup_search.py --seeds 3 --budget 150 --ways off exact scale
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.results import Trained
from nos_sym.search.settings import SearchSettings, settings_from_table, trainer_of
from nos_sym.search.store.store import Store

TRAINING = {
    "data": "digits",
    "base": 4,
    "steps": 80,
    "batch": 32,
    "warmup": 20,
    "hold": 20,
    "epoch_steps": 20,
    "augment": False,
    "learning_rates": [0.1, 0.01, 0.001],
    "first_steps": 20,
    "first_accuracy": 0.15,
    "second_after": 40,
    "second_accuracy": 0.2,
}


class BudgetSpent(NosSymError):
    """The trainings of a search are used up."""


@dataclass
class Budgeted:
    """A trainer that trains a number of times and then ends the search."""

    trainer: Any
    left: int
    name: str = field(init=False)
    backend: str = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.backend = self.trainer.name, self.trainer.backend

    def train(self, *arguments: Any) -> Trained:
        """Train once more, or say that the budget is spent."""
        if not self.left:
            raise BudgetSpent("the budget is spent")
        self.left -= 1
        result: Trained = self.trainer.train(*arguments)
        return result


@dataclass(frozen=True)
class Row:
    """What one search found."""

    trained: int
    distinct: int
    working: int
    saved: int
    best: float
    ten: float


def settings_of(seed: int, way: str, particles: int, mutations: int) -> SearchSettings:
    """Return the settings of a search, which has more time-steps than its budget allows."""
    return settings_from_table(
        {
            "seed": seed,
            "dedup": way,
            "particles": particles,
            "mutations": mutations,
            "initial_factor": 5,
            "time_steps": 1000,
            "training": TRAINING,
        }
    )


def measure(settings: SearchSettings, budget: int) -> Row:
    """Run a search until its budget is spent."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "run.db") as store:
        trainer = Budgeted(trainer_of(settings), budget)
        with contextlib.suppress(BudgetSpent):
            evolve(settings, store, executor=InProcess(), trainer=trainer)
        (run,) = store.runs()
        evaluations = list(store.evaluations(run.id))
        best: dict[str | None, float] = {}
        for e in evaluations:
            if e.fitness is not None:
                # Trained twice, an optimizer has two draws of the noise: the mean would be fairer, the best
                # is what a search sees.
                best[e.key] = max(best.get(e.key, 0.0), e.fitness)
        ranked = sorted(best.values(), reverse=True)
        return Row(
            len(evaluations),
            len({e.key for e in evaluations}),
            len(best),
            len(store.duplicates(run.id)),
            ranked[0],
            statistics.fmean(ranked[:10]),
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds")
    parser.add_argument("--budget", type=int, default=150, help="trainings of each search")
    parser.add_argument("--particles", type=int, default=4)
    parser.add_argument("--mutations", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=["off", "exact", "scale"])
    options = parser.parse_args()
    print(f"budget {options.budget} trainings, {options.particles} particles, {options.mutations} mutations")
    print(
        f"{'dedup':<10}{'seed':>5}{'trained':>9}{'distinct':>10}{'working':>9}{'saved':>7}{'best':>9}{'ten':>9}"
    )
    for way in options.ways:
        rows = []
        for seed in range(options.seeds):
            started = time.perf_counter()
            row = measure(settings_of(seed, way, options.particles, options.mutations), options.budget)
            rows.append(row)
            print(
                f"{way:<10}{seed:>5}{row.trained:>9}{row.distinct:>10}{row.working:>9}{row.saved:>7}"
                f"{row.best:>9.4f}{row.ten:>9.4f}  {time.perf_counter() - started:.0f} s",
                flush=True,
            )
        means = [statistics.fmean(values) for values in zip(*(vars(r).values() for r in rows), strict=True)]
        print(
            f"{way:<10}{'mean':>5}{means[0]:>9.1f}{means[1]:>10.1f}{means[2]:>9.1f}{means[3]:>7.1f}"
            f"{means[4]:>9.4f}{means[5]:>9.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
