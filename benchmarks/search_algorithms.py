"""Search algorithms on the same budget of trainings, each with and without deduplication.

    python benchmarks/search_algorithms.py                             # ten seeds, about 20 minutes
    python benchmarks/search_algorithms.py --show                      # the tables of what is there
    python benchmarks/search_algorithms.py --quick --out /tmp/quick    # one seed and few trainings

Particles, regularized evolution and random search train exactly as many candidates each, for every seed. The
task is a network of one hidden layer on scikit-learn's digits (``searches/digits.py``), since nothing can be
said of a random process without many seeds. The best optimizer so far is trained again with fresh seeds, on
images that no search sees: that is its *confirmed* accuracy. Intervals are of Student's t over seeds; two
ways are compared seed by seed, with an exact test and Holm's correction.

Every search is kept in ``OUT.json`` when it ends, and a run that is stopped goes on from there; the figure is
``OUT.svg``. All is a function of the seeds, but for rounding that differs between machines.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

from searches.curves import draw, lines
from searches.one import ALGORITHMS, DEDUPS, SETTINGS, Search, search, search_from_json

OUT = Path(__file__).parent / "results" / "search-algorithms"


def main() -> int:
    """Search, write figures, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="number of seeds")
    parser.add_argument("--trainings", type=int, default=160, help="trainings of each search")
    parser.add_argument("--repeats", type=int, default=5, help="fresh trainings of each that was best")
    parser.add_argument("--quick", action="store_true", help="one seed and 24 trainings")
    parser.add_argument(
        "--show", action="store_true", help="print and draw what is there, and search nothing"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="files of the results, without .json and .svg")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.trainings, options.repeats = 1, 24, 1
    asked = {"trainings": options.trainings, "repeats": options.repeats, "settings": SETTINGS}
    path = options.out.with_suffix(".json")
    found = read(path, asked, show=options.show)
    if not options.show:
        measure(found, options, path, asked)
    trainings = json.loads(path.read_text(encoding="utf-8"))["trainings"]
    print("\n".join(lines(found, trainings)))
    draw(found, trainings, options.out.with_suffix(".svg"))
    return 0


def measure(found: list[Search], options: argparse.Namespace, path: Path, asked: dict[str, Any]) -> None:
    """Run the searches that are missing, seed by seed."""
    import torch

    torch.set_num_threads(1)
    done = {(s.algorithm, s.dedup, s.seed) for s in found}
    for seed, algorithm, dedup in itertools.product(range(options.seeds), ALGORITHMS, DEDUPS):
        if (algorithm, dedup, seed) in done:
            continue
        started = time.perf_counter()
        ended = search(algorithm, dedup, seed, options.trainings, options.repeats)
        found.append(ended)
        write(path, found, asked)
        print(
            f"{seed:3} {algorithm:12}{dedup:6} {ended.confirmed(options.trainings):.4f} confirmed, "
            f"{time.perf_counter() - started:.0f} s",
            file=sys.stderr,
            flush=True,
        )


def read(path: Path, asked: dict[str, Any], *, show: bool) -> list[Search]:
    """Return the searches of a file; those of other settings are refused."""
    if not path.exists():
        if show:
            sys.exit(f"there is no '{path}'; leave '--show' out to make it")
        return []
    data = json.loads(path.read_text(encoding="utf-8"))
    if not show and any(data[name] != value for name, value in asked.items()):
        sys.exit(f"'{path}' is of other settings; give another --out, or remove it")
    return [search_from_json(row) for row in data["searches"]]


def write(path: Path, found: list[Search], asked: dict[str, Any]) -> None:
    """Write all searches, whole or not at all."""
    rows = ",\n".join(json.dumps(search.to_json()) for search in found)
    head = json.dumps(asked, indent=1)[:-2]
    new = path.with_suffix(".json.new")
    new.write_text(f'{head},\n "searches": [\n{rows}\n]\n}}\n', encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
