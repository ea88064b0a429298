"""Optimizers that are lifted in tests: lists of what earlier steps had."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch

from support.lifted_originals import Plain


class Delayed(Plain):
    """The gradient of three steps before, once there is one."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", deque(maxlen=3))
        before = queue[0] if len(queue) == 3 else g
        queue.append(g.clone())
        p.sub_(before, alpha=group["lr"])


class Averaged(Plain):
    """The mean of the last three gradients, of fewer in the first steps; the newest stands first."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        window = state.setdefault("window", [])
        window.insert(0, g.clone())
        if len(window) > 3:
            window.pop()
        p.sub_(sum(window) / len(window), alpha=group["lr"])


class Decayed(Plain):
    """The sum of two gradients, each of which is halved at every step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        kept = state.setdefault("kept", [])
        kept.append(g.clone())
        if len(kept) > 2:
            kept.pop(0)
        for x in kept:
            x.mul_(0.5)
        p.sub_(sum(kept), alpha=group["lr"])


class Sizes(Plain):
    """The gradient by the largest of its last three norms, which are numbers of Python."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        sizes = state.setdefault("sizes", deque(maxlen=3))
        sizes.append(g.norm().item())
        largest = sizes[0]
        for x in list(sizes)[1:]:
            largest = largest if largest >= x else x
        p.sub_(g / (largest + 0.1), alpha=group["lr"])


class Begun(Plain):
    """A list that has an entry before the first step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", deque([torch.zeros_like(p)], maxlen=2))
        queue.append(g.clone())
        p.sub_(queue[0], alpha=group["lr"])


class Set(Plain):
    """A length of the list that is an argument, as a count."""

    def __init__(self, params: Any, lr: float = 0.1, kept: int = 2) -> None:
        super().__init__(params, lr)
        self.kept = kept

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", [])
        queue.append(g.clone())
        if len(queue) > self.kept:
            queue.pop(0)
        p.sub_(queue[0], alpha=group["lr"])


class Endless(Plain):
    """A list that is never full."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        state.setdefault("queue", []).append(g.clone())
        p.sub_(state["queue"][0], alpha=group["lr"])


class Long(Plain):
    """A list of more gradients than a rule would have states."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", deque(maxlen=40))
        queue.append(g.clone())
        p.sub_(queue[0], alpha=group["lr"])


class Skipping(Plain):
    """A list that grows at every second step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", [])
        if state.setdefault("step", 0) % 2 == 0 and len(queue) < 3:
            queue.append(g.clone())
        state["step"] += 1
        p.sub_(queue[0], alpha=group["lr"])


class Nested(Plain):
    """A list of lists, a new one at each step."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        queue = state.setdefault("queue", [])
        queue.append([g.clone(), g.square()])
        if len(queue) > 2:
            queue.pop(0)
        p.sub_(queue[0][0], alpha=group["lr"])


class Ring(Plain):
    """A list whose entries are replaced in turn, by the count of steps."""

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        ring = state.setdefault("ring", [])
        step = state["step"] = state.get("step", -1) + 1
        if len(ring) < 3:
            ring.append(g.clone())
        else:
            ring[int(step) % 3] = g.clone()
        p.sub_(ring[0], alpha=group["lr"])
