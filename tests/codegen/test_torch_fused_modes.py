"""Compiled steps with scaled gradients, dropout, as PyTorch's own classes."""

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
from nos_sym.errors import RenderError
from nos_sym.faces import face_named, rule_of_face
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


@pytest.mark.parametrize("unscaled", [False, True])
def test_scaled_gradients(unscaled: bool, made: Any) -> None:
    """A step with infinite gradients is left out and not counted, as PyTorch's fused Adam leaves it out."""
    runs = []
    for make in (made("Adam"), torch.optim.Adam):
        given = weights()
        optimizer = make(given, lr=0.1, fused=True)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=2)
        seen = []
        for seed in range(6):
            optimizer.zero_grad()
            generator = torch.Generator().manual_seed(seed)
            loss = sum((x * torch.randn(x.shape, generator=generator)).sum() for x in given)
            scaler.scale(loss).backward()
            if seed in (0, 3):
                given[1].grad[2] = float("inf") if seed else float("nan")
            if unscaled:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            count = [optimizer.state[x]["step"].item() for x in given] if seed else [0.0, 0.0]
            seen.append((scaler.get_scale(), count))
            gradients = [x.grad.clone() for x in given] if seed not in (0, 3) else []
            runs.append((parameters(optimizer), gradients))
            assert not hasattr(optimizer, "found_inf")
        runs.append(seen)
    ours, theirs = runs[:7], runs[7:]
    assert ours.pop() == theirs.pop()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_scaler_is_told_that_the_step_unscales(made: Any) -> None:
    for fused in (True, None, False):
        optimizer = made("Adam")(weights(), lr=0.1, fused=fused)
        for one in (optimizer, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
            assert one._step_supports_amp_scaling is bool(fused)


def test_other_devices_without_a_compiler_are_tried_once(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the fused step is the compiled graph, and eager steps follow where it does not compile."""
    weight = torch.nn.Parameter(torch.empty(3, device="meta"))
    weight.grad = torch.empty(3, device="meta")
    optimizer = made("Adam")([weight], fused=True)
    calls = []

    def fails(apply: Any) -> Any:
        calls.append(apply)
        raise torch._dynamo.exc.TorchDynamoException("no compiler")

    monkeypatch.setattr(module_of(optimizer), "COMPILED", fails)
    with pytest.warns(UserWarning, match="no compiler, so the steps are eager"):
        optimizer.step()
    optimizer.step()
    assert len(calls) == 1
    assert optimizer.state[weight]["step"] == 2


@pytest.mark.parametrize("mode", ["foreach", "differentiable", "compile"])
def test_other_implementations_are_excluded(mode: str, made: Any) -> None:
    with pytest.raises(RuntimeError, match="fused excludes"):
        made("Adam")(weights(), lr=0.1, fused=True, **{mode: True})
    made("Adam")(weights(), lr=0.1, fused=False, **{mode: True})


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop"])
def test_faces_of_torch_have_the_argument(name: str, tmp_path: Any) -> None:
    results = []
    face = face_named(f"torch.optim.{name}")
    cls = getattr(load(render(rule_of_face(face), "torch", face=face), tmp_path), face.class_name)
    for make, modes in ((cls, {"fused": True}), (getattr(torch.optim, name), {})):
        optimizer = make(weights(), lr=0.05, weight_decay=0.1, **modes)
        for seed in range(4):
            step(optimizer, seed)
        results.append(parameters(optimizer))
    torch.testing.assert_close(*results)
    assert cls(weights()).defaults["fused"] is None


def test_dropout_draws_from_the_generator_of_torch(made: Any) -> None:
    results = []
    for seed in (1, 1, 2):
        (weight,) = given = [torch.nn.Parameter(torch.zeros(20_000))]
        optimizer = made("Drop", "Drop = none ~ drop(g, 0.3)")(given, lr=1.0, fused=True)
        torch.manual_seed(seed)
        for _ in range(2):
            before = weight.detach().clone()
            weight.grad = torch.ones(20_000)
            optimizer.step()
            kept = (weight != before).float().mean().item()
            assert abs(kept - 0.7) < 0.02
        results.append(weight.detach())
    assert set((results[0] * 0.7).round().abs().tolist()) == {0.0, 1.0, 2.0}
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])
    assert_compiled(module_of(optimizer))


def test_a_file_without_the_compiled_step_is_short_and_the_same_otherwise() -> None:
    for name in ("Opt4", "AdamTorch", "LambPO"):
        rule = catalog.entry(name)
        whole, short = render(rule), render(rule, fused=False)
        assert "fused" not in short
        assert "Kernel" not in short
        assert len(short) < len(whole) / 2
        assert short.split("    Args:")[0].split("import torch")[1] in whole.replace('"fused", ', "")
    with pytest.raises(
        RenderError, match=r"\Atorch.optim.Adam has 'fused' among its arguments, and so has the file"
    ):
        face = face_named("torch.optim.Adam")
        render(rule_of_face(face), face=face, fused=False)
