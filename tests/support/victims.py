"""Kills searches: ``victims.py FOLDER KILLS SEED DEDUP`` runs one uninterrupted and one that is killed often.

A process of its own, because it forks: a search begins with everything imported, and is killed (SIGKILL) at a
random moment; the next one resumes it. Prints JSON: both snapshots, and how many evaluations each kill left.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.settings import SearchSettings
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store
from support.search_fakes import fake_settings, register, snapshot


def search(path: Path, settings: SearchSettings) -> None:
    with Store.open(path) as store:
        evolve(settings, store, executor=InProcess(), resume=True)


def killed(path: Path, settings: SearchSettings, target: int, seconds: float) -> bool:
    """Run a search in a child, wait for a number of evaluations and a time, and kill it.

    Returns whether it was killed before its end. What it waits for is progress and not time alone, so that a
    busy machine kills no more and no less.
    """
    child = os.fork()
    if child == 0:
        search(path, settings)
        os._exit(0)
    while count(path) < target and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG):
        time.sleep(0.002)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def count(path: Path) -> int:
    try:
        with Store.read(path) as store:
            return len(store._rows("SELECT id FROM evaluations"))
    except StoreError:
        return 0


def main(folder: Path, kills: int, seed: int, dedup: str) -> None:
    register()
    task = {"name": "evolution", "seconds": 0.003}
    settings = fake_settings(seed, dedup=dedup, particles=3, training=task)
    rng = np.random.default_rng(seed)
    search(folder / "whole.db", settings)
    total = count(folder / "whole.db")
    counts = [0]
    ended_by_kill = 0
    for _ in range(kills):
        # Some are killed while they begin or repeat what the store has, most within a few new evaluations.
        target = counts[-1] + int(rng.integers(0, 2 * total // kills)) if rng.random() < 0.8 else 0
        ended_by_kill += killed(folder / "killed.db", settings, target, float(rng.uniform(0, 0.02)))
        counts.append(count(folder / "killed.db"))
    search(folder / "killed.db", settings)
    snapshots = []
    for name in ("whole.db", "killed.db"):
        with Store.read(folder / name) as store:
            (run,) = store.runs()
            assert run.finished is not None
            assert run.report is not None
            snapshots.append(snapshot(store, run.id) | {"trained": run.report["trained"]})
    print(
        json.dumps({"whole": snapshots[0], "killed": snapshots[1], "counts": counts, "kills": ended_by_kill})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
