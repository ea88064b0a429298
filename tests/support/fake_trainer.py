"""A trainer that is a pure function, in a module of its own, which workers import in no time."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained


@dataclass(frozen=True, slots=True)
class FakeTask:
    """A task whose trainings are arithmetic.

    ``noise`` is what a seed changes of a fitness, ``hang`` the share of optimizers that never end.
    """

    name: str = "fake"
    noise: float = 0.01
    seconds: float = 0.0
    hang: float = 0.0

    def task_key(self) -> str:
        return f"{self.name}-{self.noise}"


@dataclass(frozen=True, slots=True)
class FakeTrainer:
    """Reads the rendered file and answers by a digest of what it computes; a third of them fail."""

    name: str = "fake"
    backend: str = "torch"

    def train(self, source: Path, class_name: str, settings: FakeTask, seed: int) -> Trained:
        text = source.read_text(encoding="utf-8")
        assert f"class {class_name}" in text
        time.sleep(settings.seconds)
        value = number_of(f"{settings.name} {body_of(text)}")
        while number_of(f"hang {body_of(text)}") < settings.hang:
            time.sleep(60)
        if value < 0.3:
            return Rejected("no learning rate reached 25 %")
        if value < 0.35:
            return Diverged("the loss is not a number", step=3)
        fitness = 0.9 * value + settings.noise * number_of(f"{seed} {value}")
        return Evaluated(fitness, 0.1, details={"seed": seed})


def body_of(source: str) -> str:
    """Return the update function of a rendered file."""
    return source[source.index("def update(") :].split("\n\n\n")[0]


def number_of(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") / 2**32
