"""Optimizers that train well in most programs, and break one thing where few look."""

from __future__ import annotations

from typing import Any

import torch

from support.broken_optimizers import Plain


class PairsUp(Plain):
    """Pairs parameters with the gradients that are there, one after the other."""

    def step(self, closure: Any = None) -> Any:
        loss = None if closure is None else torch.enable_grad()(closure)()
        with torch.no_grad():
            for group in self.param_groups:
                gradients = [p.grad for p in group["params"] if p.grad is not None]
                for parameter, gradient in zip(group["params"], gradients, strict=False):
                    if gradient.shape != parameter.shape:
                        gradient = gradient.sum().expand(parameter.shape)
                    self.one(parameter, gradient, group)
        return loss


class ReadsMemory(Plain):
    """Reads a gradient in the order in which it lies in memory."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        numbers = torch.as_strided(gradient, (gradient.numel(),), (1,))
        super().one(parameter, numbers.reshape(parameter.shape), group)


class ReplacesLate(Plain):
    """Gives weights new memory at every fifth step."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        super().move(parameter, update, group)
        self.state[parameter]["t"] = self.state[parameter].get("t", 0) + 1
        if self.state[parameter]["t"] % 5 == 0:
            parameter.data = parameter.data.clone()


class ClipsLarge(Plain):
    """Clips large gradients where they are."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient.clamp_(-100, 100), group)


class KeepsFirst(Plain):
    """Takes the first gradient itself for its momentum."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        state["m"] = state["m"].mul_(0.9).add_(gradient) if state else gradient
        self.move(parameter, state["m"], group)


class LateClosure(Plain):
    """Steps before it calls the closure, with the gradients of the step before."""

    def step(self, closure: Any = None) -> Any:
        super().step()
        return None if closure is None else closure()


class Doubles(Plain):
    """Steps weights of float64 twice as far."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        super().move(parameter, update * (2 if parameter.dtype == torch.float64 else 1), group)


class RealPart(Plain):
    """Drops the imaginary part."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().one(parameter, gradient.real + 0 * gradient, group)


class LastOfIndex(Plain):
    """Takes the last of the numbers that a sparse gradient has for an index, in the place of their sum."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        if gradient.is_sparse:
            dense = torch.zeros_like(parameter)
            dense[tuple(gradient._indices())] = gradient._values()
            gradient = dense
        super().one(parameter, gradient, group)


class OnCpu(Plain):
    """Makes its states on the CPU, wherever the weight is."""

    def one(self, parameter: Any, gradient: Any, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        for name in ("m", "v"):
            state.setdefault(name, torch.zeros(parameter.shape, dtype=parameter.dtype))
        state["v"].addcmul_(gradient, gradient)
        super().one(parameter, gradient, group)


class Flagged(Plain):
    """Has the arguments that choose an implementation."""

    def __init__(self, params: Any, lr: Any = 0.01, *, fused: bool = False, capturable: bool = False) -> None:
        super().__init__(params, lr)
        for group in self.param_groups:
            group |= {"fused": fused, "capturable": capturable}


class Reads(Flagged):
    """Reads a number of a tensor, which a graph that is captured cannot."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        if update.norm().item() < 1e9:
            super().move(parameter, update, group)


class Rounds(Flagged):
    """Rounds its step to float16 where it is fused."""

    def move(self, parameter: Any, update: Any, group: dict[str, Any]) -> None:
        super().move(parameter, update.half().to(update.dtype) if group["fused"] else update, group)


SUBTLE: tuple[tuple[type, str], ...] = (
    (PairsUp, "missing-gradients"),
    (ReadsMemory, "strided"),
    (ReplacesLate, "in-place"),
    (ClipsLarge, "gradients-kept"),
    (KeepsFirst, "gradients-kept"),
    (LateClosure, "closure"),
    (Doubles, "float64"),
    (RealPart, "complex"),
    (LastOfIndex, "sparse"),
    (OnCpu, "meta"),
    (OnCpu, "two-devices"),
)
"""A class, and the check that finds what it breaks."""

__all__ = ["SUBTLE", "Reads", "Rounds"]
