"""Optimizers whose branches and numbers leave Python's arithmetic, or show only late or elsewhere."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch.optim import Optimizer


class Plain(Optimizer):
    """Gradient descent; others override ``move``."""

    def __init__(self, params: Any, lr: float = 0.01, a: float = 0.5) -> None:
        super().__init__(params, {"lr": lr, "a": a})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["step"] = state.get("step", 0) + 1
                self.move(p, p.grad, group, state["step"], state)

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        raise NotImplementedError


class InSet(Plain):
    """A set of steps."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if t in {130, 140} else 1.0))


class Interpolated(Plain):
    """A function of NumPy."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * float(np.interp([t], [0, 150, 300], [1, 1, 0.5])[0]))


class ByNumPy(Plain):
    """A branch on data that NumPy reads."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if np.abs(g.numpy()).max() > 5 else 1.0))


class ByList(Plain):
    """A branch on data in a list."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if max(g.flatten().tolist()) > 5 else 1.0))


def _rated(x: torch.Tensor, rate: float) -> torch.Tensor:
    if rate > 0.3:
        return torch.sign(x)
    return x


with warnings.catch_warnings():
    # It is deprecated, and optimizers have it.
    warnings.simplefilter("ignore")
    _scripted = torch.jit.script(_rated)


class Scripted(Plain):
    """A branch of a compiled function."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(_scripted(g, group["lr"]), alpha=group["lr"])


class Late(Plain):
    """A branch that text hides, after the hundredth step."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if len(str(t)) > 2 and str(t) > "150" else 1.0))


class LateState(Plain):
    """A state that is made late, so that the way that reads it cannot be run early."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        if t == 150:
            state["x"] = g.clone()
        p.sub_(g + state["x"] if t > 150 else g, alpha=group["lr"])


class Caught(Plain):
    """An error of arithmetic as a branch."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        try:
            k = 1 / (t - 140)
        except ZeroDivisionError:
            k = 5.0
        p.sub_(g, alpha=group["lr"] * k)


class Counting(Plain):
    """A count of some steps, which is that of all at the beginning."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        state["large"] = state.get("large", 0) + (1 if g.norm() > 0.01 else 0)
        p.sub_(g, alpha=group["lr"] / (1 + state["large"]))


class Alone(Plain):
    """A branch on how many parameters there are."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if sum(1 for _ in group["params"]) > 1 else 1.0))


class FirstGroup(Plain):
    """A setting of the first group alone."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * self.param_groups[0]["a"])


class ManyAxes(Plain):
    """A branch on three axes."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(torch.sign(g) if p.dim() > 2 else g, alpha=group["lr"])


class Square(Plain):
    """A branch that only square matrices take."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g.T if p.dim() == 2 and p.shape[0] == p.shape[1] else g, alpha=group["lr"])


class Doubles(Plain):
    """A branch on the type of the weights."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * (2.0 if p.dtype == torch.float64 else 1.0))


class Finite(Plain):
    """A step that is left out where numbers are not finite."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        if not torch.isnan(g).any():
            p.sub_(g, alpha=group["lr"])


class LookedUp(Plain):
    """A table of settings."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g, alpha=group["lr"] * {0.5: 1.0}.get(group["a"], 2.0))


class Damped(Plain):
    """A default outside of the usual domain of its name, and a branch on it."""

    def __init__(self, params: Any, lr: float = 0.01, momentum: float = 1.0) -> None:
        Optimizer.__init__(self, params, {"lr": lr, "momentum": momentum})

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_(g if group["momentum"] == 1 else group["momentum"] * g + 0.1, alpha=group["lr"])


class Truncated(Plain):
    """A cast to whole numbers."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        p.sub_((30 * g).int(), alpha=group["lr"])


class Imported(Plain):
    """Functions that are imported within the step."""

    def move(self, p: Any, g: Any, group: Any, t: Any, state: Any) -> None:
        import math
        from math import log2

        p.sub_(g, alpha=group["lr"] * math.sqrt(t) * (2.0 if int(log2(t)) >= 7 else 1.0))


def squares(learning_rate: float = 0.01) -> Any:
    """Return a transformation of optax with a branch that only square matrices take."""
    import jax
    import optax

    def update(gradients: Any, state: Any, params: Any = None) -> Any:
        def one(x: Any) -> Any:
            return -learning_rate * (x.T if x.ndim == 2 and x.shape[0] == x.shape[1] else x)

        return jax.tree.map(one, gradients), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
