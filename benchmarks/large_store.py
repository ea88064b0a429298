"""What a store of many evaluations costs: ``top``, ``runs``, a resumed search, and the import of a log.

The store is made first (:mod:`tests/support/large_stores.py`): a search of the particle algorithm that was
interrupted before its last trainings. Each command is a process of its own, which imports what it needs and
reads the catalog before its clock begins; what is measured is processor time, the smallest of several runs,
and the largest memory. The log has as many lines, of so many different rules, which are parsed and whose keys
are computed once each.

    python benchmarks/large_store.py --repeats 3 --json benchmarks/results/large-store.json
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import gc

from support.large_stores import make_large_store, register

from nos_sym.algebra.levels import Level
from nos_sym.errors import NosSymError
from nos_sym.genome.decode import decode
from nos_sym.language.authors.printer import print_authors
from nos_sym.search.algorithms.proposing import sample_draw
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.reports.summary import summarize
from nos_sym.search.settings import Dedup, preset
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.authors_import import import_log, read_log
from nos_sym.search.store.store import Store


def top(store: Path, level: Level = Level.EXACT) -> None:
    """Do what ``nos-sym top`` does."""
    with Store.read(store) as opened:
        describe(hall_of_fame(opened, limit=10, level=level).entries)


def runs(store: Path) -> None:
    """Do what ``nos-sym runs`` does."""
    with Store.read(store) as opened:
        summarize(opened)


def resume(store: Path) -> None:
    """Do what ``nos-sym evolve --resume`` does."""
    with Store.open(store) as opened:
        evolve(interrupted_settings(opened), opened, executor=InProcess(), resume=True)


def import_(store: Path) -> None:
    """Do what ``nos-sym import`` does."""
    with Store.open(store.with_suffix(".imported")) as opened:
        import_log(read_log(store.with_suffix(".log")), opened)


COMMANDS: dict[str, Callable[[Path], None]] = {
    "top": top,
    "top --level schedule": lambda store: top(store, Level.SCHEDULE),
    "runs": runs,
    "evolve --resume": resume,
    "import": import_,
}


def child(command: str, store: Path) -> None:
    """Run a command in this process and print what it took."""
    register()
    catalog_index(Fingerprints(Dedup.EXACT))
    import nos_sym.codegen.render
    import nos_sym.surrogate.trainer  # noqa: F401 - imported before the clock begins

    gc.freeze()
    begun = time.process_time()
    COMMANDS[command](store)
    seconds = time.process_time() - begun
    mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "mebibytes": mebibytes}))


def write_log(path: Path, evaluations: int, rules: int) -> None:
    """Write a log in the authors' layout, with particles, time-steps, failures and choices."""
    draw, rng, texts, number = sample_draw(preset("paper")), random.Random(1), dict[str, None](), 0
    while len(texts) < rules:
        with contextlib.suppress(NosSymError):
            genome = draw(Slot(Stage.RANDOM, number).generator(0, 0))
            texts[print_authors(decode(genome))] = None
        number += 1
    each, written = list(texts), 0
    with path.open("w", encoding="utf-8") as file:
        particles = max(1, evaluations // 36)
        for particle in range(particles):
            start = f"INIT PARTICLE {particle + 1}/{particles} : {each[written % len(each)]}"
            file.write(f"INFO:root:{start} : val: 0.7 - Time: 100.0\n")
            written += 1
            for step in range(5):
                file.write(f"INFO:root:Depth: {step + 1}/5\n")
                children = []
                for _ in range(7):
                    text, value = each[written % len(each)], rng.random()
                    written += 1
                    children.append((value, text))
                    end = " : FAILED" if value < 0.3 else f" val: {value:.4f} - Time: {100 * value:.1f}"
                    file.write(f"INFO:root:{text}{end}\n")
                value, text = max(children)
                if value >= 0.3:
                    file.write(f"INFO:root:Chosen {text} : {value:.4f} - ACCUMULATIVE TIME: 400.0\n")


def measure(command: str, store: Path, repeats: int) -> dict[str, Any]:
    """Return the smallest processor time of several runs, each on a copy of the store."""
    found = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "run.db"
            shutil.copy(store, copy)
            shutil.copy(store.with_suffix(".log"), copy.with_suffix(".log"))
            done = subprocess.run(
                [sys.executable, __file__, "--child", command, str(copy)],
                capture_output=True,
                text=True,
                check=True,
                timeout=900,
            )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    best = min(found, key=lambda row: row["seconds"])
    return {"seconds": round(best["seconds"], 2), "mebibytes": round(max(r["mebibytes"] for r in found))}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=2000, help="different rules of the log")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--store", type=Path, help="keep the store here, or take it from here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", nargs=2)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child[0], Path(arguments.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        store = arguments.store or Path(folder) / "run.db"
        if not store.exists():
            make_large_store(store, arguments.evaluations)
        write_log(store.with_suffix(".log"), arguments.evaluations, arguments.rules)
        rows = {command: measure(command, store, arguments.repeats) for command in COMMANDS}
        with Store.read(store) as opened:
            count = sum(1 for _ in opened.scores())
        size = store.stat().st_size
    for command, row in rows.items():
        print(f"{command:22} {row['seconds']:6.2f} s  {row['mebibytes']:5} MiB")
    if arguments.json:
        table = {
            "evaluations": count,
            "bytes": size,
            "lines": arguments.evaluations,
            "rules": arguments.rules,
            "repeats": arguments.repeats,
            "processor seconds beside start-up, and memory": rows,
        }
        arguments.json.write_text(f"{json.dumps(table, indent=2)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
