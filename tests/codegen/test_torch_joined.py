"""Eager steps that join small tensors: the same numbers as one by one, in fewer operations."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.faces.parsing import parse
from nos_sym.language.rule import Schedule

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch
from support.fused import drawn
from torch.utils._python_dispatch import TorchDispatchMode

SHAPES = ((5,), (), (3, 4, 2, 2), (0, 3), (7, 9), (130, 130), (6,), (4, 5, 3, 3))
RULE = """Joined = {
    state v; state s; v <- 0.9 * v + 0.1 * g; s <- 0.99 * s + 0.01 * g^2
    w <- w - lr * v / (sqrt(s) + 0.1)
}"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(parse(RULE), "torch", fused=False), tmp_path_factory.mktemp("joined"))


def weights_of(dtype: Any = torch.float32, shapes: Any = SHAPES) -> list[Any]:
    made = [drawn(index, *shape).to(dtype) for index, shape in enumerate(shapes)]
    if shapes is SHAPES:
        made[-1] = made[-1].to(memory_format=torch.channels_last)
    return [torch.nn.Parameter(x) for x in made]


def trained(optimizer: Any, steps: int = 3, skip: int = 0) -> Any:
    """Make steps; every `skip`-th weight has no gradient in the first."""
    weights = [x for group in optimizer.param_groups for x in group["params"]]
    for step in range(steps):
        for index, weight in enumerate(weights):
            gradient = torch.empty_like(weight).copy_(drawn(100 * step + index, *weight.shape)).detach()
            weight.grad = None if skip and step == 0 and index % skip == 0 else gradient
        optimizer.step()
    return optimizer


def everything(optimizer: Any) -> list[Any]:
    weights = [x for group in optimizer.param_groups for x in group["params"]]
    return [x for w in weights for x in (w.detach(), *optimizer.state[w].values())]


def assert_same(one: Any, other: Any) -> None:
    for x, y in zip(everything(one), everything(other), strict=True):
        assert x.dtype is y.dtype
        assert torch.equal(x, y)


@pytest.mark.parametrize("skip", [0, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_joined_tensors_move_as_one_by_one(dtype: Any, skip: int, module: ModuleType) -> None:
    joined, alone = (trained(module.Joined(weights_of(dtype), foreach=f), skip=skip) for f in (None, False))
    assert joined._joined  # some were joined
    assert_same(joined, alone)


def test_groups_and_types_are_joined_apart(module: ModuleType) -> None:
    made = []
    for foreach in (None, False):
        shapes = ((4,), (5,), (2, 3), (7,))
        groups = [
            {"params": weights_of(x, shapes), "lr": lr}
            for x in (torch.float32, torch.float64)
            for lr in (0.1, 0.2)
        ]
        made.append(trained(module.Joined(groups, foreach=foreach)))
    assert len(made[0]._joined) == 2  # memory for each type, which both groups use
    assert_same(*made)


def test_states_own_their_memory(module: ModuleType) -> None:
    optimizer = trained(module.Joined(weights_of()))
    tensors = [x for x in everything(optimizer) if x.numel()]
    assert len({x.untyped_storage().data_ptr() for x in tensors}) == len(tensors)
    scratch = [whole for kinds in optimizer._joined.values() for whole, _ in kinds]
    assert not {x.data_ptr() for x in scratch} & {x.data_ptr() for x in tensors}


def test_weights_that_share_memory_move_in_their_order(module: ModuleType) -> None:
    made = []
    for foreach in (None, False):
        base = drawn(1, 40)
        weights = [
            torch.nn.Parameter(x) for x in (base[:10], base[5:15], base[20:24], base[24:30], base[::2])
        ]
        made.append(trained(module.Joined(weights, foreach=foreach)))
    assert not made[0]._joined
    assert_same(*made)


def test_weights_that_processes_share_are_moved_where_they_are(module: ModuleType) -> None:
    """What another process does to one between two copies would be lost."""
    weights = weights_of()
    for weight in weights:
        weight.share_memory_()
    optimizer = trained(module.Joined(weights))
    assert not optimizer._joined
    assert_same(optimizer, trained(module.Joined(weights_of(), foreach=False)))


def test_a_step_can_be_compiled_by_its_user(module: ModuleType) -> None:
    optimizers = [trained(module.Joined(weights_of(shapes=((3, 4),) * 6))) for _ in range(2)]
    step = torch.compile(optimizers[0].step, backend="eager")
    step()
    optimizers[1].step()
    assert_same(*optimizers)


def test_a_weight_that_is_listed_twice_moves_twice(module: ModuleType) -> None:
    made = []
    for foreach in (None, False):
        weights = weights_of(shapes=((4,), (5,), (6,), (7,)))
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = module.Joined([*weights, weights[0]], foreach=foreach)
        made.append(trained(optimizer))
    assert_same(*made)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 3e38, -3e38])
