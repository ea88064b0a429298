"""Compiled steps on tensors in whatever memory: layouts, types, views, copies."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.fused import BLOCK, HALVES, assert_compiled, both, drawn, like

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(parse(BLOCK), "torch"), tmp_path_factory.mktemp("fused_memory"))


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda x: x,
    "channels_last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(0, 3),
    "sliced": lambda x: x[:, ::2],
    "part": lambda x: x[1:],
    "reversed": lambda x: x.flip(0).permute(3, 2, 1, 0),
}


@pytest.mark.parametrize("of_gradient", LAYOUTS)
@pytest.mark.parametrize("of_weight", LAYOUTS)
def test_layouts(of_weight: str, of_gradient: str, module: ModuleType) -> None:
    def make() -> list[Any]:
        return [
            LAYOUTS[of_weight](drawn(1, 4, 4, 4, 4)).detach().requires_grad_(),
            drawn(2, 3).requires_grad_(),
        ]

    def gradient(seed: int, weight: Any) -> Any:
        if weight.ndim == 1:
            return like(seed, weight)
        made = LAYOUTS[of_gradient](drawn(seed, 8, 8, 8, 8))
        return made[tuple(slice(0, n) for n in weight.shape)]

    both(module, make, gradient)
    assert_compiled(module)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (1, 70), (70, 1), (4097,), (2, 4096)])
def test_shapes(shape: tuple[int, ...], module: ModuleType) -> None:
    both(module, lambda: [drawn(i, *shape).requires_grad_() for i in range(3)], like)


def test_expanded_and_negative_gradients(module: ModuleType) -> None:
    """A view may say that its entries are one entry, or the negatives of what stands in memory."""

    def make() -> list[Any]:
        return [drawn(3, 4, 3).requires_grad_()]

    both(module, make, lambda seed, w: drawn(seed, 3).expand(4, 3))
    both(module, make, lambda seed, w: torch._neg_view(like(seed, w)) if seed > 9 else like(seed, w))


def test_weights_and_gradients_of_other_kinds(module: ModuleType) -> None:
    """Subclasses, and gradients of another type, take eager steps."""

    class Own(torch.Tensor):
        pass

    def make() -> list[Any]:
        return [drawn(3, 4).as_subclass(Own).requires_grad_(), drawn(4, 4).requires_grad_()]

    both(module, make, like)
    weight = torch.ones(3, dtype=torch.bfloat16, requires_grad=True)
    weight.grad_dtype = None
    weight.grad = torch.ones(3)
    module.Both([weight], lr=0.1, fused=True).step()
    assert (weight < 1).all()


@pytest.mark.parametrize("dtype", HALVES)
def test_half_weights_have_wide_states(dtype: Any, module: ModuleType) -> None:
    fused, _ = both(module, lambda: [drawn(1, 5, 7).to(dtype).requires_grad_()], like)
    (state,) = fused.state.values()
    assert {x.dtype for x in state.values()} == {torch.float32}


def test_all_types_and_several_groups_in_one_optimizer(module: ModuleType) -> None:
    kinds = (torch.float64, torch.float32, *HALVES) * 2
    results = []
    for modes in ({"fused": True}, {}):
        weights = [drawn(i, 5).to(kind).requires_grad_() for i, kind in enumerate(kinds)]
        groups = [{"params": weights[:5]}, {"params": weights[5:], "lr": 0.3, "maximize": True}]
        optimizer = module.Both(groups, lr=0.1, **modes)
        for step in range(3):
            for index, weight in enumerate(weights):
                weight.grad = None if index == step else like(10 * step + index, weight)
            optimizer.step()
        results.append([*weights, *(optimizer.state[w]["step"] for w in weights)])
    for one, other in zip(*results, strict=True):
        near = {"rtol": torch.finfo(one.dtype).eps, "atol": 1e-6} if one.dtype in HALVES else {}
        torch.testing.assert_close(one, other, **near)


def test_states_in_bfloat16(module: ModuleType) -> None:
    """A state that was made narrow stays narrow, and each new value is rounded to the nearest."""
    weight = drawn(1, 300).requires_grad_()
    optimizer = module.Both([weight], lr=0.1, fused=True)
    weight.grad = like(0, weight)
    optimizer.step()
    state = optimizer.state[weight]
    state["v"] = state["v"].to(torch.bfloat16)
    for step in range(1, 4):
        weight.grad = like(step, weight)
        wanted = (0.9 * state["v"].double() + 0.1 * weight.grad.double()).float().to(torch.bfloat16)
        optimizer.step()
        assert state["v"].dtype is torch.bfloat16
        torch.testing.assert_close(state["v"], wanted, rtol=2**-7, atol=0)
    assert (module.TYPES[torch.float32], module.TYPES[torch.bfloat16]) in module.KERNEL.compiled


def test_a_weight_that_joins_late_and_one_without_gradient(module: ModuleType) -> None:
    results = []
    for modes in ({"fused": True}, {}):
        weights = [torch.nn.Parameter(drawn(i, 20)) for i in range(3)]
        optimizer = module.Both(weights[:2], lr=0.1, **modes)
        for step in range(5):
            if step == 2:
                optimizer.add_param_group({"params": weights[2:], "lr": 0.5})
            for i, weight in enumerate(weights):
                weight.grad = None if i == 1 and step in (0, 3) else like(3 * step + i, weight)
            optimizer.step()
        results.append([*weights, *(optimizer.state[w]["step"] for w in weights)])
    torch.testing.assert_close(*results)


@pytest.mark.parametrize(("given", "says"), [("sparse", "sparse gradients"), ("complex", "complex weights")])
def test_what_is_refused_eagerly_is_refused(given: str, says: str, module: ModuleType) -> None:
    kind = torch.complex64 if given == "complex" else torch.float32
    weight = torch.nn.Parameter(torch.ones(3, dtype=kind))
    weight.grad = torch.ones_like(weight)
    if given == "sparse":
        weight.grad = weight.grad.to_sparse()
    with pytest.raises(RuntimeError, match=says):
        module.Both([weight], lr=0.1, fused=True).step()


def test_inference_mode_and_copies(module: ModuleType) -> None:
    with torch.inference_mode():
        both(module, lambda: [drawn(1, 6)], like)
    weight = torch.nn.Parameter(drawn(1, 6))
    optimizer = module.Both([weight], lr=0.1, fused=True)
    weight.grad = like(0, weight)
    optimizer.step()
    twin = copy.deepcopy(optimizer)
    (own,) = twin.param_groups[0]["params"]
    own.grad = weight.grad.clone()
    optimizer.step()
    twin.step()
    assert own is not weight
    torch.testing.assert_close(own, weight, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["Adam", "LambPO", "Opt7"])
def test_no_bit_depends_on_the_address(name: str, dtype: Any, tmp_path: Path) -> None:
    """A run that resumes has its tensors elsewhere, where vectors begin at other entries or not at all."""
    cls = getattr(load(render(catalog.entry(name), "torch"), tmp_path), name)
    more = {"total_steps": 9} if "total_steps" in inspect.signature(cls).parameters else {}
    found = []
    for offset in (0, 1, 3, 7):

        def moved(x: Any, offset: int = offset) -> Any:
            return torch.empty(offset + x.numel(), dtype=dtype)[offset:].view(x.shape).copy_(x).detach()

        weights = [moved(drawn(i, size)).requires_grad_() for i, size in enumerate((1, 5, 67, 5000))]
        optimizer = cls(weights, lr=0.1, fused=True, **more)
        for step in range(3):
            for i, weight in enumerate(weights):
                weight.grad = moved(drawn(10 * step + i, len(weight)))
            optimizer.step()
            for state in optimizer.state.values():
                state |= {key: moved(x) for key, x in state.items() if key != "step" and x.ndim}
        found.append(weights)
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=0)
