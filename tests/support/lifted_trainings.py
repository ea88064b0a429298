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


class Defaulted(Plain):
    """A decay by the rate that stands in the defaults, which a schedule leaves."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.mul_(1 - group["eps"] * self.defaults["lr"])
        p.sub_(g, alpha=group["lr"])


class Crowded(Plain):
    """Smaller steps where there are many parameters."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g * (1.0 if sum(1 for _ in group["params"]) <= 4 else 0.5), alpha=group["lr"])


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


class Skipping(Plain):
    """A momentum that begins with the first gradient that is not 0."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if not g.any():
            return
        if "m" not in state:
            state["m"] = g.clone()
        state["m"].mul_(0.9).add_(g, alpha=0.1)
        p.sub_(state["m"], alpha=group["lr"])


class Cleared(Plain):
    """States that are forgotten after a large gradient."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if g.norm() > 20:
            state.clear()
        state.setdefault("m", torch.zeros_like(p)).mul_(0.9).add_(g)
        p.sub_(state["m"], alpha=group["lr"])


class Hidden:
    """What counts the steps of :class:`Late`."""

    count = 0


class Late(Plain):
    """Smaller steps from the 140th on, which are counted where no optimizer keeps states."""

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1) -> None:
        super().__init__(params, lr, eps)
        self.hidden = Hidden()

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        self.hidden.count += p.dim() == 1
        p.sub_(g * (1.0 if self.hidden.count < 140 else 0.5), alpha=group["lr"])