def test_what_is_not_finite_stays_where_it_is(value: float, module: ModuleType) -> None:
    made = []
    for foreach in (None, False):
        weights = weights_of(shapes=((4,), (5,), (6,), (7,)))
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        weights[1].grad[2] = value
        optimizer = module.Joined(weights, foreach=foreach)
        optimizer.step()
        made.append(optimizer)
    torch.testing.assert_close(everything(made[0]), everything(made[1]), rtol=0, atol=0, equal_nan=True)
    finite = [bool(x.isfinite().all()) for x in made[0].param_groups[0]["params"]]
    assert finite == [True, abs(value) < 1e39, True, True]


class Counted(TorchDispatchMode):
    """Counts the operations that run, but for those that read the number of a step."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "local_scalar" not in str(function):
            self.found[str(function)] += 1
        return function(*args, **(kwargs or {}))


def test_operations_do_not_grow_with_the_number_of_tensors(module: ModuleType) -> None:
    counts = []
    for number in (5, 50):
        optimizer = trained(module.Joined(weights_of(shapes=((3, 3),) * number)))
        with Counted() as counted:
            optimizer.step()
        counts.append(sum(counted.found.values()))
    assert counts[0] == counts[1]


def test_memory_of_tensors_that_are_gone_is_given_back(module: ModuleType) -> None:
    optimizer = module.Joined(weights_of(shapes=((3, 3),) * 12))
    for step in range(8):
        for index, weight in enumerate(optimizer.param_groups[0]["params"]):
            weight.grad = None if index < step else torch.ones_like(weight)
        optimizer.step()
    # Weights that missed steps have numbers of their own.
    shapes = [key[:-4] for key in optimizer._joined]
    assert shapes == [((3, 3),) * 5]


def test_masks_of_dropout_are_drawn_tensor_by_tensor(tmp_path: Path) -> None:
    rule = parse("Dropped = none ~ drop(g, 0.5)")
    module = load(render(rule, "torch", fused=False), tmp_path)
    assert not hasattr(module, "together")


def test_a_large_gradient_that_is_a_view_of_its_weight(module: ModuleType) -> None:
    """Parts of the weight are written before the last of the gradient is read."""
    size = 1 + int((module.BLOCK["cpu"] * 2) ** 0.5)
    made = []
    for copied in (False, True):
        weight = torch.nn.Parameter(drawn(1, size, size))
        view = weight.detach().T
        weight.grad = view.clone() if copied else view
        optimizer = module.Joined([weight])
        optimizer.step()
        made.append(optimizer)
    assert_same(*made)


def test_a_step_in_inference_mode_leaves_no_memory_to_others(module: ModuleType) -> None:
    optimizer = trained(module.Joined(weights_of()))
    with torch.inference_mode():
        optimizer.step()
    assert_same(trained(optimizer), trained_again(module))


def trained_again(module: ModuleType) -> Any:
    optimizer = trained(module.Joined(weights_of(), foreach=False))
    optimizer.step()
    return trained(optimizer)


@pytest.mark.parametrize("lr", [0.1, torch.tensor(0.1)])
def test_a_step_that_autograd_has_nothing_of_is_made_in_place(lr: Any, module: ModuleType) -> None:
    weights = [x.requires_grad_(False) for x in weights_of()]
    optimizer = trained(module.Joined(weights, lr=lr, differentiable=True))
    assert optimizer._joined
    assert not any(x.requires_grad for x in everything(optimizer))
    assert_same(optimizer, trained(module.Joined(weights_of(), lr=0.1)))


FAST = ("Adam", "Opt1", "Opt3", "Opt9")
NAMES = [
    pytest.param(name, marks=() if name in FAST else pytest.mark.heavy)
    for name in catalog.names()
    if not isinstance(catalog.entry(name), Schedule)
]


@pytest.mark.parametrize("name", NAMES)
def test_rules_of_the_catalog_agree_with_steps_one_by_one(name: str, tmp_path: Path) -> None:
    """Vectors have other ends where tensors are joined, at which elementary functions differ by rounding."""
    rule = catalog.entry(name)
    try:
        module = load(render(rule, "torch", fused=False), tmp_path)
    except RenderError as error:
        pytest.skip(str(error))  # a setting has a name that the file uses
    kind = getattr(module, rule.name)
    given = {"total_steps": 10} if "total_steps" in inspect.signature(kind).parameters else {}
    made = []
    for foreach in (None, False):
        modes = {"foreach": foreach} if hasattr(module, "blocks") else {}
        made.append(trained(kind(weights_of(torch.float64), lr=0.01, **modes, **given), skip=4))
    found, wanted = map(everything, made)
    if hasattr(module, "together"):
        assert made[0]._joined
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-14, equal_nan=True)
