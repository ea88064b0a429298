"""A rendered torch file in use: schedulers, groups, closures, checkpoints, wrong settings."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

NAMES = ["Opt4", "Opt9", "Adam", "SGD", "SGDMomentum", "AMSGrad"]
TOTAL = 12


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rendered")
    return {name: getattr(load(render(catalog.entry(name), "torch"), folder), name) for name in NAMES}


def made(classes: dict[str, Any], name: str, params: Any, **options: Any) -> Any:
    if name in ("Opt4", "Opt9"):
        options.setdefault("total_steps", TOTAL)
    return classes[name](params, **options)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))


def train(model: torch.nn.Module, optimizer: Any, steps: range) -> float:
    loss = torch.tensor(0.0)
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        inputs = torch.randn(16, 4, generator=generator)
        optimizer.zero_grad()
        loss = ((model(inputs)[:, 0] - inputs.sum(1)) ** 2).mean()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name: str, classes: dict[str, Any]) -> None:
    model = network()
    optimizer = made(
        classes, name, model.parameters(), lr=0.03, **({"total_steps": 200} if "Opt" in name else {})
    )
    first = train(model, optimizer, range(1))
    assert train(model, optimizer, range(1, 100)) < 0.5 * first


@pytest.mark.parametrize("name", NAMES)
def test_checkpoint_continues_identically(name: str, classes: dict[str, Any]) -> None:
    model = network()
    optimizer = made(classes, name, model.parameters(), lr=0.03)
    train(model, optimizer, range(5))
    other = copy.deepcopy(model)
    restored = made(classes, name, other.parameters(), lr=0.5)
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(model, optimizer, range(5, 10))
    train(other, restored, range(5, 10))
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_schedulers_drive_the_learning_rate(name: str, classes: dict[str, Any]) -> None:
    model = network()
    optimizer = made(classes, name, model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0)
    before = [p.detach().clone() for p in model.parameters()]
    train(model, optimizer, range(2))
    assert scheduler.get_last_lr() == [0.0]
    for ours, theirs in zip(model.parameters(), before, strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["Opt9", "SGDMomentum"])
def test_one_cycle_drives_the_momentum(name: str, classes: dict[str, Any]) -> None:
    model = network()
    optimizer = made(classes, name, model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=TOTAL)
    seen = []
    for step in range(TOTAL - 1):
        seen.append(optimizer.param_groups[0]["momentum"])
        train(model, optimizer, range(step, step + 1))
        scheduler.step()
    assert max(seen) == pytest.approx(0.95)
    assert min(seen) == pytest.approx(0.85, abs=0.01)


def test_momentum_of_the_group_is_used(classes: dict[str, Any]) -> None:
    """With mu = 0 momentum is plain gradient descent, step for step."""
    models = network(), network()
    plain = made(classes, "SGD", models[0].parameters(), lr=0.1)
    cycled = made(classes, "SGDMomentum", models[1].parameters(), lr=0.1)
    cycled.param_groups[0]["momentum"] = 0.0
    for model, optimizer in zip(models, (plain, cycled), strict=True):
        train(model, optimizer, range(3))
    for ours, theirs in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_groups_closures_and_missing_gradients(classes: dict[str, Any]) -> None:
    used, frozen, unused = (torch.nn.Parameter(torch.ones(2)) for _ in range(3))
    optimizer = made(classes, "Opt4", [{"params": [used]}, {"params": [frozen], "lr": 0.0}], lr=0.1)
    optimizer.add_param_group({"params": [unused], "total_steps": 5})
    assert [g["total_steps"] for g in optimizer.param_groups] == [TOTAL, TOTAL, 5]

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (used**2).sum() + (frozen**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4
    assert not torch.equal(used, torch.ones(2))
    assert torch.equal(frozen, torch.ones(2))
    assert torch.equal(unused, torch.ones(2))
    assert unused not in optimizer.state


def test_gradients_are_left_alone(classes: dict[str, Any]) -> None:
    for name in NAMES:
        parameter = torch.nn.Parameter(torch.ones(3))
        parameter.grad = torch.tensor([1.0, -2.0, 0.5])
        made(classes, name, [parameter], lr=0.1).step()
        assert parameter.grad.tolist() == [1.0, -2.0, 0.5]


def test_a_tensor_is_a_learning_rate(classes: dict[str, Any]) -> None:
    results = []
    for lr in (0.25, torch.tensor(0.25)):
        model = network()
        train(model, made(classes, "Adam", model.parameters(), lr=lr), range(3))
        results.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*results)


def test_wrong_settings(classes: dict[str, Any]) -> None:
    parameter = torch.nn.Parameter(torch.ones(1))
    for options in ({"lr": -1.0}, {"lr": float("nan")}, {"total_steps": 0}):
        with pytest.raises(ValueError, match="Invalid"):
            made(classes, "Opt4", [parameter], **options)
    with pytest.raises(ValueError, match="momentum"):
        made(classes, "Opt9", [parameter], momentum=-0.1)
    with pytest.raises(TypeError, match="total_steps"):
        classes["Opt4"]([parameter])
    parameter.grad = torch.ones(1).to_sparse()
    with pytest.raises(RuntimeError, match="Adam does not support sparse gradients"):
        made(classes, "Adam", [parameter]).step()
