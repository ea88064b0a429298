"""A trainer on an ill-conditioned quadratic: real rendered files, no randomness but what a seed shifts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

import nos_sym
from nos_sym.search.results import Diverged, Evaluated, Trained
from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind


@dataclass(frozen=True, slots=True)
class BowlTask:
    """``sum c_i (w_i - 1)^2 / 2`` from 0, with ``c`` from 0.1 to 10."""

    steps: int = 20
    lr: float = 0.05
    noise: float = 0.0
    split: str = "validation"
    chance: float = 0.0

    def task_key(self) -> str:
        return f"bowl of {self.steps} steps at {self.lr}, noise {self.noise}, {self.split}"


@dataclass(frozen=True, slots=True)
class BowlTrainer:
    """The fitness is ``1 / (1 + loss)`` after the last step."""

    name: str = "bowl"
    backend: str = "torch"

    def train(self, source: Path, class_name: str, settings: BowlTask, seed: int) -> Trained:
        weight, curvature = torch.zeros(3, requires_grad=True), torch.tensor([0.1, 1.0, 10.0])
        optimizer = nos_sym.build(
            source, [weight], class_name=class_name, lr=settings.lr, total_steps=settings.steps, momentum=0.9
        )

        def loss() -> torch.Tensor:
            return (curvature * (weight - 1).square()).sum() / 2

        for _ in range(settings.steps):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        last = loss().item()
        if not last < 1e30:
            return Diverged("the loss is not finite")
        return Evaluated(1 / (1 + last) + settings.noise * (seed % 1000) / 1000)


def register() -> None:
    """Let settings name the trainer ``bowl``."""
    TRAINERS["bowl"] = TrainerKind("support.bowl_trainer:BowlTrainer", "support.bowl_trainer:BowlTask")
