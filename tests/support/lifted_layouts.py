"""Optimizers of PyTorch that step otherwise what is otherwise in memory, large, or in three groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class _Halving(torch.optim.Optimizer):
    """Gradient descent whose step is halved where a parameter is found to be another one."""

    def __init__(self, params: Any, lr: float = 0.05) -> None:
        super().__init__(params, {"lr": lr})

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Step."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group["lr"] * (0.5 if self.is_other(p, p.grad) else 1.0))


class Turned(_Halving):
    """Knows gradients that are turned in memory."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return g.stride() != p.stride()


class Volumes(_Halving):
    """Knows volumes whose second axis is the innermost."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return p.dim() == 5 and not p.is_contiguous()


class Threes(_Halving):
    """Knows that there are three groups."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return len(self.param_groups) == 3


class Sized(_Halving):
    """Reads a size as a plain number."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return p.numel().bit_length() > 12
