"""Compiled steps where tensors share memory, get other memory between steps, or lose it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.fused import BLOCK, assert_compiled, both, drawn, like

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(parse(BLOCK), "torch"), tmp_path_factory.mktemp("fused_memory"))


@pytest.mark.parametrize("start", [0, 40, 99])
def test_weights_that_share_memory_move_one_after_the_other(start: int, module: ModuleType) -> None:
    def make() -> list[Any]:
        base = drawn(1, 100)
        return [
            base[:100].requires_grad_(),
            base.detach()[start:].requires_grad_(),
            drawn(2, 3).requires_grad_(),
        ]

    both(module, make, like)


@pytest.mark.parametrize("view", [lambda x: x[:, ::2], lambda x: x.t()], ids=["columns", "transposed"])
def test_what_the_kernel_leaves_keeps_its_place_before_what_shares_its_memory(
    view: Callable[[Any], Any], module: ModuleType
) -> None:
    def make() -> list[Any]:
        base = drawn(1, 48).reshape(6, 8)
        return [view(base).requires_grad_(), base.detach().requires_grad_(), drawn(2, 3).requires_grad_()]

    both(module, make, lambda seed, w: drawn(seed, w.numel()).reshape(w.shape))


def test_masks_are_drawn_once_where_the_kernel_leaves_what_shares_memory(tmp_path: Path) -> None:
    """Those of an eager run, since what is left comes last."""
    module = load(render(parse("Dropped = none ~ drop(g, 0.5)"), "torch"), tmp_path)
    found = []
    for modes in ({"fused": True}, {}):
        base = drawn(1, 48).reshape(6, 8)
        weights = [drawn(2, 70), drawn(3, 5, 9), base, base[:, ::2]]
        optimizer = module.Dropped([x.requires_grad_() for x in weights[:2]] + weights[2:], lr=0.1, **modes)
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        torch.manual_seed(7)
        optimizer.step()
        optimizer.step()
        found.append([x.detach().clone() for x in weights])
    assert_compiled(module)
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_gradients_and_states_that_share_memory(module: ModuleType) -> None:
    both(module, lambda: [drawn(1, 50).requires_grad_()], lambda seed, w: w.detach())
    base = drawn(5, 60)
    both(
        module, lambda: [drawn(1, 50).requires_grad_(), drawn(2, 50).requires_grad_()], lambda s, w: base[:50]
    )

    def shifted() -> list[Any]:
        base = drawn(1, 50)
        return [base[:40].requires_grad_()]

    both(module, shifted, lambda seed, w: w.detach().as_strided((40,), (1,), 10))
    results = []
    for modes in ({"fused": True}, {}):
        weights = [drawn(i, 9).requires_grad_() for i in range(2)]
        optimizer = module.Both(weights, lr=0.1, **modes)
        for step in range(4):
            for i, weight in enumerate(weights):
                weight.grad = like(2 * step + i, weight)
            optimizer.step()
            optimizer.state[weights[1]]["v"] = optimizer.state[weights[0]]["v"]
        results.append(weights)
    torch.testing.assert_close(*results)


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
def test_the_same_weight_twice(module: ModuleType) -> None:
    def make() -> list[Any]:
        weight = drawn(1, 30).requires_grad_()
        return [weight, weight]

    both(module, make, like)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "type": lambda x: x.to(torch.bfloat16),
    "wider": lambda x: x.double(),
    "storage": lambda x: x.clone(),
    "transposed": lambda x: x.t(),
    "view": lambda x: x.t().contiguous().t(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_weights_replaced_between_steps(change: str, module: ModuleType) -> None:
    results = []
    for modes in ({"fused": True}, {}):
        weight = torch.nn.Parameter(drawn(1, 6, 6))
        optimizer = module.Both([weight], lr=0.1, **modes)
        for step in range(6):
            if step == 3:
                weight.grad = None
                weight.data = CHANGES[change](weight.data)
                for key in ("v", "c"):  # as a state is loaded
                    wide = torch.promote_types(weight.dtype, torch.float32)
                    optimizer.state[weight][key] = optimizer.state[weight][key].to(wide)
            weight.grad = drawn(step, 6, 6).to(weight.dtype)
            optimizer.step()
        results.append(weight.detach())
    near = {"rtol": 2**-7, "atol": 1e-5} if change == "type" else {}
    torch.testing.assert_close(*results, **near)


def test_another_size_at_the_next_step_is_refused_as_eagerly(module: ModuleType) -> None:
    for modes in ({"fused": True}, {}):
        weight = torch.nn.Parameter(torch.ones(64))
        optimizer = module.Both([weight], lr=0.1, **modes)
        weight.grad = torch.ones(64)
        optimizer.step()
        optimizer.state[weight]["v"].resize_(3)
        with pytest.raises((RuntimeError, UserWarning)):  # PyTorch warns first where it resizes `out`
            optimizer.step()
        weight.data, weight.grad = torch.ones(5), torch.ones(5)
        optimizer.state[weight]["v"] = torch.zeros(64)
        with pytest.raises((RuntimeError, UserWarning)):  # PyTorch warns first where it resizes `out`
            optimizer.step()


@pytest.mark.parametrize("lost", ["weight", "gradient", "state"])
def test_memory_that_was_given_back_is_not_touched(lost: str, module: ModuleType) -> None:
    weight = torch.nn.Parameter(torch.ones(64))
    other = torch.nn.Parameter(torch.ones(64))
    optimizer = module.Both([weight, other], lr=0.1, fused=True)
    for x in (weight, other):
        x.grad = torch.ones(64)
    optimizer.step()
    tensors = {"weight": weight, "gradient": weight.grad, "state": optimizer.state[weight]["v"]}
    storage = tensors[lost].untyped_storage()
    storage.resize_(0)
    work, counts = [(weight, weight.grad, [optimizer.state[weight][k] for k in module.STATE], 0)], []
    left, _ = module.KERNEL.move(work, [optimizer.state[weight]["step"]], [(0.1,) * 8], optimizer._known)
    assert len(left) == 1, counts


def test_gradients_do_not_outlive_the_step(module: ModuleType) -> None:
    weight = torch.nn.Parameter(torch.ones(64))
    optimizer = module.Both([weight], lr=0.1, fused=True)
    gradient = torch.ones(64)
    alive = weakref.ref(gradient.untyped_storage()), weakref.ref(gradient)
    weight.grad = gradient
    optimizer.step()
    del gradient
    optimizer.zero_grad()
    assert alive[1]() is None


def test_shared_states_stay_shared(module: ModuleType) -> None:
    weights = [torch.nn.Parameter(drawn(i, 20)) for i in range(3)]
    optimizer = module.Both(weights, lr=0.1, fused=True)
    for step in range(3):
        for i, weight in enumerate(weights):
            weight.grad = like(3 * step + i, weight)
        optimizer.step()
        if step == 0:
            for state in optimizer.state.values():
                for x in state.values():
                    x.share_memory_()
        places = [x.data_ptr() for state in optimizer.state.values() for x in state.values()]
    assert all(x.is_shared() for state in optimizer.state.values() for x in state.values())
    optimizer.step()
    assert places == [x.data_ptr() for state in optimizer.state.values() for x in state.values()]
