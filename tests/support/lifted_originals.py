"""Optimizers that are lifted in tests, one for each kind of thing that an original may do."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
from torch.optim import Optimizer


class Plain(Optimizer):
    """``step_of`` moves each parameter; subclasses say how."""

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                self.move(p, p.grad, group, self.state[p])

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        raise NotImplementedError


class EqualDefaults(Plain):
    """A rate of 0.1, an epsilon of 0.1, and a constant of 0.1, which are three numbers."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g / (g.abs() + group["eps"]) * 0.1, alpha=group["lr"])


class OnTheStep(Plain):
    """Another step from the fourth on."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["count"] = state.get("count", 0) + 1
        p.sub_(g.sign() if state["count"] > 3 else g, alpha=group["lr"])


class OnData(Plain):
    """Gradients that are clipped by their norm, with an ``if``."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        norm = g.norm()
        if norm > 0.3:
            g = g * (0.3 / norm)
        p.sub_(g, alpha=group["lr"])


class OnShape(Plain):
    """Means of rows for matrices alone."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if p.dim() >= 2:
            g = g - g.mean(dim=1, keepdim=True)
        p.sub_(g, alpha=group["lr"])


class Wide(Plain):
    """Another rate for matrices that are taller than wide."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        rate = group["lr"]
        if p.dim() == 2 and p.shape[0] > p.shape[1]:
            rate = rate * (p.shape[0] / p.shape[1]) ** 0.5
        p.sub_(g, alpha=rate)


class Listed(Plain):
    """States in a list, of which the second is the average of the first."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if not state:
            state["means"] = [torch.zeros_like(p), torch.zeros_like(p)]
        first, second = state["means"]
        first.lerp_(g, 0.5)
        second.lerp_(first, 0.25)
        p.sub_(second, alpha=group["lr"])


class Falling(Plain):
    """A rate that the step itself changes, in the group."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        super().step()
        for group in self.param_groups:
            group["scale"] = group.get("scale", 1.0) * 0.9

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * group.get("scale", 1.0))


class Aliased(Plain):
    """A state that is the gradient of the step before, without a copy."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        before = state.get("before", g)
        p.sub_(2 * g - before, alpha=group["lr"])
        state["before"] = g


class GlobalNorm(Plain):
    """Gradients over the norm of all parameters together."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            total = torch.stack([p.grad.square().sum() for p in group["params"]]).sum().sqrt()
            for p in group["params"]:
                p.sub_(p.grad / (total + group["eps"]), alpha=group["lr"])


class Foreach(Plain):
    """Lists of tensors, with a number for each."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            params = group["params"]
            grads = torch._foreach_mul([p.grad for p in params], [0.5] * len(params))
            torch._foreach_add_(params, grads, alpha=-group["lr"])


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


class Queued(Plain):
    """The gradient of six steps before, in a queue that is full after more steps than are read off."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", deque(maxlen=6))
        before = queue[0] if len(queue) == 6 else g
        queue.append(g.clone())
        p.sub_(before, alpha=group["lr"])


class Hidden(Plain):
    """What it keeps is nowhere where an optimizer keeps states."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if not hasattr(p, "kept"):
            p.kept = torch.zeros_like(p)
        p.kept.mul_(0.5).add_(g)
        p.sub_(p.kept, alpha=group["lr"])


class Noisy(Plain):
    """Random numbers."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g + torch.randn_like(g), alpha=group["lr"])


class Sorted(Plain):
    """An operation that no rule has."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(torch.cumsum(g, 0) if g.dim() else g, alpha=group["lr"])


class Closed(Plain):
    """A loss."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        closure()


class Failing(Plain):
    """An error of its own."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        raise ZeroDivisionError("no\nway")


class Printing(Plain):
    """A step that prints."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        print("a line of the original")
        p.sub_(g, alpha=group["lr"])


class Endless(Plain):
    """A step that does not end."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        while True:
            pass


class Leaving(Plain):
    """An end of the process."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        raise SystemExit(3)


class NoOptimizer:
    """Nothing that steps."""
