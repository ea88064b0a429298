"""What rounding by chance and compensation do: noise, bias, and changes too small for bf16."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load

from nos_sym.codegen.render import render
from nos_sym.faces.parsing import parse

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch
from support.fused import drawn
from support.low_precision import (
    BF16,
    MODES,
    OPTIONS,
    RATE,
    file_of,
    moved,
    trained,
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return file_of(tmp_path_factory.mktemp("low"))


def noise_of(place: Any, step: int, key: int) -> Any:
    """Return the noise of pcg3d, in NumPy."""
    with np.errstate(over="ignore"):
        v = [np.array(x).astype(np.uint32) for x in (place, step, key)]
        x, y, z = (n * np.uint32(1664525) + np.uint32(1013904223) for n in v)
        x = x + y * z
        y = y + z * x
        z = z + x * y
        x, y, z = (n ^ (n >> np.uint32(16)) for n in (x, y, z))
        return (x + y * z) >> np.uint32(16)


@pytest.mark.parametrize("mode", MODES)
def test_noise_is_a_function_of_place_step_tensor_and_seed(mode: str, module: ModuleType) -> None:
    weights = [torch.nn.Parameter(drawn(1, 5, 40).to(BF16)), torch.nn.Parameter(drawn(2, 300).to(BF16))]
    before = [x.detach().float() for x in weights]
    states = [torch.zeros_like(x) for x in before]
    optimizer = moved(
        module, weights, 0, stochastic_rounding=True, rounding_seed=7, state_dtype=BF16, **MODES[mode]
    )
    for step in range(3):
        trained(optimizer, range(20 + step, 21 + step))
        for index, weight in enumerate(weights):
            v = optimizer.state[weight]["v"]
            old = before[index]
            # The state that the weight reads is the float32 one, before it is rounded.
            state = weight.grad.float() + 0.5 * states[index]
            for number, (got, exact) in enumerate(((weight, old - RATE * state), (v, state))):
                key = (7 * 2654435761 + index * 2246822507 + number * 3266489909) % 2**32
                noise = noise_of(np.arange(weight.numel()), step, key).reshape(tuple(weight.shape))
                bits = exact.numpy().view(np.uint32) + noise >> np.uint32(16)
                np.testing.assert_array_equal(got.detach().view(torch.uint16).numpy(), bits.astype(np.uint16))
        before = [x.detach().float() for x in weights]
        states = [optimizer.state[x]["v"].float() for x in weights]


@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("part", [1 / 8, 1 / 2, 115 / 128])
def test_chance_has_no_bias(part: float, mode: str, module: ModuleType) -> None:
    """Between two neighbors each entry is the upper one as often as the value is near it."""
    count, steps = 200_000, 6
    ups = []
    for _ in range(2):  # two tensors with the same values
        ups.append(torch.zeros(steps, count))
    weights = [torch.nn.Parameter(torch.empty(count, dtype=BF16)) for _ in ups]
    optimizer = module.Low(weights, lr=1.0, stochastic_rounding=True, **MODES[mode])
    for step in range(steps):
        for weight in weights:
            weight.data.fill_(1.0)
            weight.grad = torch.full_like(weight, -part * 2**-7)
            if optimizer.state[weight]:
                optimizer.state[weight]["v"].zero_()
        optimizer.step()
        for up, weight in zip(ups, weights, strict=True):
            assert set(weight.unique().tolist()) == {1.0, 1 + 2**-7}
            up[step] = (weight > 1).float()
    flat = torch.cat(ups)  # a row a tensor and step
    sigma = (part * (1 - part) / count) ** 0.5
    assert ((flat.mean(1) - part).abs() < 5 * sigma).all()
    # Each entry over tensors and steps, and its neighbor, the next step, the other tensor: uncorrelated.
    centered = flat - part
    products = [
        centered[:, 1:] * centered[:, :-1],
        centered[:, 64:] * centered[:, :-64],
        centered[1:] * centered[:-1],
        centered[1:, 1:] * centered[:-1, :-1],
        centered[:steps] * centered[steps:],
    ]
    for product in products:
        assert abs(product.mean()) < 5 * part * (1 - part) / product.numel() ** 0.5
    counts = torch.bincount(flat.sum(0).int(), minlength=2 * steps + 1).double()
    n = 2 * steps
    wanted = torch.tensor(
        [float(np.exp(_log_binomial(n, k, part))) for k in range(n + 1)], dtype=torch.float64
    )
    likely = wanted * count > 20
    chi = ((counts - wanted * count) ** 2 / (wanted * count))[likely].sum()
    freedom = int(likely.sum())
    assert chi < freedom + 6 * (2 * freedom) ** 0.5


def _log_binomial(n: int, k: int, p: float) -> float:
    from math import lgamma, log

    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p)


@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_small_changes_are_lost_without_and_kept_with(mode: str, module: ModuleType) -> None:
    """A weight of 1 moves by 2^-14 a step; its neighbor is 2^-7 above."""
    steps = 1000
    ends = {}
    for option in ("plain", "kahan", "chance"):
        weight = torch.nn.Parameter(torch.ones(400, dtype=BF16))
        optimizer = module.Low([weight], lr=2.0**-15, **OPTIONS[option], **MODES[mode])
        for _ in range(steps):
            weight.grad = torch.full_like(weight, -1.0)
            optimizer.step()
        ends[option] = weight.detach().float()
        kept = optimizer.state[weight].get("kahan_comp", torch.zeros(()))
        ends[f"{option}, with what is kept"] = ends[option] + kept.float()
    exact = 1 + (2 * steps - 2) * 2.0**-15
    assert (ends["plain"] == 1).all()
    # What is kept has 8 bits, so that a change of 2^-14 is rounded by at most 2^-9 2^-9 in a step.
    assert (ends["kahan, with what is kept"] - exact).abs().max() < 2.0**-12
    assert (ends["kahan"] - exact).abs().max() <= 2.0**-8 + 2.0**-12
    # A sum of steps, each off by at most 2^-7 with a variance of 2^-7 2^-14.
    sigma = (steps * 2.0**-21) ** 0.5
    assert (ends["chance"].mean() - exact).abs() < 5 * sigma / 400**0.5
    assert ends["chance"].std() > sigma / 2


def test_a_slow_average_in_bf16_forgets_by_chance_alone(tmp_path: Path) -> None:
    """0.999 of a bf16 number is nearest to that number."""
    slow = load(render(parse("Slow = none ~ ema(g, 0.999)"), "torch", low_precision=True), tmp_path)
    found = {}
    for option in ("states", "chance-states"):
        weight = torch.nn.Parameter(torch.zeros(2000))
        optimizer = slow.Slow([weight], lr=0.0, **OPTIONS[option])
        for step in range(700):
            weight.grad = torch.full_like(weight, 1000.0 if step == 0 else 0.0)
            optimizer.step()
        (state,) = [x for x in optimizer.state[weight].values() if x.dtype is BF16]
        found[option] = state.float().mean().item()
    assert found["states"] > 0.99
    assert found["chance-states"] == pytest.approx(0.999**699, rel=0.01)
