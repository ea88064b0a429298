"""How busy the workers of a search are: a simulated clock drives the real algorithm and the real queue.

Nothing is trained. How long a training takes and whether it fails is drawn for its slot, alike for all ways
to schedule, from what the authors' log tells of theirs: the quantiles of the times of trainings that ended,
and the shares of those that failed. The log has no times of failures; they have a share of the time of a
training that ends, so that 2,250 slots take the six days that the paper names. The second distribution has
longer tails than the log: log-normal, with the same means.

A search takes at least the work divided by the workers, and at least its critical path: the longest training
of the initial population, and then the particle whose time-steps take longest, each as long as its slowest
child with the failures before it. Printed is that bound as a share of the time that the search takes, and the
share of their time in which workers are busy.

    python benchmarks/utilization.py [--searches 20] [--output utilization.json] [--log authors.log]
"""

from __future__ import annotations

import argparse
import heapq
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from drawn_without_genomes import nothing_drawn

from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.executors.protocol import Job, JobQueue
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.settings import SearchSettings, preset
from nos_sym.search.slots import Slot, Stage

RESULTS = Path(__file__).parent / "results" / "utilization.json"
WORKERS = (8, 64, 350, 1000)
_SECONDS_OF_ALL = 6 * 86400
"""The paper's run of 500 genomes, 50 starts and 1,750 children on one GPU."""

Order = Callable[[Slot], tuple[int, ...]]
"""Sorts the trainings that wait for a worker, the first ones first."""

ORDERS: dict[str, Order] = {
    "first come, first served": lambda slot: (),
    "who is behind first": lambda slot: slot.urgency,
    "who is behind first, starts before": lambda slot: (slot.time_step, -slot.attempt),
    "who is behind first, starts at last": lambda slot: (
        slot.stage is Stage.PARTICLE,
        slot.time_step,
        -slot.attempt,
    ),
    "who is ahead first": lambda slot: (slot.stage is Stage.PARTICLE, -slot.time_step, -slot.attempt),
}


@dataclass(frozen=True)
class Times:
    """Times of trainings in seconds.

    Attributes:
        initial, start, child: quantiles of trainings that ended, at equal distances from 0 to 1.
        initial_fails, child_fails: shares of candidates that fail the first early stop.
        failure: time of a failure as a share of one that ends.
        sigma: if above 0, times are log-normal with this deviation of the logarithm and the same means.
    """

    initial: tuple[float, ...]
    start: tuple[float, ...]
    child: tuple[float, ...]
    initial_fails: float
    child_fails: float
    failure: float
    sigma: float = 0.0


def read_times(log: Path) -> Times:
    """Return what the authors' log tells of times."""
    seconds: dict[str, list[float]] = {"initial": [], "start": [], "child": []}
    failed = {"initial": 0, "child": 0}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        found = re.search(r"(?<!ACCUMULATIVE )Time: ([\d.]+)", line)
        if found:
            kind = "initial" if " MODEL " in line else "start" if "INIT PARTICLE" in line else "child"
            seconds[kind].append(float(found[1]))
        elif "INIT MODEL ARCHITECTURE FAILED" in line:
            failed["initial"] += 1
        elif line.endswith(": FAILED"):
            failed["child"] += 1
    shares = {k: failed[k] / (failed[k] + len(seconds[k])) for k in failed}
    mean = {k: statistics.mean(v) for k, v in seconds.items()}
    ended = 500 * (1 - shares["initial"]) * mean["initial"] + 50 * mean["start"] + 1750 * mean["child"]
    tries = shares["child"] / (1 - shares["child"])
    failures = 500 * shares["initial"] * mean["initial"] + 1750 * tries * mean["child"]
    points = np.linspace(0, 1, 51)
    quantiles = {k: tuple(np.quantile(v, points).round(1).tolist()) for k, v in seconds.items()}
    share = (_SECONDS_OF_ALL - ended) / failures
    return Times(
        quantiles["initial"],
        quantiles["start"],
        quantiles["child"],
        round(shares["initial"], 4),
        round(shares["child"], 4),
        round(share, 4),
    )


@dataclass(frozen=True)
class Drawn:
    """Fate of a training: its time, and its fitness, ``None`` where it fails."""

    seconds: float
    fitness: float | None


class Fates:
    """The fate of every slot of a search, a function of the slot alone."""

    def __init__(self, times: Times, seed: int) -> None:
        self._times = times
        self._seed = seed

    def of(self, slot: Slot) -> Drawn:
        """Return what happens in a slot."""
        rng = slot.generator(self._seed, 0)
        times = self._times
        initial = slot.stage is Stage.INITIAL
        start = slot.stage is Stage.PARTICLE
        quantiles = times.initial if initial else times.start if start else times.child
        u, fails, fitness = rng.random(3)
        if times.sigma:
            mean = statistics.mean(quantiles)
            seconds = mean * float(np.exp(times.sigma * rng.standard_normal() - times.sigma**2 / 2))
        else:
            seconds = float(np.interp(u, np.linspace(0, 1, len(quantiles)), quantiles))
        if not start and fails < (times.initial_fails if initial else times.child_fails):
            return Drawn(times.failure * seconds, None)
        return Drawn(seconds, fitness)


