"""Compiled steps on tensors in whatever memory: layouts, types, views, tensors that share memory or lose it."""

from __future__ import annotations

import copy
import inspect
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
from support.fused import assert_compiled

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

BLOCK = """Both = {
    state v; state c: scalar = 1
    v <- 0.9 * v + 0.1 * g
    c <- 0.5 * c + norm2(v)
    w <- w - lr * (v / (0.1 + c) + 0.5 * w)
}"""
"""It has a state of entries, one that is a number of the tensor, a sum over it, and moves that see the weight."""
HALVES = (torch.bfloat16, torch.float16)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(parse(BLOCK), "torch"), tmp_path_factory.mktemp("fused_memory"))


def drawn(seed: int, *shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def both(
    module: ModuleType, make: Callable[[], list[Any]], gradient: Callable[[int, Any], Any]
) -> tuple[Any, Any]:
    """Train two copies of the same weights, compiled and tensor by tensor; return both optimizers."""
    made = []
    for modes in ({"fused": True}, {}):
        weights = make()
        optimizer = module.Both(weights, lr=0.1, **modes)
        for step in range(4):
            for index, weight in enumerate(weights):
                weight.grad = gradient(10 * step + index, weight)
            optimizer.step()
        made.append(optimizer)
    for one, other in zip(*(o.param_groups[0]["params"] for o in made), strict=True):
        near = {"rtol": 2 * torch.finfo(one.dtype).eps, "atol": 1e-6} if one.dtype in HALVES else {}
        torch.testing.assert_close(one, other, **near)
        for key, value in made[0].state[one].items():
            torch.testing.assert_close(value, made[1].state[other][key], msg=key)
    return made[0], made[1]


def like(seed: int, weight: Any) -> Any:
    return torch.empty_like(weight).copy_(drawn(seed, *weight.shape)).detach()


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
        near = {"rtol": 2 * torch.finfo(one.dtype).eps, "atol": 1e-6} if one.dtype in HALVES else {}
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
        with pytest.raises(RuntimeError):
            optimizer.step()
        weight.data, weight.grad = torch.ones(5), torch.ones(5)
        optimizer.state[weight]["v"] = torch.zeros(64)
        with pytest.raises(RuntimeError):
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
