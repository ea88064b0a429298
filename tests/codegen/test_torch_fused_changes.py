"""Compiled steps after changes between two of them that only a comparison with what is there now shows."""

from __future__ import annotations

import gc
import weakref
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym import catalog
from nos_sym.codegen.render import render

MODES: list[dict[str, Any]] = [{"foreach": False}, {}, {"fused": True}]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return load(render(catalog.entry("SGDMomentum"), "torch"), tmp_path_factory.mktemp("rendered"))


def parameter(*values: float) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values))


def steps(optimizer: torch.optim.Optimizer, count: int, value: float = 1.0) -> None:
    for _ in range(count):
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.full_like(weight, value)
        optimizer.step()


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_parameter_that_moves_to_another_group_has_its_rate(
    mode: dict[str, Any], module: ModuleType
) -> None:
    a, b, c = (parameter(0.0, 0.0) for _ in range(3))
    groups = [{"params": [a, b], "lr": 1.0}, {"params": [c], "lr": 0.0}]
    optimizer = module.SGDMomentum(groups, momentum=0.0, **mode)
    steps(optimizer, 2)
    optimizer.param_groups[1]["params"].insert(0, optimizer.param_groups[0]["params"].pop())
    steps(optimizer, 2)
    assert [x[0].item() for x in (a, b, c)] == [-4.0, -2.0, 0.0]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_group_that_is_taken_away(mode: dict[str, Any], module: ModuleType) -> None:
    a = parameter(0.0)
    empty: list[Any] = []
    groups = [{"params": empty}, {"params": [a], "lr": 0.1}, {"params": [], "lr": 100.0}]
    optimizer = module.SGDMomentum(groups, momentum=0.0, **mode)
    steps(optimizer, 2)
    optimizer.param_groups.pop(0)
    steps(optimizer, 1)
    torch.testing.assert_close(a.detach(), torch.tensor([-0.3]))


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_state_that_is_transposed_where_it_lies(mode: dict[str, Any], module: ModuleType) -> None:
    """Its address and size are the same; what belongs to which entry is not."""
    weight = torch.nn.Parameter(torch.zeros(2, 2))
    optimizer = module.SGDMomentum([weight], lr=1.0, **mode)
    gradient = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for _ in range(2):
        weight.grad = gradient
        optimizer.step()
    (state,) = [x for key, x in optimizer.state[weight].items() if key != "step"]
    before, expected = weight.detach().clone(), state.t().clone() * 0.9
    state.t_()
    weight.grad = torch.zeros(2, 2)
    optimizer.step()
    torch.testing.assert_close(weight.detach() - before, expected)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_weights_that_are_negated_views(mode: dict[str, Any], module: ModuleType) -> None:
    weights = [torch.nn.Parameter(torch.ones(3)) for _ in range(5)]
    optimizer = module.SGDMomentum(weights, lr=0.5, momentum=0.0, **mode)
    steps(optimizer, 2)
    for weight in weights:
        weight.data = torch._neg_view(weight.data)
    steps(optimizer, 2)
    for weight in weights:
        torch.testing.assert_close(weight.detach().resolve_neg(), torch.full((3,), -1.0))


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_gradient_that_is_another_weight_is_read_before_that_moves(
    mode: dict[str, Any], module: ModuleType
) -> None:
    p, q = torch.nn.Parameter(torch.zeros(4)), torch.nn.Parameter(torch.full((4,), 0.5))
    optimizer = module.SGDMomentum([p, q], lr=1.0, momentum=0.0, **mode)
    p.grad, q.grad = q.data[:1].expand(4), torch.ones(4)
    optimizer.step()
    assert (p.tolist(), q.tolist()) == ([-0.5] * 4, [-0.5] * 4)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_what_is_refused_alone_keeps_its_place(mode: dict[str, Any], module: ModuleType) -> None:
    both = torch.ones(6)
    p, q = torch.nn.Parameter(both[:4]), torch.nn.Parameter(both[2:])
    optimizer = module.SGDMomentum([p, q], lr=0.5, momentum=0.0, **mode)
    p.grad, q.grad = p.data, torch.ones(4)
    optimizer.step()
    assert both.tolist() == [0.5, 0.5, 0.0, 0.0, 0.5, 0.5]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_parameters_that_are_gone_are_forgotten(mode: dict[str, Any], module: ModuleType) -> None:
    optimizer = module.SGDMomentum([parameter(1.0)], lr=0.1, **mode)
    gone = []
    for _ in range(3):
        added = parameter(1.0, 2.0)
        gone.append(weakref.ref(added))
        optimizer.add_param_group({"params": [added]})
        steps(optimizer, 2)
        optimizer.param_groups.pop()
        del optimizer.state[added], added
        steps(optimizer, 1)
    gc.collect()
    assert [x() for x in gone] == [None] * 3
