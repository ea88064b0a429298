"""Kills searches: ``victims.py FOLDER KILLS SEED DEDUP`` runs one uninterrupted and one that is killed often.

A process of its own, because it forks: a search begins with everything imported, and is killed at a random
moment; the next one resumes it. The ways in turn: SIGKILL after some progress and time, mostly in a training;
the signal of a file that grew beyond a limit, which is within a write and leaves a part of it; SIGKILL within
a statement of SQLite. Prints JSON: both snapshots, how many evaluations each kill left, how many searches
were ended by each way, and which results had been told and were not in the store.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from nos_sym.search.candidates import Result
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store
from support.search_fakes import fake_settings, register, snapshot

WAYS = ("time", "file size", "statement")


class Teller(Listener):
    """Tells the number of every evaluation whose result the search has, through a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def result(self, result: Result) -> None:
        os.write(self._pipe, f"{result.evaluation}\n".encode())


def search(path: Path, settings: SearchSettings, pipe: int, statements: int = 0) -> None:
    with Store.open(path) as store:
        if statements:
            left = [statements]

            def count_down() -> None:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

            # Called after every few instructions of a statement; the last call is within one.
            store._connection.set_progress_handler(count_down, 3)
        evolve(settings, store, executor=InProcess(), resume=True, listener=Teller(pipe))


def killed(
    path: Path, settings: SearchSettings, way: str, target: int, rng: np.random.Generator
) -> tuple[bool, set[int]]:
    """Run a search in a child until it is killed.

    In the way ``time`` it waits for a number of evaluations: what counts is progress and not time alone, so
    that a busy machine kills no more and no less.

    Returns:
        Whether it was killed before its end, and the evaluations whose results it had.
    """
    ours, theirs = os.pipe()
    size = max((f.stat().st_size for f in path.parent.glob(f"{path.name}*") if f.is_file()), default=0)
    limit = size + int(rng.integers(0, 40_000))
    # What a resumed search reads of its store, and a few evaluations more.
    statements = int(rng.integers(1, min(3000, 300 + 40 * count(path))))
    seconds = float(rng.uniform(0, 0.02))
    child = os.fork()
    if child == 0:
        os.close(ours)
        if way == "file size":
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        search(path, settings, theirs, statements if way == "statement" else 0)
        os._exit(0)
    os.close(theirs)
    if way == "time":
        while count(path) < target and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    told = b""
    while part := os.read(ours, 65536):
        told += part
    os.close(ours)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), {int(number) for number in told.split(b"\n")[:-1]}


def numbers(path: Path) -> set[int]:
    try:
        with Store.read(path) as store:
            return {e.id for e in store.evaluations()}
    except StoreError:
        return set()


def count(path: Path) -> int:
    return len(numbers(path))


def main(folder: Path, kills: int, seed: int, dedup: str) -> None:
    register()
    task = {"name": "evolution", "seconds": 0.003}
    settings = fake_settings(seed, dedup=dedup, particles=3, training=task)
    rng = np.random.default_rng(seed)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    search(folder / "whole.db", settings, nowhere)
    total = count(folder / "whole.db")
    path = folder / "killed.db"
    counts = [0]
    ways: Counter[str] = Counter()
    lost: list[int] = []
    for kill in range(kills):
        # Some are killed while they begin or repeat what the store has, most within a few new evaluations.
        target = counts[-1] + int(rng.integers(0, 2 * total // kills)) if rng.random() < 0.8 else 0
        way = WAYS[kill % len(WAYS)]
        ended, told = killed(path, settings, way, target, rng)
        ways[way] += ended
        left = numbers(path)
        lost += sorted(told - left)
        counts.append(len(left))
    search(path, settings, nowhere)
    snapshots = []
    for name in ("whole.db", "killed.db"):
        with Store.read(folder / name) as store:
            (run,) = store.runs()
            assert run.finished is not None
            assert run.report is not None
            snapshots.append(snapshot(store, run.id) | {"trained": run.report["trained"]})
    found = {"whole": snapshots[0], "killed": snapshots[1]}
    print(json.dumps(found | {"counts": counts, "kills": ways, "lost": lost}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
