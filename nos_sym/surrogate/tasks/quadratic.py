"""An ill-conditioned quadratic function, whose value is known, with noise on its gradients."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from nos_sym.surrogate.tasks.definition import Examples, Metric, Splits
from nos_sym.surrogate.tasks.settings import QuadraticSettings

_SEED = 18470218
_EXAMPLES = 4096
_TINY = 1e-30


class Quadratic:
    """Minimizes ``f(w) = (w - c)' H (w - c) / 2`` from gradients ``H (w - c) + noise``.

    The eigenvalues of H lie between 1 and ``condition``, even in their logarithms; its axes are random, or
    those of the weights. The center c is drawn by the seed of a training, with ``f(0) = 1``. An example is
    the noise of a gradient. There is nothing to generalize to: validation and test measure f itself.

    The score is ``-log10 f(w) / decades``, cut off to [0, 1].
    """

    title: ClassVar[str] = "an ill-conditioned quadratic function with noisy gradients"
    settings: ClassVar[type[QuadraticSettings]] = QuadraticSettings

    def load(self, settings: QuadraticSettings) -> Splits:
        """Return the noise of gradients, normal and with mean 0 over the training part; held-out, zeros."""
        rng = np.random.default_rng(_SEED)
        drawn = rng.standard_normal((_EXAMPLES, settings.dimensions)).astype(np.float32)
        noise = settings.noise * (drawn - drawn.mean(axis=0, dtype=np.float64).astype(np.float32))
        nothing = np.zeros((1, settings.dimensions), np.float32)
        parts = [Examples(part, np.zeros((len(part), 1), np.float32)) for part in (noise, nothing, nothing)]
        return Splits(*parts)

    def model(self, settings: QuadraticSettings, data: Splits, seed: int) -> nn.Module:
        """Return the function with weights of zero."""
        return Bowl(settings, seed)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the function with noise, the mean over the examples of a batch."""
        return outputs[:, 0].mean()

    def metric(self, settings: QuadraticSettings, data: Splits) -> Metric:
        """Return the logarithm of the function, which is 0 at the start."""
        return Metric(
            "log10 of the function",
            0.0,
            -settings.decades,
            lambda outputs, targets: outputs[:, 1].mean(),
            lambda mean: math.log10(max(mean, _TINY)),
        )


class Bowl(nn.Module):
    """The function: its value with noise and without for each example, shape ``(batch, 2)``."""

    def __init__(self, settings: QuadraticSettings, seed: int) -> None:
        super().__init__()
        size = settings.dimensions
        exponents = np.linspace(0, 1, size) if size > 1 else np.zeros(1)
        curvatures = settings.condition**exponents
        axes = np.eye(size)
        if settings.rotated:
            axes, upper = np.linalg.qr(np.random.default_rng(_SEED).standard_normal((size, size)))
            axes = axes * np.sign(np.diag(upper))
        # In each direction an equal part of f(0), so that progress in all of them is needed.
        signs = np.random.default_rng(seed).choice((-1.0, 1.0), size)
        center = axes @ (signs * np.sqrt(2 / (size * curvatures)))
        hessian = (axes * curvatures) @ axes.T
        self.weight = nn.Parameter(torch.zeros(size))
        self.center: Tensor
        self.hessian: Tensor
        self.register_buffer("center", torch.from_numpy(center.astype(np.float32)))
        self.register_buffer("hessian", torch.from_numpy(hessian.astype(np.float32)))
        start = hessian @ center
        self.unit = float(np.sqrt(np.mean(start**2)))

    def forward(self, noise: Tensor) -> Tensor:
        """Return both values."""
        away = self.weight - self.center
        value = away @ self.hessian @ away / 2
        noisy = value + self.unit * noise @ away
        return torch.stack([noisy, value.expand(len(noise))], dim=1)
