"""Measures how many of the equalities that the algebra claims have a proof that the checker accepts.

    .venv/bin/python benchmarks/proofs.py [--log LOG] [--level LEVEL] [--seconds SECONDS] [--limit N]

The equalities are those of neighbors in a class of the authors' log (texts that differ), and of each rule of
the catalog and its canonical form. Where an equality fails at zeros, that it has no proof is right.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nos_sym import catalog
from nos_sym.algebra.levels import Level, level_key
from nos_sym.algebra.text import canonical_rule
from nos_sym.language.authors.log import read_authors_text
from nos_sym.language.rule import Rule
from nos_sym.proof.checker import check_proof
from nos_sym.proof.search.producer import prove

LOG = Path(__file__).parents[2] / "shared" / "data" / "authors_run_first_half.log"


def pairs_of_log(path: Path, level: Level) -> Iterator[tuple[str, Rule, Rule]]:
    """Yield neighbors with one key, whose updates are not the same expression."""
    classes: dict[str, list[Rule]] = {}
    for rule in read_authors_text(path.read_text(encoding="utf-8")):
        if isinstance(rule, Rule):
            members = classes.setdefault(level_key(rule, level), [])
            if rule not in members:
                members.append(rule)
    for members in classes.values():
        for a, b in pairwise(members):
            yield "log", a, b


def pairs_of_catalog() -> Iterator[tuple[str, Rule, Rule]]:
    """Yield each rule of the catalog with its canonical form."""
    for entry in catalog.entries():
        if isinstance(entry, Rule):
            yield entry.name, entry, canonical_rule(entry)


def main() -> None:
    """Print a line for each missing proof, and the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, default=LOG)
    parser.add_argument("--level", default="exact")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--only", choices=("log", "catalog"))
    options = parser.parse_args()
    level = Level(options.level)
    pairs: list[tuple[str, Rule, Rule]] = []
    if options.only != "catalog":
        pairs += list(pairs_of_log(options.log, level))[: options.limit]
    if options.only != "log":
        pairs += list(pairs_of_catalog())
    producing, checking, sizes, missing = [], [], [], 0
    for name, a, b in pairs:
        start = time.perf_counter()
        proof = prove(a, b, level, seconds=options.seconds)
        producing.append(time.perf_counter() - start)
        if proof is None:
            missing += 1
            print(f"no proof in {producing[-1]:.1f} s: {name}\n  {a}\n  {b}", flush=True)
            continue
        text = str(proof)
        start = time.perf_counter()
        check_proof(text)
        checking.append(time.perf_counter() - start)
        sizes.append(len(text))
    print(f"{len(pairs) - missing} of {len(pairs)} equalities have an accepted proof")
    figures = ("seconds to produce", producing), ("seconds to check", checking), ("characters", sizes)
    for what, values in figures:
        if values:
            print(f"{what}: median {statistics.median(values):.2f}, most {max(values):.2f}")


if __name__ == "__main__":
    main()
