"""Optimizers that step parameters of three axes and more otherwise than matrices."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.optim import Optimizer

from support.lifted_originals import Plain


class Flattened(Plain):
    """Means over all axes but the first, of which a state keeps the squares."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        rows = g.reshape(len(g), -1) if p.dim() > 1 else g.reshape(1, -1)
        if "rows" not in state:
            state["rows"] = torch.zeros_like(rows[:, :1])
        state["rows"].mul_(0.5).add_(rows.square().mean(dim=1, keepdim=True))
        rows = (rows - rows.mean(dim=1, keepdim=True)) / (state["rows"].sqrt() + group["eps"])
        p.sub_(rows.reshape(p.shape), alpha=group["lr"])


class Batched(Plain):
    """Squares of rows and of columns of the last two axes, with a mean for each matrix."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if p.dim() < 2:
            p.sub_(g, alpha=group["lr"])
            return
        rows, cols = g.square().mean(dim=-1), g.square().mean(dim=-2)
        scale = rows / (rows.mean(dim=-1, keepdim=True) + group["eps"])
        p.sub_(g / (scale.unsqueeze(-1) * cols.unsqueeze(-2) + group["eps"]).sqrt(), alpha=group["lr"])


class Channels(Plain):
    """A rate that depends on the second axis."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] / math.sqrt(p.size(1)) if p.dim() > 2 else group["lr"])


class Volumes(Plain):
    """A rate that depends on the entries of a kernel behind the first two axes."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] / math.prod(p.shape[2:]) if p.dim() > 2 else group["lr"])


class Third(Plain):
    """A rate that depends on the third axis, for which there is no word."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] / p.size(2) if p.dim() > 2 else group["lr"])


class Stumbling(Optimizer):
    """An error for parameters without axes, at some settings."""

    twice = 1.0

    def __init__(self, params: Any, lr: float = 0.1, scale: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "scale": scale})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                g = p.grad * self.twice if p.dim() == 0 else p.grad.clone()
                if group["scale"] != 0:
                    g.mul_(torch.ones(1, dtype=g.dtype) * group["scale"])
                p.sub_(g, alpha=group["lr"])


class StumblingOtherwise(Stumbling):
    """The same, and another step where there is none."""

    twice = 2.0
