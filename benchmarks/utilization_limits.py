"""What keeps workers from the bound where times have long tails: not knowing them, and not the particles.

The clock, the fates and the bound are those of ``benchmarks/utilization.py``. Beside the order of a search
stand two that no search can have:

* *times known*: whoever has the longest rest of its particle before it comes first. It shows whether the
  bound can be reached.
* *no particles*: all trainings of the same search wait from the beginning, and nothing waits for anything
  else. Times are not known, and drawn alike; no order of trainings that have to be begun without knowing how
  long they take ends earlier on the average.

    python benchmarks/utilization_limits.py [--searches 10]
"""

from __future__ import annotations

import argparse
import heapq
import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from utilization import ORDERS, RESULTS, Clocked, Fates, Order, Times, bounds, simulate

from nos_sym.search.settings import SearchSettings, preset
from nos_sym.search.slots import Slot, Stage

OUT = Path(__file__).parent / "results" / "utilization-limits.json"
BEHIND, LAST = "who is behind first", "who is behind first, starts at last"


def longest_rest_first(settings: SearchSettings, fates: Fates) -> Order:
    """Return the order by what a particle still has before it, from the training on: known to nobody."""
    rest: dict[Slot, float] = {}
    for particle in range(settings.particles):
        after = 0.0
        for step in reversed(range(settings.time_steps)):
            longest = 0.0
            for child in range(settings.mutations):
                chain = []
                for attempt in range(settings.failures):
                    slot = Slot(Stage.CHILD, particle, step, child, attempt)
                    fate = fates.of(slot)
                    chain.append((slot, fate.seconds))
                    if fate.fitness is not None:
                        break
                left = after
                for slot, seconds in reversed(chain):
                    left += seconds
                    rest[slot] = left
                longest = max(longest, left - after)
            after += longest
        start = Slot(Stage.PARTICLE, particle)
        rest[start] = fates.of(start).seconds
    return lambda slot: (-rest.get(slot, 0.0),)  # type: ignore[return-value]


def without_particles(found: Clocked, workers: int, seed: int) -> float:
    """Return the seconds of the same trainings where none waits for another, in an order drawn at random."""
    times = [fate.seconds for slot, fate in found.ended.items() if slot.stage is not Stage.INITIAL]
    ends = [0.0] * workers
    for i in np.random.default_rng(seed).permutation(len(times)):
        heapq.heapreplace(ends, ends[0] + times[int(i)])
    return max(ends)


def row(times: Times, workers: int, particles: int, searches: int, *, limits: bool) -> dict[str, Any]:
    """Return shares of the bound of the particles, means over searches of different seeds."""
    shares: dict[str, list[float]] = {BEHIND: [], LAST: []}
    if limits:
        shares |= {"times known": [], "no particles": []}
    for seed in range(searches):
        settings = preset("paper", seed=seed, particles=particles, barriers=False)
        fates = Fates(times, seed)
        orders = {BEHIND: ORDERS[BEHIND], LAST: ORDERS[LAST]}
        if limits:
            orders["times known"] = longest_rest_first(settings, fates)
        for name, order in orders.items():
            found = simulate(settings, fates, workers, order)
            _, bound, _ = bounds(found.ended, workers)
            shares[name].append(bound / (found.seconds - found.begun))
            if name == BEHIND and limits:
                means = statistics.mean(without_particles(found, workers, n) for n in range(20))
                shares["no particles"].append(bound / means)
    means = {name: round(statistics.mean(values), 3) for name, values in shares.items()}
    return {"workers": workers, "particles": particles, "share of the bound": means}


def main() -> None:
    """Simulate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--searches", type=int, default=10, help="number of seeds")
    options = parser.parse_args()
    times = Times(**json.loads(RESULTS.read_text(encoding="utf-8"))["times"])
    rows = []
    for name, drawn, particles in (
        ("log", times, 50),
        *(("log-normal, sigma 1", replace(times, sigma=1.0), n) for n in (50, 100, 150, 200)),
    ):
        rows.append({"times": name} | row(drawn, 64, particles, options.searches, limits=particles == 50))
        print(json.dumps(rows[-1]), flush=True)
    table = {"searches": options.searches, "rows": rows}
    OUT.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
