"""Optimizers that are lifted in tests, one for each kind of thing that an original may do."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim import Optimizer


class Moving(Optimizer):
    """``move`` moves each parameter; subclasses say how."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, p.grad, group, self.state[p])

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        raise NotImplementedError


class Plain(Moving):
    """Has a rate and another number."""

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "eps": eps})


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
