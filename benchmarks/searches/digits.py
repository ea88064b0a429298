"""A task that costs a fifteenth of a second: a network of one hidden layer on scikit-learn's digits.

It has the protocol of the surrogate in small (a first early stop over learning rates, a second one within the
run), and three parts of the images: those that are trained on, those that give the fitness, and those that
no search sees.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

import nos_sym
from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained

HELD_OUT = 360
"""Images that give the fitness, and as many that confirm it; they are of writers that come last."""

Split = Literal["validation", "test"]


@dataclass(frozen=True, slots=True)
class DigitsTask:
    """Settings of a training.

    Attributes:
        split: images that the fitness is measured on; learning rate and epoch are always chosen on those of
            ``validation``.
        hidden: units of the hidden layer.
        batch: images of a step.
        learning_rates: learning rates that the first early stop tries.
        first_steps: steps with each of them.
        first_accuracy: accuracy on the training images that one of them must reach.
        steps: steps of the run with the best of them.
        epoch_steps: steps between measurements.
        second_accuracy: accuracy below which the run ends halfway.
    """

    split: Split = "validation"
    hidden: int = 16
    batch: int = 64
    learning_rates: tuple[float, ...] = (0.1, 0.01, 0.001)
    first_steps: int = 10
    first_accuracy: float = 0.15
    steps: int = 40
    epoch_steps: int = 10
    second_accuracy: float = 0.2

    def task_key(self) -> str:
        """Return a name for task and budget."""
        of = "" if self.split == "validation" else f" {self.split}"
        return f"digits, {self.hidden} hidden units, {self.steps} steps{of}"


@cache
def images() -> dict[str, tuple[Tensor, Tensor]]:
    """Return the images and their classes by part."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32)
    y = torch.tensor(digits.target)
    ends = (len(x) - 2 * HELD_OUT, len(x) - HELD_OUT)
    x = (x - x[: ends[0]].mean()) / x[: ends[0]].std()
    names = ("training", "validation", "test")
    parts = zip(torch.tensor_split(x, ends), torch.tensor_split(y, ends), strict=True)
    return dict(zip(names, parts, strict=True))


class Digits:
    """Trains the network with the optimizer of a rendered file."""

    name, backend, settings = "digits", "torch", DigitsTask

    def train(self, source: Path, class_name: str, settings: DigitsTask, seed: int) -> Trained:
        """Return the accuracy of the best epoch, or why there is none."""
        started = time.perf_counter()
        found = {
            rate: self._run(source, class_name, settings, seed, rate) for rate in settings.learning_rates
        }
        reached = {
            rate: run.accuracy("training") for rate, run in found.items() if run.advance(settings.first_steps)
        }
        if not reached:
            return Diverged("weights are not finite at every learning rate", seconds=_since(started))
        rate = max(reached, key=lambda r: reached[r])
        if reached[rate] < settings.first_accuracy:
            return Rejected("no learning rate reached the first accuracy", _since(started))
        run = self._run(source, class_name, settings, seed, rate)
        best = (-1.0, 0.0)
        for step in range(settings.epoch_steps, settings.steps + 1, settings.epoch_steps):
            if not run.advance(settings.epoch_steps):
                break
            best = max(best, (run.accuracy("validation"), run.accuracy(settings.split)))
            if 2 * step >= settings.steps and best[0] < settings.second_accuracy:
                break
        if best[0] < 0:
            return Diverged("weights are not finite", seconds=_since(started))
        return Evaluated(best[1], rate, _since(started))

    def _run(self, source: Path, class_name: str, settings: DigitsTask, seed: int, rate: float) -> _Run:
        return _Run(source, class_name, settings, seed, rate)


class _Run:
    """One network and its optimizer."""

    def __init__(self, source: Path, class_name: str, settings: DigitsTask, seed: int, rate: float) -> None:
        self._settings = settings
        torch.manual_seed(seed)
        layers: list[Any] = [torch.nn.Linear(64, settings.hidden), torch.nn.Linear(settings.hidden, 10)]
        self._layers = layers
        self._weights = [weight for layer in layers for weight in layer.parameters()]
        self._optimizer = nos_sym.build(
            source, self._weights, class_name=class_name, lr=rate, total_steps=settings.steps, momentum=0.9
        )
        self._batches = self._draw(torch.Generator().manual_seed(seed))

    def advance(self, steps: int) -> bool:
        """Train some steps, and return whether all weights are finite."""
        for _ in range(steps):
            x, y = next(self._batches)
            self._optimizer.zero_grad()
            functional.cross_entropy(self._logits(x), y).backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
        return all(bool(weight.isfinite().all()) for weight in self._weights)

    @torch.no_grad()
    def accuracy(self, part: str) -> float:
        """Return the share of images of a part whose class is right."""
        x, y = images()[part]
        return float((self._logits(x).argmax(1) == y).float().mean())

    def _logits(self, x: Tensor) -> Tensor:
        first, second = self._layers
        logits: Tensor = second(functional.relu(first(x)))
        return logits

    def _draw(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        x, y = images()["training"]
        while True:
            for chosen in torch.randperm(len(x), generator=generator).split(self._settings.batch):
                yield x[chosen], y[chosen]


def _since(started: float) -> float:
    return time.perf_counter() - started
