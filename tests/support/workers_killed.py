"""A search with two workers, to be killed: ``workers_killed.py STORE SEED`` begins it or goes on with it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.processes import Processes
from nos_sym.search.store.store import Store
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register


def main(path: Path, seed: int) -> None:
    register()
    task = {"name": "evolution", "seconds": 0.02}
    settings = fake_settings(seed, initial=["none ~ g"], training=task, genome={"hidden_nodes": 1})
    with Processes(2, gpus=()) as executor, Store.open(path) as store:
        evolve(settings, store, executor=executor, trainer=FakeTrainer(), resume=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
