"""A search on a Ray cluster whose nodes a test kills: ``search_on_ray.py ADDRESS STORE``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.ray_executor import RayExecutor
from nos_sym.search.store.store import Store
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register


def main(address: str, path: Path) -> None:
    register()
    settings = fake_settings(7, time_steps=2, training={"name": "evolution", "seconds": 0.2})
    with RayExecutor(address=address) as executor, Store.open(path) as store:
        evolve(settings, store, executor=executor, trainer=FakeTrainer())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