@dataclass
class Clocked:
    """A search under the simulated clock.

    Attributes:
        ended: when each slot ended, and its fate.
        begun: when the particles began.
        seconds: when all ended.
    """

    ended: dict[Slot, Drawn]
    begun: float
    seconds: float


def simulate(settings: SearchSettings, fates: Fates, workers: int, order: Order) -> Clocked:
    """Return a search on so many workers."""
    algorithm = ParticleSearch(settings, nothing_drawn())
    queue, waiting = JobQueue(), dict[int, Candidate]()
    running: list[tuple[float, int]] = []
    ended: dict[Slot, Drawn] = {}
    clock, begun, count = 0.0, 0.0, 0
    while True:
        for candidate in algorithm.ask():
            if candidate.slot.stage is not Stage.INITIAL and not begun:
                begun = clock
            count += 1
            waiting[count] = candidate
            queue.add(Job(count, print, urgency=order(candidate.slot)))
        while len(running) < workers and len(queue):
            number = next(queue).number
            slot = waiting[number].slot
            ended[slot] = fates.of(slot)
            heapq.heappush(running, (clock + ended[slot].seconds, number))
        if not running:
            return Clocked(ended, begun, clock)
        clock, number = heapq.heappop(running)
        candidate = waiting.pop(number)
        fitness = ended[candidate.slot].fitness
        outcome = Rejected("failed") if fitness is None else Evaluated(fitness)
        algorithm.tell(Result(candidate, outcome, 0))


def bounds(ended: dict[Slot, Drawn], workers: int) -> tuple[float, float, float]:
    """Return the least times of initial population and particles, and the critical path of these."""
    chains: dict[tuple[int, int, int], float] = defaultdict(float)
    initial, work, longest = [0.0], 0.0, 0.0
    for slot, fate in ended.items():
        if slot.stage is Stage.INITIAL:
            initial.append(fate.seconds)
            continue
        work += fate.seconds
        longest = max(longest, fate.seconds)
        if slot.stage is Stage.CHILD:
            chains[slot.particle, slot.time_step, slot.child] += fate.seconds
    steps: dict[tuple[int, int], float] = defaultdict(float)
    for (particle, step, _), seconds in chains.items():
        steps[particle, step] = max(steps[particle, step], seconds)
    paths: dict[int, float] = defaultdict(float)
    for (particle, _), seconds in steps.items():
        paths[particle] += seconds
    path = max(paths.values(), default=0.0)
    return max(sum(initial) / workers, *initial), max(work / workers, path, longest), path


def row(
    times: Times, workers: int, barriers: bool, order: str, searches: int, particles: int
) -> dict[str, Any]:
    """Return the means over searches of different seeds."""
    shares, of_particles, busy, hours, paths = [], [], [], [], []
    for seed in range(searches):
        # The log has times and failures of the script, which replaces a failed child three times.
        settings = preset("paper", seed=seed, particles=particles, barriers=barriers, failures=4)
        found = simulate(settings, Fates(times, seed), workers, ORDERS[order])
        first, second, path = bounds(found.ended, workers)
        shares.append((first + second) / found.seconds)
        of_particles.append(second / (found.seconds - found.begun))
        busy.append(sum(f.seconds for f in found.ended.values()) / workers / found.seconds)
        hours.append(found.seconds / 3600)
        paths.append(path / 3600)
    return {
        "workers": workers,
        "particles": particles,
        "barriers": barriers,
        "order": order,
        "share of the bound, particles": round(statistics.mean(of_particles), 4),
        "least of any search": round(min(of_particles), 4),
        "share of the bound, whole search": round(statistics.mean(shares), 4),
        "workers busy": round(statistics.mean(busy), 4),
        "hours": round(statistics.mean(hours), 2),
        "hours of the critical path": round(statistics.mean(paths), 2),
    }


def main() -> None:
    """Simulate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--searches", type=int, default=20, help="number of seeds")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--log", type=Path, help="read times from the authors' log; by default as stored")
    options = parser.parse_args()
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))["times"] if RESULTS.exists() else None
    times = read_times(options.log) if options.log or stored is None else Times(**stored)
    fifo, chosen = "first come, first served", "who is behind first"
    plans: list[tuple[str, Times, int, bool, str, int]] = []
    for name, drawn in (("log", times), ("log-normal, sigma 1", replace(times, sigma=1.0))):
        for workers in WORKERS:
            plans.append((name, drawn, workers, True, fifo, 50))
            orders = tuple(ORDERS) if workers == 64 else (chosen,)
            plans += [(name, drawn, workers, False, order, 50) for order in orders]
    plans += [("log", times, 1000, False, chosen, particles) for particles in (100, 143, 200, 400)]
    rows = []
    for name, drawn, workers, barriers, order, particles in plans:
        rows.append({"times": name} | row(drawn, workers, barriers, order, options.searches, particles))
        print(json.dumps(rows[-1]), flush=True)
    table = {"searches": options.searches, "times": vars(times), "rows": rows}
    options.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
