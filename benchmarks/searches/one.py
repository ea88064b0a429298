"""One search on the cheap task: what it trained, and what its best so far is worth, trained again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from nos_sym.codegen.render import render
from nos_sym.language.rule import Rule
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.results import fitness_of
from nos_sym.search.settings import SearchSettings, settings_from_table
from nos_sym.search.store.rows import Evaluation
from nos_sym.search.store.store import Store
from searches.digits import Digits, DigitsTask

ALGORITHMS = ("particles", "regularized", "random")
DEDUPS = ("exact", "off")

SETTINGS: dict[str, Any] = {
    "trainer": "searches.digits:Digits",
    # Particles: the initial population is trained on the task of the search, so its best need no second time.
    "particles": 4,
    "initial_factor": 5,
    "evaluate_particles": False,
    "mutations": 5,
    # Regularized evolution, one child at a time as in the article; random search draws as many at once.
    "population": 20,
    "sample": 5,
    "batch": 1,
}

FRESH = 1_000_003
"""The first seed of trainings that confirm; those of a search are drawn from its own seed."""


@dataclass(frozen=True)
class Incumbent:
    """An optimizer that was the best so far.

    Attributes:
        trainings: number of trainings after which it was.
        fitness: what the search saw, on the validation images.
        confirmed: accuracies of trainings with fresh seeds on images that the search did not see; 0 for one
            that ended without any.
    """

    trainings: int
    fitness: float
    confirmed: tuple[float, ...]


@dataclass(frozen=True)
class Search:
    """What one search found.

    Attributes:
        algorithm, dedup, seed: of the search.
        trainings: number of candidates that were trained.
        distinct: number of different optimizers among them, by exact key.
        with_fitness: number of different ones that reached a fitness.
        answered: number of candidates that the archive answered.
        redrawn: number of genomes that were drawn again, because their particle had the optimizer.
        incumbents: the best so far, each from the training on with which it was.
    """

    algorithm: str
    dedup: str
    seed: int
    trainings: int
    distinct: int
    with_fitness: int
    answered: int
    redrawn: int
    incumbents: tuple[Incumbent, ...]

    def confirmed(self, trainings: int) -> float:
        """Return the mean confirmed accuracy of the best so far after some trainings, 0 before the first."""
        held = [i for i in self.incumbents if i.trainings <= trainings]
        return fmean(held[-1].confirmed) if held else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the search as JSON data."""
        return asdict(self)


def search_from_json(data: dict[str, Any]) -> Search:
    """Read what :meth:`Search.to_json` wrote."""
    found = (Incumbent(i["trainings"], i["fitness"], tuple(i["confirmed"])) for i in data["incumbents"])
    return Search(**data | {"incumbents": tuple(found)})


def settings_of(algorithm: str, dedup: str, seed: int, trainings: int) -> SearchSettings:
    """Return the settings of a search, which trains exactly so many candidates."""
    return settings_from_table(
        SETTINGS | {"algorithm": algorithm, "dedup": dedup, "seed": seed, "evaluations": trainings}
    )


def search(algorithm: str, dedup: str, seed: int, trainings: int, repeats: int) -> Search:
    """Run a search, and train each of its best ones again."""
    settings = settings_of(algorithm, dedup, seed, trainings)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "run.db") as store:
        run, report = evolve(settings, store, executor=InProcess())
        # In one process trainings end in the order in which they were asked for.
        evaluations = sorted(store.evaluations(run.id), key=lambda e: e.id)
        held = [(n, e) for n, e in enumerate(evaluations, 1) if _is_best(evaluations[:n])]
        incumbents = tuple(
            Incumbent(n, e.fitness or 0.0, confirm(e.read_rule(), repeats, Path(folder))) for n, e in held
        )
    return Search(
        algorithm,
        dedup,
        seed,
        len(evaluations),
        len({e.key for e in evaluations}),
        len({e.key for e in evaluations if e.fitness is not None}),
        report.answered.count,
        report.redrawn.count,
        incumbents,
    )


def _is_best(evaluations: Sequence[Evaluation]) -> bool:
    """Return whether the last of some evaluations is better than all before."""
    *before, last = [-1.0 if e.fitness is None else e.fitness for e in evaluations]
    return last >= 0 and last > max(before, default=-1.0)


def confirm(rule: Rule | None, repeats: int, folder: Path) -> tuple[float, ...]:
    """Return the accuracies of an optimizer on the images that no search sees, with fresh seeds."""
    assert rule is not None
    path = folder / "confirmed.py"
    path.write_text(render(rule.named("Confirmed", ""), "torch", fused=False), encoding="utf-8")
    task = replace(DigitsTask(), split="test")
    results = (Digits().train(path, "Confirmed", task, FRESH + repeat) for repeat in range(repeats))
    return tuple(fitness_of(result) or 0.0 for result in results)
