"""Evaluations per minute of a search, where its time goes, and what ways to move the weights cost.

    python benchmarks/search_speed.py                                  # the demo, and ways to move weights
    python benchmarks/search_speed.py --against CHECKOUT --rounds 3    # another checkout, turn by turn
    python benchmarks/search_speed.py --quick                          # a search of few evaluations

The search is the preset ``demo`` with seed 3, in one process and on one thread. Evaluations per minute are of
the clock and of the processor; on a machine with other work only the second counts. Parts are what the loop
of a training calls, each without the parts in it.

The second table asks whether the compiled step (``fused=True``) pays: milliseconds of a step for the network
of the demo, whose weights are 14 tensors or one, and after how many steps of a training the compiler's time
is won back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from checkouts import run_in
from optimizer_steps.report import interval
from search_parts import moving

RULES = ("Adam", "Opt4", "Opt7", "Opt10", "none ~ tanh(ema(g, 0.9)) * drop(g, 0.1)")
_CHILD = "import sys, search_parts; search_parts.main(sys.argv[1:])"


def main() -> int:
    """Measure and print; return 1 where another checkout is faster, or finds something else."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout of the project")
    parser.add_argument("--rounds", type=int, default=1, help="searches of each checkout")
    parser.add_argument("--quick", action="store_true", help="a search of few evaluations")
    parser.add_argument("--json", type=Path, help="file for all figures")
    options = parser.parse_args()
    figures: dict[str, Any] = {"searches": searches(options), "steps": steps()}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    found = figures["searches"]
    if "other" not in found:
        return 0
    ratios = [a["processor"] / b["processor"] for a, b in zip(found["this"], found["other"], strict=True)]
    low, high = interval(ratios)
    print(
        f"\nthis / other, seconds of the processor: {statistics.median(ratios):.3f}, {low:.3f} to {high:.3f}"
    )
    return int(statistics.median(ratios) > 1)


def searches(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Run the searches in turns, print them, and return what was measured of each."""
    checkouts = {"this": Path(__file__).parents[1]}
    if options.against:
        checkouts["other"] = options.against
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in checkouts}
    for _ in range(options.rounds):
        for name, checkout in checkouts.items():
            # The parts of this file's checkout measure both: they wrap functions that both have.
            found[name].append(run_in(checkout, _CHILD, *(["--quick"] if options.quick else [])))
    for name, runs in found.items():
        show(name, runs)
    return found


def show(name: str, runs: list[dict[str, Any]]) -> None:
    """Print evaluations per minute, and the parts of the median run."""
    run = sorted(runs, key=lambda r: float(r["processor"]))[len(runs) // 2]
    count = run["evaluations"]
    minute = {what: 60 * count / run[what] for what in ("clock", "processor")}
    print(f"\n{name}: {count} evaluations, {minute['clock']:.1f} a minute of the clock, ", end="")
    print(f"{minute['processor']:.1f} of the processor; best fitness {run['best']:.4f}")
    for part, (seconds, calls) in sorted(run["parts"].items(), key=lambda item: -item[1][0]):
        print(f"  {seconds:7.2f} s  {seconds / run['processor']:4.0%}  {calls:6} x  {part}")


def steps() -> dict[str, Any]:
    """Print what a step costs in each way to move the weights, and return it."""
    found: dict[str, Any] = {}
    print(f"\n{'ms a step':44}{'14, eager':>10}{'14, fused':>10}{'1, eager':>10}{'1, fused':>10}", end="")
    print(f"{'compile, s':>12}{'pays after':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for rule in RULES:
            row = found[rule] = moving(rule, Path(folder))
            won = row["1, eager"] - row["1, fused"]
            after = f"{row['compile'] / won * 1e3:9.0f} steps" if won > 0 else "never"
            cells = "".join(f"{row[way]:10.3f}" for way in ("14, eager", "14, fused", "1, eager", "1, fused"))
            print(f"{rule:44}{cells}{row['compile']:12.2f}{after:>12}")
    return found


if __name__ == "__main__":
    started = time.perf_counter()
    code = main()
    print(f"\n{time.perf_counter() - started:.0f} seconds in all", file=sys.stderr)
    sys.exit(code)
