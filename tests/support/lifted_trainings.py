"""Optimizers that are lifted in tests: steps that depend on what else happens in a training."""

from __future__ import annotations

from typing import Any

import torch

from support.lifted_originals import Plain


class Ratio(Plain):
    """A decay by the rate beside the first one, which only a schedule tells apart."""

    def __init__(self, params: Any, lr: float = 0.05, eps: float = 0.1) -> None:
        super().__init__(params, lr, eps)
        self.first = lr

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.mul_(1 - group["eps"] * group["lr"] / self.first)
        p.sub_(g, alpha=group["lr"])


class Crowded(Plain):
    """Smaller steps where there are many parameters."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g * (1.0 if len(group["params"]) <= 4 else 0.5), alpha=group["lr"])


class Common(Plain):
    """A count of all steps that warms up each parameter, whether it had gradients or not."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        self.count = getattr(self, "count", 0) + 1
        super().step()

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g * min(1.0, self.count / 10), alpha=group["lr"])


class Own(Plain):
    """A count of each parameter's own, as a rule has it."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["count"] = state.get("count", 0) + 1
        p.sub_(g * min(1.0, state["count"] / 10), alpha=group["lr"])
