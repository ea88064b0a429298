"""Runs cases on processes that are joined by gloo: all in one start, which is what takes time.

A module of cases has functions that take :class:`Rank`; a case passes where it returns on every rank.
Started as a program this module is one of the processes.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import IO

from support.compiled_steps import environment

SECONDS = 150
"""Within which all cases of a start end; about four times what they take on two idle cores."""


@dataclass(frozen=True)
class Rank:
    """A process.

    Attributes:
        number: from 0.
        ranks: how many there are.
        folder: which they share, with rendered files in it.
    """

    number: int
    ranks: int
    folder: Path

    def file(self, name: str) -> ModuleType:
        """Return a rendered file of the folder as a module."""
        if str(self.folder) not in sys.path:
            sys.path.insert(0, str(self.folder))
        return importlib.import_module(name)


Case = Callable[[Rank], None]


def cases_of(*modules: str) -> dict[str, Case]:
    """Return the cases of some modules of this package by name, in their order."""
    return {
        f"{module.removesuffix('_cases')}.{name}": case
        for module in modules
        for name, case in importlib.import_module(f"support.{module}").CASES.items()
    }


def launch(
    modules: tuple[str, ...],
    files: dict[str, str],
    folder: Path,
    cache: Path,
    ranks: int = 2,
    seconds: float = SECONDS,
) -> dict[str, str]:
    """Run all cases of some modules; return what each came to: an empty text, or the error of each rank.

    A case fails on all ranks or on none, for they wait for each other; after one that fails none runs.

    Args:
        modules: of the cases.
        files: texts of the rendered files, by name without ending.
        folder: an empty one.
        cache: a folder for what is compiled.
        ranks: how many processes.
        seconds: within which they end.
    """
    for name, text in files.items():
        (folder / name).with_suffix(".py").write_text(text, encoding="utf-8")
    given = environment(cache) | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    line = [sys.executable, "-X", "faulthandler", "-m", "support.distributed", ",".join(modules), str(folder)]
    logs = [(folder / f"said_{rank}").open("w+", encoding="utf-8") for rank in range(ranks)]
    processes = [
        subprocess.Popen([*line, str(rank), str(ranks)], env=given, stdout=log, stderr=subprocess.STDOUT)
        for rank, log in enumerate(logs)
    ]
    try:
        end = time.monotonic() + seconds
        for process in processes:
            process.wait(max(0.1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        pass
    finally:
        for process in processes:
            process.kill()
            process.wait()
    said = [_end_of(log) for log in logs]
    results = [_results(folder, rank) for rank in range(ranks)]
    names = [name for name in results[0] if all(name in found for found in results)]
    found = {name: "".join(each[name] for each in results) for name in names}
    if any(process.returncode for process in processes):
        found["the start"] = "\n".join(said)
    return found


def _end_of(log: IO[str]) -> str:
    log.seek(0)
    with log:
        return log.read()[-2000:]


def _results(folder: Path, rank: int) -> dict[str, str]:
    place = folder / f"{rank}.json"
    found: dict[str, str] = json.loads(place.read_text()) if place.exists() else {}
    return found


def _work(modules: str, folder: Path, number: int, ranks: int) -> None:
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    store = (folder / "store").as_uri()
    dist.init_process_group(
        "gloo", init_method=store, rank=number, world_size=ranks, timeout=timedelta(seconds=30)
    )
    rank, results = Rank(number, ranks, folder), {}
    for name, case in cases_of(*modules.split(",")).items():
        try:
            torch.manual_seed(0)
            case(rank)
            dist.barrier()
            results[name] = ""
        except Exception:
            results[name] = f"rank {number}: {traceback.format_exc()}"
        (folder / f"{number}.json").write_text(json.dumps(results))
        if results[name]:  # the other processes wait for what does not come
            os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
