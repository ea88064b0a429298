"""Throughput of the integrity check, in optimizers a second of one core, against the plain version.

    python benchmarks/integrity.py [COUNT]

Random genomes of the authors' probabilities, decoded before; cold: the time includes lowering. The plain
version runs the interpreter for each learning rate and sign alone, on a sample of the same rules. Medians of
interleaved rounds, each with genomes of its own, in processor time; then the check at other sizes of a stack.
"""

from __future__ import annotations

import os

# Before NumPy is loaded: one core.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.plain_integrity import plain_losses

from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower
from nos_sym.search import integrity

ROUNDS = 5
PLAIN = 20
STACKS = (1, 8, 64, 256, 512, 1024)


def rate(call: Callable[[], object], count: int) -> float:
    """Return how many of ``count`` a call does in a second of processor time."""
    start = time.process_time()
    call()
    return count / (time.process_time() - start)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    settings = integrity.IntegritySettings()
    rng = np.random.default_rng(0)

    def draw() -> list[Rule]:
        return [decode(sample(rng)) for _ in range(count)]

    integrity.check(draw()[:8])  # imports
    figures: dict[str, list[float]] = {"check": [], "lowering alone": [], "plain": []}
    passed = 0
    for _ in range(ROUNDS):
        rules = draw()
        figures["check"].append(rate(lambda r=rules: integrity.check(r, settings), count))
        passed += sum(found.passed for found in integrity.check(rules, settings))
        other = draw()
        figures["lowering alone"].append(rate(lambda r=other: [lower(x) for x in r], count))
        few = rules[:PLAIN]
        figures["plain"].append(rate(lambda r=few: [plain_losses(x, settings) for x in r], PLAIN))
    plain = statistics.median(figures["plain"])
    print(f"{count} genomes a round, {ROUNDS} rounds, {passed / count / ROUNDS:.0%} pass\n")
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"{name:15} {median:8.0f} optimizers/s on one core  {median / plain:6.1f} x")

    rules = draw()
    integrity.check(rules)  # ranges of expressions are known from here on
    print("\nstack  optimizers/s, ranges known")
    for size in STACKS:
        integrity.STACK = size
        print(f"{size:5}  {rate(lambda: integrity.check(rules, settings), count):8.0f}")


if __name__ == "__main__":
    main()
