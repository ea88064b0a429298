"""Optimizers of PyTorch that add up over all parameters what depends on the axes of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch


class _Summing(torch.optim.Optimizer):
    """Steps by a sum over all parameters, each by its own number of axes."""

    axes = 2
    factor = 1.0

    def __init__(self, params: Iterable[Any], lr: float = 0.05) -> None:
        super().__init__(params, {"lr": lr})

    def part(self, p: Any) -> Any:
        """Return what a parameter adds."""
        return p.grad.pow(2).sum() if p.ndim >= self.axes else 10 * p.grad.abs().sum()

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        rows = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        whole = sum(self.part(p) for p in rows)
        for p in rows:
            moved = p.grad.sign() if p.ndim >= self.axes else p.grad
            p.sub_(self.param_groups[0]["lr"] * moved / (1 + self.factor * whole))


class Faint(_Summing):
    """Has a sum that hardly moves weights."""

    factor = 1e-13


class Deep(_Summing):
    """Tells parameters of three axes from others."""

    axes = 3


class Alike(_Summing):
    """Adds up the same of all parameters."""

    def part(self, p: Any) -> Any:
        return p.grad.norm()


class Kept(_Summing):
    """Adds up a state that matrices alone have."""

    def part(self, p: Any) -> Any:
        if p.ndim < 2:
            return p.grad.pow(2).sum()
        average = self.state[p].setdefault("m", torch.zeros_like(p))
        return average.mul_(0.9).add_(p.grad).pow(2).sum()


class Counting(_Summing):
    """Keeps one number of all parameters, which a sum by their axes moves."""

    def __init__(self, params: Iterable[Any], lr: float = 0.05) -> None:
        super().__init__(params, lr)
        self.param_groups[0]["d"] = 1.0

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        rows = [p for p in group["params"] if p.grad is not None]
        group["d"] = 0.9 * group["d"] + float(sum(self.part(p) for p in rows))
        for p in rows:
            p.sub_(group["lr"] * (p.grad.sign() if p.ndim >= 2 else p.grad) / group["d"])


class Calming(_Summing):
    """Has a phase that the mean of the norms of each group decides for the steps after it."""

    def __init__(self, params: Iterable[Any], lr: float = 0.05) -> None:
        super().__init__(params, lr)
        self.calm = False

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            rows = [p for p in group["params"] if p.grad is not None]
            mean = sum(p.grad.norm() for p in rows) / len(rows)
            if mean < 1.5:
                self.calm = True
            elif mean > 2.4:
                self.calm = False
            for p in rows:
                p.sub_(group["lr"] * (p.grad if self.calm else p.grad.sign()))
