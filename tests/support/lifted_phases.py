"""Optimizers with phases, counts within tuples, rings of tensors and numbers of each parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.optim import Optimizer

from support.lifted_originals import Moving


class Plain(Moving):
    """Has a rate and a decay."""

    def __init__(self, params: Any, lr: float = 0.05, beta: float = 0.9) -> None:
        super().__init__(params, {"lr": lr, "beta": beta})


class Named(Plain):
    """Three phases by their names, looked up in a table."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        phase = state.setdefault("phase", "warm")
        p.sub_(group["lr"] * {"warm": 0.1, "main": 1.0, "cool": 0.01}[phase] * g)
        large, small = bool(g.norm() > 2.5), bool(g.norm() < 0.7)
        state["phase"] = {
            "warm": "main",
            "main": "cool" if large else "main",
            "cool": "warm" if small else "cool",
        }[phase]


class Toggled(Plain):
    """Every other step is another one, by a truth value."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        on = state.get("on", False)
        p.sub_(group["lr"] * (g if on is True else 0.3 * g))
        state["on"] = not on


class Absent(Plain):
    """A mode that is not there at first."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        mode = state.get("mode")
        p.sub_(group["lr"] * (g if mode is None else g.sign()))
        if g.norm() > 2.5:
            state["mode"] = "signs"


class Begun(Plain):
    """A buffer that begins with the gradient where there is none, and is taken away by large gradients."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if "buffer" in state:
            state["buffer"].mul_(0.5).add_(g)
        else:
            state["buffer"] = g.clone()
        p.sub_(group["lr"] * state["buffer"])
        if g.norm() > 2.5:
            del state["buffer"]


class Switched(Plain):
    """A phase with a buffer of its own, which begins with zeros."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if state.setdefault("phase", "plain") == "plain":
            p.sub_(group["lr"] * g)
            if g.norm() < 0.7:
                state["phase"] = "heavy"
        else:
            if "buffer" not in state:
                state["buffer"] = torch.zeros_like(p)
            state["buffer"].mul_(group["beta"]).add_(g)
            p.sub_(group["lr"] * state["buffer"])


class Counted(Plain):
    """Counts large gradients in a tuple, beside a truth value."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        count, hot = state.get("seen", (0, False))
        count = count + 1 if g.norm() > 2 else 0
        hot = hot or count >= 2
        state["seen"] = (count, hot)
        p.sub_(group["lr"] * (0.1 * g if hot else g))


class Memory(NamedTuple):
    step: int
    average: Any


@dataclass
class Record:
    step: int
    average: Any


class InTuple(Plain):
    """An average and its count in a tuple with names."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        old = state.get("memory") or Memory(0, torch.zeros_like(p))
        new = old._replace(step=old.step + 1, average=group["beta"] * old.average + g)
        state["memory"] = new
        p.sub_(group["lr"] * new.average / new.step)


class InRecord(Plain):
    """The same in a dataclass."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if "memory" not in state:
            state["memory"] = Record(0, torch.zeros_like(p))
        memory = state["memory"]
        memory.step += 1
        memory.average = group["beta"] * memory.average + g
        p.sub_(group["lr"] * memory.average / memory.step)


class Ring(Plain):
    """Gradients in a ring, by the count of steps."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        step = state.setdefault("step", 0)
        ring = state.setdefault("ring", [torch.zeros_like(p) for _ in range(3)])
        ring[step % 3] = g.clone()
        p.sub_(group["lr"] * (ring[step % 3] + 0.5 * ring[(step - 1) % 3]))
        state["step"] += 1


class Pointed(Plain):
    """Gradients in a ring, by a place that data moves on."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if not state:
            state["place"], state["ring"] = 0, [torch.zeros_like(p) for _ in range(2)]
        state["ring"][state["place"]] = g.clone()
        if g.norm() > 1.5:
            state["place"] = (state["place"] + 1) % 2
        p.sub_(group["lr"] * state["ring"][state["place"]])


class Stairs(Plain):
    """Halves its rate by a table and by the quotient of a count."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        step = state["step"] = state.get("step", 0) + 1
        p.sub_(group["lr"] * 0.5 ** (step // 40) * (1.0, 0.75, 0.5)[min(step // 3, 2)] * g)


class Powered(Optimizer):
    """A power of the gradient by a setting, which is odd at first."""

    def __init__(self, params: Any, lr: float = 0.05, order: float = 3.0) -> None:
        super().__init__(params, {"lr": lr, "order": order})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.sub_(group["lr"] * p.grad.pow(group["order"]))


class Summed(Plain):
    """Divides by the sum of all norms."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            mine = [p for p in group["params"] if p.grad is not None]
            total = sum(p.grad.norm() for p in mine)
            for p in mine:
                p.sub_(group["lr"] * p.grad / (total + 0.1))


class Averaged(Plain):
    """Divides by the mean of all norms, and by the number of parameters where there are more than three."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            mine = [p for p in group["params"] if p.grad is not None]
            mean = torch.stack([p.grad.norm() for p in mine]).mean()
            factor = 1 / len(mine) if len(mine) > 3 else 1.0
            for p in mine:
                p.sub_(group["lr"] * factor * p.grad / (mean + 0.1))


class Typed(Plain):
    """A phase that is 1 and ``True``, which only their types tell apart."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        phase = state.setdefault("phase", 1)
        p.sub_(group["lr"] * (0.3 if type(phase) is int else 1.0) * g)
        if g.norm() > 2:
            state["phase"] = True if phase is not True else 1


class Emptied(Plain):
    """Empties its state where the gradient is large, and begins anew within the same step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if g.norm() > 9:
            state.clear()
        step = state.get("step", 0)
        state["step"] = step + 1
        if step == 0:
            state["buffer"] = g.clone()
        else:
            state["buffer"].lerp_(g, 1 - group["beta"])
        p.sub_(group["lr"] * state["buffer"])


class Anew(Plain):
    """Takes its buffer away and makes it anew within the same step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        if "buffer" in state and g.norm() > 9:
            del state["buffer"]
        if "buffer" not in state:
            state["buffer"] = g.clone()
        else:
            state["buffer"].lerp_(g, 1 - group["beta"])
        p.sub_(group["lr"] * state["buffer"])


class Uncounted(Plain):
    """Takes its count of steps away where the gradient is large."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["step"] = state.get("step", 0) + 1
        p.sub_(group["lr"] * g / state["step"])
        if g.norm() > 9:
            del state["step"]


class Cut(Plain):
    """Empties a list of gradients where the gradient is large."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        kept = state.setdefault("kept", [])
        if g.norm() > 9:
            kept.clear()
        kept.append(g.clone())
        if len(kept) > 3:
            kept.pop(0)
        p.sub_(group["lr"] * sum(kept))


class Last(Plain):
    """A phase that the last parameter decides for all of them."""

    hot = False

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * (0.1 * p.grad if self.hot else p.grad))
                self.hot = bool(p.grad.norm() > 2)


class Lettered(Plain):
    """Has ever other names of its phase."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state["name"] = state.get("name", "") + ("a" if g.norm() > 2 else "")
        p.sub_(group["lr"] * g / (1 + len(state["name"])))


class Largest(Plain):
    """Divides by the largest norm of all."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            largest = torch.stack([p.grad.norm() for p in group["params"]]).max()
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad / (largest + 1))
