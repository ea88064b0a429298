"""Weights of 16 bits: every way to compute a step rounds its float32 result once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.rule import Schedule

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch
from support.fused import HALVES, assert_compiled, drawn

MODES: dict[str, dict[str, Any]] = {
    "blocks": {},
    "whole": {"foreach": False},
    "compiled": {"fused": True},
}


def bits(x: Any) -> Any:
    return x.detach().view(torch.int16).int()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", ["Adam", "AdamTorch", "Opt4"])  # a change, a new weight, one that is cut
def test_a_step_rounds_once(name: str, dtype: Any, tmp_path: Path) -> None:
    """The weight is that of a step in float32, rounded to the nearest, in every bit.

    Compiled steps contract products and sums, so that one entry in thousands lies on the other side of the
    middle between two numbers.
    """
    entry = catalog.entry(name)
    assert not isinstance(entry, Schedule)
    module = load(render(entry, "torch"), tmp_path)
    settings = {"total_steps": 10} if name == "Opt4" else {}
    start = drawn(1, 300, 1000).to(dtype)
    gradients = [drawn(seed, 300, 1000).to(dtype) for seed in (2, 3, 4)]
    for mode, given in MODES.items():
        weight = torch.nn.Parameter(start.clone())
        optimizer = getattr(module, name)([weight], lr=0.01, **settings, **given)
        for gradient in gradients:
            exact = torch.nn.Parameter(weight.detach().float())
            beside = getattr(module, name)([exact], lr=0.01, **settings)
            if optimizer.state:
                beside.load_state_dict(optimizer.state_dict())
            exact.grad = gradient.float()
            beside.step()
            weight.grad = gradient
            optimizer.step()
            far = (bits(weight) - bits(exact.to(dtype))).abs()
            if mode == "compiled":
                assert (far > 0).sum() <= far.numel() // 5000, mode
                near = exact.detach().abs() > 1e-4  # below, the sum cancels
                assert far[near].max() <= 1
            else:
                assert not far.any(), mode
        if mode == "compiled":
            assert_compiled(module)
