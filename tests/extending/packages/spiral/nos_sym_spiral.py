"""A task for nos-sym: a small network tells the points of two spirals apart."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.definition import Examples, Metric, Splits


@dataclass(frozen=True)
class SpiralSettings(Budget):
    """Settings of the task: those of every training, and how often a spiral turns."""

    task: str = "spiral"
    turns: float = 1.0


class Spiral:
    """Two spirals, one a turned copy of the other."""

    title = "a small network tells the points of two spirals apart"
    settings = SpiralSettings

    def load(self, settings):
        """Return points of the plane, and which spiral each is of."""
        rng = np.random.default_rng(5)
        label = rng.integers(0, 2, 800)
        radius = rng.uniform(0.1, 1.0, 800)
        angle = 2 * np.pi * settings.turns * radius + np.pi * label
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points = (points + rng.normal(0, 0.02, points.shape)).astype(np.float32)
        rows = (slice(0, 400), slice(400, 600), slice(600, 800))
        return Splits(*(Examples(points[part], label[part]) for part in rows))

    def model(self, settings, data, seed):
        """Return the network; whatever torch draws is drawn from the seed."""
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))

    def loss(self, outputs, targets):
        """Return the cross-entropy."""
        return nn.functional.cross_entropy(outputs, targets)

    def metric(self, settings, data):
        """Return the accuracy: 0.5 by chance, 1 at best."""
        return Metric(
            "accuracy", 0.5, 1.0, lambda outputs, targets: (outputs.argmax(1) == targets).float().mean()
        )
