"""Compiled steps with functions of matrices between their loops, or with what all tensors have in common."""

from __future__ import annotations

import copy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.fused import assert_same_bits_for_any_threads, compiled_file

from nos_sym import catalog

SHAPES = ((5, 7), (33,), (), (3, 4, 5), (300, 70), (2, 0), (0,), (1, 1))


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def muon(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return made("MuonWithAdamW", tmp_path_factory.mktemp("muon"))


@pytest.fixture(scope="module")
def prodigy(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return made("ProdigyPO", tmp_path_factory.mktemp("prodigy"))


def made(name: str, folder: Path) -> ModuleType:
    module = compiled_file(catalog.entry(name), folder)
    assert module is not None
    return module


def weights(dtype: Any = torch.float64) -> list[Any]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape in SHAPES]


def train(optimizer: Any, steps: int, seed: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        for group in optimizer.param_groups:
            for weight in group["params"]:
                drawn = (torch.randn(weight.shape, generator=generator) + 1) * 10.0 ** (step % 3 - 1)
                weight.grad = drawn.to(weight.dtype)
        optimizer.step()


def assert_same(one: Any, other: Any, **near: Any) -> None:
    for a, b in zip(one.param_groups, other.param_groups, strict=True):
        for key, value in a.items():
            if key != "params" and isinstance(value, torch.Tensor):
                torch.testing.assert_close(value, b[key], **near, msg=key)
        for x, y in zip(a["params"], b["params"], strict=True):
            torch.testing.assert_close(x, y, **near)
            for key, value in one.state[x].items():
                torch.testing.assert_close(value, other.state[y][key], **near, msg=key)


def pair(kind: Any, make: Any, **options: Any) -> tuple[Any, Any]:
    """Return a compiled and an eager optimizer of equal weights, in two groups."""
    both = []
    for fused in (True, False):
        parts = make()
        groups = [{"params": parts[:3]}, {"params": parts[3:]}]
        both.append(kind(groups, **{"lr": 0.03, "fused": fused, **options}))
    return both[0], both[1]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_matrices_of_every_shape(muon: ModuleType, dtype: Any) -> None:
    near = {"rtol": 1e-10, "atol": 1e-12} if dtype == torch.float64 else {"rtol": 1e-3, "atol": 1e-4}
    fused, eager = pair(muon.MuonWithAdamW, lambda: weights(dtype))
    train(fused, 5)
    train(eager, 5)
    assert_same(fused, eager, **near)
    assert muon.KERNEL.compiled
    assert all(muon.KERNEL.compiled.values())


def test_matrices_in_another_layout(muon: ModuleType) -> None:
    def make() -> list[Any]:
        parts = weights()
        parts[0] = parts[0].detach().t().contiguous().t().requires_grad_()
        parts[4] = parts[4].detach()[:, ::2].requires_grad_()  # not one piece of memory
        return parts

    fused, eager = pair(muon.MuonWithAdamW, make)
    for optimizer in (fused, eager):
        train(optimizer, 4)
    assert_same(fused, eager, rtol=1e-10, atol=1e-12)


def test_an_error_between_the_loops_moves_nothing_and_is_told(
    muon: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = torch.ones(4, 4, dtype=torch.float64, requires_grad=True)
    optimizer = muon.MuonWithAdamW([weight], fused=True)
    weight.grad = torch.eye(4, dtype=torch.float64)
    optimizer.step()
    before = copy.deepcopy(optimizer.state_dict()), weight.detach().clone()

    def fails(*_: Any) -> Any:
        raise MemoryError("no memory for a matrix")

    with monkeypatch.context() as patch:
        patch.setattr(muon.KERNEL, "between", (fails,))
        with pytest.raises(MemoryError, match="no memory for a matrix"):
            optimizer.step()
    torch.testing.assert_close(weight.detach(), before[1], rtol=0, atol=0)
    state = optimizer.state[weight]
    for key, value in before[0]["state"][0].items():
        torch.testing.assert_close(state[key], value, rtol=0, atol=0)
    optimizer.step()
    assert state["step"] == 2


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_common_states_over_groups(prodigy: ModuleType, dtype: Any) -> None:
    near = {"rtol": 1e-9, "atol": 1e-14} if dtype == torch.float64 else {"rtol": 2e-2, "atol": 1e-3}
    fused, eager = pair(prodigy.ProdigyPO, lambda: weights(dtype), lr=1.0, d0=1e-3)
    train(fused, 12)
    train(eager, 12)
    assert_same(fused, eager, **near)
    assert fused.param_groups[0]["d"] > 2e-3


def test_the_same_bits_for_any_number_of_threads(prodigy: ModuleType) -> None:
    def run() -> list[Any]:
        large = [torch.linspace(-1, 1, 70_001).requires_grad_()]
        optimizer = prodigy.ProdigyPO(large, lr=0.1, d0=0.1, fused=True)
        train(optimizer, 3)
        return [*large, optimizer.param_groups[0]["d"]]

    assert_same_bits_for_any_threads(run)


def test_a_saved_state_goes_on_in_the_other_mode(prodigy: ModuleType) -> None:
    for first in (True, False):
        begun, whole = weights(), weights()
        one = prodigy.ProdigyPO(begun, lr=0.1, d0=0.1, fused=first)
        train(one, 3)
        other = prodigy.ProdigyPO(begun, lr=0.1, d0=0.1, fused=not first)
        other.load_state_dict(one.state_dict())
        train(other, 3, seed=1)
        alone = prodigy.ProdigyPO(whole, lr=0.1, d0=0.1)
        train(alone, 3)
        train(alone, 3, seed=1)
        assert_same(other, alone, rtol=1e-9, atol=1e-14)


def test_tensors_that_one_call_cannot_move_go_eagerly_together(prodigy: ModuleType) -> None:
    def mixed() -> list[Any]:
        return [*weights(torch.float32)[:4], *weights(torch.float64)[4:]]

    def shared() -> list[Any]:
        parts = weights()
        parts[5] = parts[4].detach()[:20].requires_grad_()
        return parts

    for make in (mixed, shared):
        fused, eager = pair(prodigy.ProdigyPO, make, d0=0.05)
        train(fused, 4)
        train(eager, 4)
        assert_same(fused, eager, rtol=0, atol=0)


def test_tensors_without_a_gradient_take_no_part(prodigy: ModuleType) -> None:
    fused, eager = pair(prodigy.ProdigyPO, weights, d0=0.05)
    for optimizer in (fused, eager):
        train(optimizer, 2)
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = None
        optimizer.step()
        first = optimizer.param_groups[0]["params"][0]
        first.grad = torch.ones_like(first)
        optimizer.step()
    assert_same(fused, eager, rtol=1e-9, atol=1e-14)
