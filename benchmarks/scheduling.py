"""Time of a scheduling decision against the length of a search: it does not grow with the run.

A decision is all that happens between two trainings but for drawing genomes and writing the store: archive,
algorithm and queue of jobs take in a result and hand out what follows. Printed are microseconds a result,
means of the 51st to 100th result, the 501st to 1,000th, and the 5,001st to 10,000th.

    python benchmarks/scheduling.py
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

from drawn_without_genomes import nothing_drawn

from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.algorithms.protocol import SearchAlgorithm
from nos_sym.search.algorithms.random_search import RandomSearch
from nos_sym.search.algorithms.regularized_evolution import RegularizedEvolution
from nos_sym.search.archive import Archive
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.executors.protocol import Job, JobQueue
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.own_pace import PacedArchive
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.settings import Dedup, SearchSettings, preset
from nos_sym.search.store.store import Store

AT = (100, 1_000, 10_000)


def outcome(candidate: Candidate) -> Evaluated | Rejected:
    """Return a fate that is a function of the slot; a third fail."""
    digest = hashlib.blake2b(str(candidate.slot).encode(), digest_size=4).digest()
    value = int.from_bytes(digest, "big") / 2**32
    return Rejected("failed") if value < 1 / 3 else Evaluated(value)


def seconds_of_decisions(algorithm: SearchAlgorithm, archive: Archive, proposer: Any) -> list[float]:
    """Return the seconds of each decision of a search."""
    queue, waiting, found = JobQueue(), dict[int, Candidate](), []
    number = 0
    while len(found) < AT[-1]:
        begun, drawing = time.perf_counter(), proposer.seconds
        for candidate in algorithm.ask():
            if not archive.answers(candidate):
                number += 1
                waiting[number] = candidate
                queue.add(Job(number, print, urgency=candidate.slot.urgency))
        result = archive.next_result()
        if result is None:
            taken = waiting.pop(next(queue).number)
            archive.add(Result(taken, outcome(taken), number))
            result = archive.next_result()
        assert result is not None
        algorithm.tell(result)
        found.append(time.perf_counter() - begun - (proposer.seconds - drawing))
    return found


def main() -> None:
    """Measure and print."""
    long = {"time_steps": 1000, "evaluations": 100_000}
    searches: dict[str, tuple[SearchSettings, type]] = {
        "particles": (preset("paper", **long), ParticleSearch),
        "particles with barriers": (preset("paper", barriers=True, **long), ParticleSearch),
        "regularized": (preset("paper", algorithm="regularized", **long), RegularizedEvolution),
        "random": (preset("paper", algorithm="random", **long), RandomSearch),
    }
    for name, (settings, algorithm) in searches.items():
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "run.db") as store:
            run = store.begin_run("search", name, settings.to_json())
            known = (Fingerprints(Dedup.EXACT), store, run.id, run.horizon, lambda task: task.task_key())
            archive = PacedArchive(*known, by_text=True) if name == "particles" else Archive(*known)
            proposer = nothing_drawn(by_text=True)
            found = seconds_of_decisions(algorithm(settings, proposer), archive, proposer)
        means = [sum(found[at // 2 : at]) / (at - at // 2) * 1e6 for at in AT]
        print(name, *(f"{at:,}: {mean:.0f} us" for at, mean in zip(AT, means, strict=True)), sep="  ")


if __name__ == "__main__":
    main()
