"""A rule in low precision, its options, and how tests run it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from support.fused import drawn
from support.harness import load

BF16 = torch.bfloat16
RULE = "Low = { state v; v <- 0.5 * v + g; w <- w - lr * v }"
"""Momentum of which eager and compiled steps give the same float32 numbers: 0.5 * v is exact."""
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "states": {"state_dtype": BF16},
    "kahan": {"kahan_sum": True},
    "chance": {"stochastic_rounding": True},
    "kahan-states": {"kahan_sum": True, "state_dtype": BF16},
    "chance-states": {"stochastic_rounding": True, "state_dtype": BF16},
}
MODES: dict[str, dict[str, Any]] = {"eager": {}, "whole": {"foreach": False}, "compiled": {"fused": True}}
RATE = 2.0**-6


def file_of(folder: Path) -> ModuleType:
    """Return the imported file of the rule."""
    return load(render(parse(RULE), "torch", low_precision=True), folder)


def weights_of(dtype: Any) -> list[Any]:
    """Return a large weight, one that ends within a vector, one that is not in order, and a number."""
    image = drawn(3, 8, 5, 3, 3).to(dtype).to(memory_format=torch.channels_last)
    made = [drawn(1, 700, 700).to(dtype), drawn(2, 37).to(dtype), image, drawn(4).to(dtype)]
    return [torch.nn.Parameter(x) for x in made]


def moved(module: Any, weights: list[Any], steps: int = 3, seed: int = 10, **options: Any) -> Any:
    """Return an optimizer after some steps."""
    optimizer = module.Low(weights, lr=RATE, **options)
    trained(optimizer, range(seed, seed + steps))
    return optimizer


def trained(optimizer: Any, seeds: Iterable[int]) -> None:
    for seed in seeds:
        for group in optimizer.param_groups:
            for index, weight in enumerate(group["params"]):
                gradient = torch.empty_like(weight).copy_(drawn(100 * seed + index, *weight.shape))
                weight.grad = gradient.detach()
        optimizer.step()


def everything(optimizer: Any) -> list[Any]:
    """Return weights and states."""
    weights = [x for group in optimizer.param_groups for x in group["params"]]
    states = [optimizer.state[x] for x in weights]
    return [x.detach().clone() for x in weights] + [state[key] for state in states for key in sorted(state)]


def assert_same(one: list[Any], other: list[Any]) -> None:
    for x, y in zip(one, other, strict=True):
        assert x.dtype is y.dtype
        assert torch.equal(x, y)
