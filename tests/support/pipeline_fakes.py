"""A sequence of every kind of stage whose trainings are arithmetic, and what trains in its experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from nos_sym.search.results import Evaluated, Trained
from support.fake_trainer import body_of, number_of
from support.store_fakes import SizedTrainer

SEARCH = """
command = "evolve"
trainer = "sized"
initial_factor = 2
time_steps = 1
"""

STAGES = f"""
[search]{SEARCH}
particles = 2
mutations = 2

[other]{SEARCH}
particles = 1
seed = 1
mutations = 2

[elimination]
command = "eliminate"
of = ["search", "other"]
candidates = 3
stages = [{{ base = 4, steps = 10, repeats = 2, keep = 2 }}]
pool.pick = 2
second = {{ time_steps = 1, mutations = 1, repeats = 1, keep = 2 }}
final = {{ report = 3, stages = [{{ base = 4, steps = 10, repeats = 2, keep = 2 }}] }}

[again]
command = "eliminate"
of = ["elimination"]
pick = ["proposed"]

[of-adam]{SEARCH}
particles = 1
initial = ["AdamSearch"]
mutations = 4
genome.only_decays = true

[schedules]
command = "schedules"
of = ["of-adam"]
number = 2

[digits]
command = "transfer"
task = "digits"
optimizers = ["Adam", "SGD"]
best = {{ again = 1, schedules = 1 }}
rates = [0.1, 0.01]
repeats = 2

[paper]
command = "paper"
top = 3
"""


class FakeTransfer:
    """Scores a transfer training by what the file computes, its rate and its seed, without training it."""

    name, backend = "fake-transfer", "torch"
    calls: ClassVar[list[int]] = []

    def train(self, source: Path, class_name: str, settings: Any, seed: int) -> Trained:
        if SizedTrainer.stop_after and SizedTrainer.stop_after[0] <= len(SizedTrainer.calls) + len(
            self.calls
        ):
            raise KeyboardInterrupt
        self.calls.append(seed)
        body = body_of(source.read_text(encoding="utf-8"))
        return Evaluated(0.5 + 0.4 * number_of(f"{body} {settings.learning_rate} {seed}"), 0.1)


def trainings() -> int:
    """Return how many trainings of every kind were made."""
    return len(SizedTrainer.calls) + len(FakeTransfer.calls)
