"""PyTorch: what a plain run shows of an optimizer: places that count steps, and those that change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch

from nos_sym.lift.torch_places import Key
from nos_sym.lift.torch_queues import Queue, ages, are_full, grow, queues_of
from nos_sym.lift.torch_run import Plan, gradients, parameters, wide
from nos_sym.lift.torch_states import differ, snapshot
from nos_sym.lift.torch_wide import WideCalls


def watched(plan: Plan, arguments: Mapping[str, Any], rank: int, steps: int = 5) -> Plan:
    """Return the plan with the places that count steps and those that change, as a plain run shows."""
    with wide(), WideCalls():
        both = parameters(plan, rank)
        optimizer = plan.make(both, **arguments)
        rows = [snapshot(optimizer, both[0])]

        def run(step: int) -> None:
            for parameter, gradient in zip(both, gradients(plan, rank, step), strict=True):
                parameter.grad = gradient
            optimizer.step()
            rows.append(snapshot(optimizer, both[0]))

        for step in range(steps):
            run(step)
        queues: Mapping[Key, Queue] = {}
        if steps > 2 and grow(rows):
            while not are_full(rows):
                run(len(rows) - 1)
            queues = queues_of(rows)
    counters, moving = set(), set()
    for key in rows[-1]:
        values = [row.get(key) for row in rows[1:]]
        if any(x is None for x in values):
            continue
        numbers = [x.item() if isinstance(x, torch.Tensor) and x.numel() == 1 else x for x in values]
        single = not isinstance(numbers[0], torch.Tensor)
        if single and all(x == i + 1 for i, x in enumerate(numbers)) and _starts_at_zero(rows[0].get(key)):
            counters.add(key)
        if key[0] != "state" and any(differ(x, y) for x, y in pairwise(values)):
            moving.add(key)
        # A tensor of one number that the first step makes for all parameters is read by the later ones.
        fresh = single and isinstance(values[0], torch.Tensor) and key not in rows[0]
        if key[0] != "state" and (fresh or (key in rows[0] and differ(rows[0][key], values[0]))):
            moving.add(key)
    moving |= {key for key in ages(queues) if key[0] != "state"}
    return replace(plan, counters=frozenset(counters), moving=frozenset(moving), queues=queues)


def is_finite(plan: Plan, arguments: Mapping[str, Any], rank: int) -> bool:
    """Return whether weights are numbers after two steps."""
    with wide(), WideCalls():
        both = parameters(plan, rank)
        optimizer = plan.make(both, **arguments)
        for step in range(2):
            for parameter, gradient in zip(both, gradients(plan, rank, step), strict=True):
                parameter.grad = gradient
            optimizer.step()
    return all(bool(torch.isfinite(p).all()) for p in both)


def _starts_at_zero(x: Any) -> bool:
    return x is None or (x.numel() == 1 and x.item() == 0 if isinstance(x, torch.Tensor) else x == 0)
