"""Optimizers that are lifted in tests: steps that depend on what a rule does not see, several kinds each."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import torch

from support.lifted_originals import Plain

RARELY = 1e-300
"""Numbers below it are as good as never drawn."""


class Asking(Plain):
    """Smaller steps by the time, the environment, chance, the count of changes, and a key of the group."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        odd = time.time() < 0 or "NOS_SYM_NEVER_SET" in os.environ or random.random() < RARELY
        odd = odd or p._version > 10**6 or group.get("slower")
        p.sub_(g * (0.5 if odd else 1.0), alpha=group["lr"])


def _counter() -> Callable[[], int]:
    number = 0

    def more() -> int:
        nonlocal number
        number += 1
        return number

    return more


CLOSED = _counter()
GLOBAL = [0]


def _phases() -> Iterator[int]:
    yield from count()


class Helper:
    """What an optimizer may have besides states."""

    calls = 0


class Counting(Plain):
    """Smaller steps after a million of them, counted where no state is."""

    total = 0

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1) -> None:
        super().__init__(params, lr, eps)
        self.helper = Helper()
        self.phases = _phases()

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        Counting.total += 1
        GLOBAL[0] += 1
        self.helper.calls += 1
        self.defaults["calls"] = self.defaults.get("calls", 0) + 1
        p.seen = getattr(p, "seen", 0) + 1
        late = max(Counting.total, GLOBAL[0], self.helper.calls, CLOSED(), next(self.phases), p.seen)
        p.sub_(g * (0.5 if max(late, self.defaults["calls"]) > 10**6 else 1.0), alpha=group["lr"])


class Peculiar(Plain):
    """Other steps without gradients asked for, after its ``zero_grad``, and at rates that are tensors."""

    cleared = False

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.cleared = True
        super().zero_grad(set_to_none)

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        before = state.get("before")
        state["before"] = g
        odd = not p.requires_grad or self.cleared or isinstance(group["lr"], torch.Tensor)
        p.sub_((g if before is None else g + 0.5 * before) * (0.5 if odd else 1.0), alpha=group["lr"])


class Laid(Plain):
    """Other steps by what is in memory, by types, and for many axes."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        odd = not p.is_contiguous() or p.dtype is torch.bfloat16 or p.dim() > 4
        p.sub_(g * (0.1 if odd else 1.0), alpha=group["lr"])


class Thirds(Plain):
    """Smaller steps in the third group, and for each seventh parameter."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for place, group in enumerate(self.param_groups):
            for number, p in enumerate(group["params"]):
                if p.grad is not None:
                    odd = place == 2 or number % 7 == 6
                    p.sub_(p.grad * (0.1 if odd else 1.0), alpha=group["lr"])


class Last(Plain):
    """The rate of the last group for all, which no rule has."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g, alpha=self.param_groups[-1]["lr"])


class Resetting(Plain):
    """A momentum that keeps the constructor's setting, and is forgotten where no parameter has a gradient."""

    def __init__(self, params: Any, lr: float = 0.1, eps: float = 0.1) -> None:
        super().__init__(params, lr, eps)
        self.eps = eps

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        if all(p.grad is None for group in self.param_groups for p in group["params"]):
            self.state.clear()
        super().step()

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state.setdefault("m", torch.zeros_like(p)).mul_(self.eps).add_(torch.nan_to_num(g, posinf=1.0))
        p.sub_(state["m"], alpha=group["lr"])


class Plainly(Plain):
    """A momentum as a rule has it."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state.setdefault("m", torch.zeros_like(p)).mul_(group["eps"]).add_(g)
        p.sub_(state["m"], alpha=group["lr"])


class Rounded(Plain):
    """Steps of float32, which a rule has in the type of the weights."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.sub_(g * torch.where(g > 0, 0.1, 0.3), alpha=group["lr"])
