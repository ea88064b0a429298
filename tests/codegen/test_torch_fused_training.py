"""Training with compiled steps: schedulers, checkpoints, threads, scaled gradients, dropout, other modes."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
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

EXACT = {"rtol": 0, "atol": 0}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Return what gives the class of a catalog entry, or of a block, by name."""
    classes: dict[str, Any] = {}

    def find(name: str, text: str = "") -> Any:
        if name not in classes:
            rule = parse(text) if text else catalog.entry(name)
            classes[name] = getattr(load(render(rule, "torch"), tmp_path_factory.mktemp(name)), name)
        return classes[name]

    return find


def module_of(optimizer: Any) -> ModuleType:
    return sys.modules[type(optimizer).__module__]


def weights(*sizes: int) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(size, generator=generator)) for size in sizes or (30, 7)]


def step(optimizer: Any, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.randn(weight.shape, generator=generator)
    optimizer.step()


def parameters(optimizer: Any) -> list[Any]:
    return [x.detach().clone() for group in optimizer.param_groups for x in group["params"]]


SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "LambdaLR": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "OneCycleLR": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.3, total_steps=8),
}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize(("name", "text"), [("Adam", ""), ("Cycled", "Cycled = nesterov ~ tanh(g)")])
def test_schedulers(name: str, text: str, scheduler: str, made: Any) -> None:
    """OneCycleLR moves the betas, or the momentum, too."""
    results = []
    for modes in ({"fused": True}, {}):
        optimizer = made(name, text)(weights(), lr=0.1, **modes)
        plan = SCHEDULERS[scheduler](optimizer)
        for seed in range(6):
            step(optimizer, seed)
            plan.step()
        results.append(parameters(optimizer))
    torch.testing.assert_close(*results)


@pytest.mark.parametrize(
    "kwargs", [{"maximize": True}, {"lr": torch.tensor(0.05)}, {"lr": torch.tensor([0.05])}]
)
def test_settings(kwargs: Any, made: Any) -> None:
    results = []
    for modes in ({"fused": True}, {}):
        optimizer = made("Adam")(weights(), **{"lr": 0.1, **kwargs}, **modes)
        for seed in range(4):
            if seed == 2:
                optimizer.param_groups[0]["betas"] = (0.5, 0.6)
            step(optimizer, seed)
        results.append(parameters(optimizer))
    torch.testing.assert_close(*results)
    assert_compiled(module_of(optimizer))


@pytest.mark.parametrize("name", ["Adam", "Opt4", "LambPO"])
def test_a_run_resumes_with_the_same_bits(name: str, made: Any) -> None:
    more = {"total_steps": 9} if name == "Opt4" else {}
    whole = made(name)(weights(), lr=0.1, fused=True, **more)
    half = made(name)(weights(), lr=0.1, fused=True, **more)
    for seed in range(3):
        step(whole, seed)
        step(half, seed)
    continued = made(name)(copy.deepcopy(half.param_groups[0]["params"]), lr=0.7, fused=True, **more)
    continued.load_state_dict(pickle.loads(pickle.dumps(half.state_dict())))
    for seed in range(3, 6):
        step(whole, seed)
        step(continued, seed)
    torch.testing.assert_close(parameters(continued), parameters(whole), **EXACT)
    pickled = pickle.loads(pickle.dumps(whole))
    twin = copy.deepcopy(whole)
    for optimizer in (whole, pickled, twin):
        step(optimizer, 6)
    torch.testing.assert_close(parameters(pickled), parameters(whole), **EXACT)
    torch.testing.assert_close(parameters(twin), parameters(whole), **EXACT)


def test_states_of_eager_runs_and_back(made: Any) -> None:
    """The states of both are the same, so that a run may change over at any step."""
    eager = made("Adam")(weights(), lr=0.1)
    for seed in range(6):
        step(eager, seed)
    optimizer = made("Adam")(weights(), lr=0.1)
    for seed in range(6):
        if seed in (2, 4):
            other = made("Adam")(optimizer.param_groups[0]["params"], lr=0.1, fused=seed == 2)
            other.load_state_dict(optimizer.state_dict())
            other.defaults["fused"] = seed == 2
            optimizer = other
        step(optimizer, seed)
    torch.testing.assert_close(parameters(optimizer), parameters(eager))


def test_loading_in_the_middle_of_a_run(made: Any) -> None:
    optimizer = made("Adam")(weights(), lr=0.1, fused=True)
    step(optimizer, 0)
    before, saved = parameters(optimizer), copy.deepcopy(optimizer.state_dict())
    step(optimizer, 1)
    after = parameters(optimizer)
    optimizer.load_state_dict(saved)
    with torch.no_grad():
        for weight, value in zip(optimizer.param_groups[0]["params"], before, strict=True):
            weight.copy_(value)
    step(optimizer, 1)
    torch.testing.assert_close(parameters(optimizer), after, **EXACT)


def test_autograd_sees_that_weights_changed(made: Any) -> None:
    (weight,) = given = weights(5)
    optimizer = made("Adam")(given, lr=0.1, fused=True)
    loss = (weight * weight.exp()).sum()
    version = weight._version
    step(optimizer, 0)
    assert weight._version > version
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_closures_and_modes_of_autograd(made: Any) -> None:
    results = []
    for modes in ({"fused": True}, {}):
        given = weights()
        optimizer = made("Adam")(given, lr=0.1, **modes)

        def closure(optimizer: Any = optimizer, given: Any = given) -> Any:
            optimizer.zero_grad()
            loss = sum((x**2).sum() for x in given)
            loss.backward()
            return loss

        with torch.no_grad():
            losses = [optimizer.step(closure).item() for _ in range(4)]
        assert losses == sorted(losses, reverse=True)
        results.append(parameters(optimizer))
        assert all(x.requires_grad for x in given)
    torch.testing.assert_close(*results)


CLIPPED = "Clipped = { state v; v <- 0.9 * v + clip_norm(g); w <- w - lr * v / (1 + norm_inf(g) + norm1(w)) }"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("name", "text"), [("LambPO", ""), ("Clipped", CLIPPED), ("Opt4", "")])
def test_the_number_of_threads_changes_no_bit(
    name: str, text: str, dtype: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"total_steps": 9} if name == "Opt4" else {}
    found, before = [], torch.get_num_threads()
    for threads in (1, 2, 3, 7):
        given = [torch.nn.Parameter(x.detach().to(dtype)) for x in weights(70_001, 5, 4096, 12_289, 0)]
        optimizer = made(name, text)(given, lr=0.1, fused=True, **more)
        monkeypatch.setattr(module_of(optimizer), "CPUS", 8)
        torch.set_num_threads(threads)
        try:
            for seed in range(3):
                for weight in given:
                    weight.grad = torch.randn(
                        weight.shape, generator=torch.Generator().manual_seed(seed), dtype=dtype
                    )
                optimizer.step()
        finally:
            torch.set_num_threads(before)
        found.append(parameters(optimizer))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], **EXACT)
    assert_compiled(module_of(optimizer))
