"""Optimizers that are lifted in tests: what originals do with infinities, masks, counts and lists."""

from __future__ import annotations

from typing import Any

import torch

from support.lifted_originals import Plain


class Summed(Plain):
    """A sum of weights, which counts the steps at the default weight and at no other one."""

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1, weight: float = 1.0) -> None:
        super().__init__(params, lr, eps)
        self.weight = weight

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["total"] = state.get("total", 0.0) + self.weight
        p.sub_(g / state["total"], alpha=group["lr"])


class Unbounded(Plain):
    """Bounds that bind nothing: a divisor that is infinite where it would be 0, and a least infinity."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        size = g.abs().masked_fill(g == 0, float("inf"))
        p.sub_(g / size, alpha=min(group["lr"], float("inf")))


class Alike(Plain):
    """Two numbers of one value in one call, which have come about otherwise."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        both = torch.tensor([group["eps"], group["lr"], group["lr"] * 2 / 2])
        p.addcmul_(g, both[2], value=-1.0)


class Counted(Plain):
    """A count of steps that is kept beside the states of parameters, under a name."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        if "k" not in self.state:
            self.state["k"] = torch.zeros(1)  # type: ignore[index]
        super().step()
        self.state["k"] += 1  # type: ignore[index]

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g / (self.state["k"] + 1), alpha=group["lr"])  # type: ignore[index]


class Rooted(Plain):
    """A state of one number, the root of the mean square of the weights, which the next step reads."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g * max(state.get("rms", 0.0), 0.1), alpha=group["lr"])
        state["rms"] = p.norm(2) / p.numel() ** 0.5


class Masked(Plain):
    """Entries over a bound, and nothing else, are brought down to it."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        mask = g.abs() > 0.1
        g = g.clone()
        g[mask] = g[mask] / g.abs().max() * 0.1
        p.sub_(g, alpha=group["lr"])


class Spread(Plain):
    """The standard deviation of matrices, and the range of all others."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if p.dim() >= 2:
            spread, mean = torch.std_mean(g)
            g = (g - mean) / (spread + group["eps"])
        elif p.dim() == 1:
            low, high = g.aminmax()
            g = g / (high - low + group["eps"])
        p.sub_(g, alpha=group["lr"])


class Weighed(Plain):
    """Weights of rows that are a softmax."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if p.dim() >= 2:
            g = g * torch.softmax(g.mean(dim=1), dim=0)[:, None]
        p.sub_(g, alpha=group["lr"])


class Closing(Plain):
    """Another step where the gradient is nearly the weight."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g if g.allclose(p, rtol=0.5, atol=0.25) else g.sign(), alpha=group["lr"])


class ByRank(Plain):
    """A state that is a row of numbers for matrices, and of one number for each entry of all others."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        square = g.square().mean(dim=1, keepdim=True) if p.dim() >= 2 else g.square()
        if not state:
            state["second"] = torch.zeros_like(square)
        state["second"].mul_(0.5).add_(square)
        p.sub_(g / (state["second"].sqrt() + group["eps"]), alpha=group["lr"])


class Batched(Plain):
    """Norms of all parameters in one tensor, taken apart again."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            params = group["params"]
            norms = torch.stack([p.grad.norm() for p in params])
            ratios = (1 / (norms + group["eps"])).unbind()
            for p, ratio in zip(params, ratios, strict=True):
                p.sub_(p.grad * ratio, alpha=group["lr"])
