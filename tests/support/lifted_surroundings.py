"""Optimizers that are lifted in tests: what they are given besides gradients, products, starts, powers."""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed
from torch.optim import Optimizer

from support.lifted_originals import Plain


class OfModel(Optimizer):
    """Takes a model, and the parameters of it that are not frozen."""

    def __init__(self, model: Any, lr: float = 0.1) -> None:
        super().__init__([p for _, p in model.named_parameters() if p.requires_grad], {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(p.grad.sign(), alpha=group["lr"])


class ByName(OfModel):
    """Takes a model, and has another step for biases."""

    def __init__(self, model: Any, lr: float = 0.1) -> None:
        Optimizer.__init__(
            self,
            [{"params": [p], "scale": 0.5 if "bias" in n else 1.0} for n, p in model.named_parameters()],
            {"lr": lr},
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(p.grad * group["scale"], alpha=group["lr"])


class OfLayers(OfModel):
    """Takes a model, and looks at its layers."""

    def __init__(self, model: Any, lr: float = 0.1) -> None:
        linear = [x for x in model.modules() if isinstance(x, torch.nn.Linear)]
        super().__init__(model, lr if linear else 2 * lr)


class Processes(Plain):
    """Gradients that are averaged over all processes, and gathered."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        distributed.all_reduce(g)
        every = [torch.zeros_like(g)]
        distributed.all_gather(every, g / distributed.get_world_size())
        p.sub_(every[0], alpha=group["lr"])


class Exchanging(Plain):
    """An exchange that is not followed."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        every = [torch.zeros_like(g)]
        distributed.all_to_all(every, [g.clone()])
        p.sub_(every[0], alpha=group["lr"])


class Losing(Plain):
    """A rate that falls with the loss of a closure."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        loss = 0.0 if closure is None else float(closure())
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(p.grad, alpha=group["lr"] / (1 + loss))


class Calling(Plain):
    """Calls a closure twice, and does nothing with its losses."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = None if closure is None else (closure(), closure())[1]
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(p.grad, alpha=group["lr"])
        return loss


class Returning(Plain):
    """Calls a closure once and returns its loss, as most do."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(p.grad, alpha=group["lr"])
        return loss


class Products(Plain):
    """A matrix by one column, one row and one number, and a row times a matrix times a column."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if g.dim() != 2:
            p.sub_(g, alpha=group["lr"])
            return
        c, r = g.mean(dim=1, keepdim=True), g.mean(dim=0, keepdim=True)
        s = c.T @ g @ r.T
        p.sub_(c @ s @ r, alpha=group["lr"])


class Gram(Plain):
    """A product of matrices that no rule has."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g @ g.T @ p if g.dim() == 2 else g, alpha=group["lr"])


class FirstNorm(Plain):
    """The gradient by the norm that all had at the first step, kept in the group."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            if "first" not in group:
                squares = [p.grad.square().sum() for p in group["params"]]
                group["first"] = sum(squares[1:], squares[0]).sqrt()
            for p in group["params"]:
                p.sub_(p.grad / group["first"], alpha=group["lr"])


class Alternating(Plain):
    """A power of a number that may be negative, with the count of steps."""

    def __init__(self, params: Any, lr: float = 0.1, decay: float = 0.5) -> None:
        Optimizer.__init__(self, params, {"lr": lr, "decay": decay})

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["count"] = state.get("count", 0) + 1
        p.sub_(g * (1 + group["decay"] ** state["count"]), alpha=group["lr"])


class Restarting(Plain):
    """A count that starts again, beside a branch on data."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["all"] = state.get("all", 0) + 1
        state.setdefault("count", 0)
        state["count"] = 1 if state["all"] % 4 == 0 else state["count"] + 1
        mask = g.abs() > 0.5
        if mask.sum() > 0:
            g[mask] = g[mask] * 0.5
        p.sub_(g / state["count"], alpha=group["lr"])
