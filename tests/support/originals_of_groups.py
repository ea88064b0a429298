"""Optimizers of PyTorch that decide for all parameters by what each of them has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch


class _Base(torch.optim.Optimizer):
    """Has a learning rate, and numbers that the group keeps."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1, **kept: Any) -> None:
        super().__init__(params, {"lr": lr, **kept})

    def rows(self) -> list[Any]:
        """Return the parameters that have a gradient."""
        return [p for group in self.param_groups for p in group["params"] if p.grad is not None]


class Estimated(_Base):
    """Has a bound that no step of small gradients moves, and sums of differences."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1, d0: float = 1000.0) -> None:
        super().__init__(params, lr, d=d0)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        moved = torch.zeros(1, dtype=torch.float64)
        for p in self.rows():
            state = self.state[p]
            if not state:
                state["s"] = torch.zeros_like(p)
            before = state["s"].abs().sum()
            state["s"].add_(p.grad)
            moved.add_(state["s"].abs().sum() - before)
        if moved == 0:
            return
        group["d"] = max(group["d"], moved.item())
        for p in self.rows():
            p.add_(self.state[p]["s"], alpha=-group["lr"] / group["d"])


class Remembered(_Base):
    """Keeps the norm of all gradients of the first step that has some."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1) -> None:
        super().__init__(params, lr, k=0)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        if group["k"] == 0:
            group["first"] = sum(p.grad.pow(2).sum() for p in self.rows()).item()  # type: ignore[union-attr]
        if group["first"] == 0:
            return
        for p in self.rows():
            p.add_(p.grad, alpha=-group["lr"] / group["first"])
        group["k"] += 1


class Differing(_Base):
    """Adds up differences from the gradient before, of which the first step has none."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1) -> None:
        super().__init__(params, lr, total=1.0)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        for p in self.rows():
            state = self.state[p]
            if not state:
                state["before"] = p.grad.clone()
            group["total"] = group["total"] + (p.grad - state["before"]).abs().sum().item()
            state["before"].copy_(p.grad)
        for p in self.rows():
            p.add_(p.grad, alpha=-group["lr"] / group["total"])


class Clipped(_Base):
    """Clips each gradient by its own norm, and divides by the norm of all."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        total = 1.0
        for p in self.rows():
            norm = p.grad.norm().item()
            if norm > 0.5:
                p.grad.mul_(0.5 / norm)
            total += p.grad.pow(2).sum().item()
        for p in self.rows():
            p.add_(p.grad, alpha=-self.param_groups[0]["lr"] / total)


class Apart(_Base):
    """Divides by the norm of all where a parameter's own is large, and clips nothing else."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        total = 0.0
        for p in self.rows():
            if p.grad.norm().item() > 0.5:
                p.grad.mul_(2)
            total += p.grad.pow(2).sum().item()
        for p in self.rows():
            if p.grad.norm().item() > 0.5:
                p.add_(p.grad, alpha=-self.param_groups[0]["lr"] / total)


class Leaky(_Base):
    """Slows all parameters down once some gradient was large."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1) -> None:
        super().__init__(params, lr)
        self.seen = 0.0

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for p in self.rows():
            if p.grad.norm().item() > 50.0:
                self.seen = 1.0
        for p in self.rows():
            p.add_(p.grad, alpha=-self.param_groups[0]["lr"] / (1 + self.seen))


class Largest(_Base):
    """Decides by the largest of the norms."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        largest = max(p.grad.norm().item() for p in self.rows())
        for p in self.rows():
            p.add_(p.grad, alpha=-self.param_groups[0]["lr"] * (0.5 if largest > 50.0 else 1.0))


class Phased(_Base):
    """Goes over to signs, by a text, once all gradients are small."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1) -> None:
        super().__init__(params, lr, phase="plain")

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        for p in self.rows():
            p.add_(p.grad if group["phase"] == "plain" else p.grad.sign(), alpha=-group["lr"])
        if sum(p.grad.pow(2).sum() for p in self.rows()) < 1e-6:
            group["phase"] = "signs"


class Stairs(_Base):
    """Has seven lengths, each of which halves the rate."""

    def __init__(self, params: Iterable[Any], lr: float = 0.1, a: int = 2, b: int = 3, c: int = 4, d: int = 5,
                 e: int = 6, f: int = 7, h: int = 8) -> None:  # fmt: skip
        super().__init__(params, lr, k=0)
        self.lengths = (a, b, c, d, e, f, h)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        group = self.param_groups[0]
        group["k"] += 1
        rate = group["lr"]
        for length in self.lengths:
            if group["k"] > length:
                rate = rate / 2
        for p in self.rows():
            p.add_(p.grad, alpha=-rate)
