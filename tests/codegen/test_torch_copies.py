"""Whatever is rendered for PyTorch pickles and copies: optimizers in every form and mode, and schedules."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.programs import EACH, LABELS, MODES, Files, arguments, files, flat
from support.runtime_files import assert_same, made, on_the_path, target, written

from nos_sym import catalog
from nos_sym.codegen.factored import render_factored
from nos_sym.codegen.render import render
from nos_sym.codegen.render import render_one_cycle as one_cycle

__all__ = ["files"]


def through_torch(x: Any) -> Any:
    buffer = io.BytesIO()
    torch.save(x, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)


def through_joblib(x: Any) -> Any:
    joblib = pytest.importorskip("joblib")
    buffer = io.BytesIO()
    joblib.dump(x, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


def through_cloudpickle(x: Any) -> Any:
    return pickle.loads(pytest.importorskip("cloudpickle").dumps(x))


WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "pickle of protocol 2": lambda x: pickle.loads(pickle.dumps(x, protocol=2)),
    "deepcopy": copy.deepcopy,
    "torch.save": through_torch,
    "joblib": through_joblib,
    "cloudpickle": through_cloudpickle,
}


def network() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))


def train(model: Any, optimizer: Any, steps: range, scheduler: Any = None) -> Any:
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        optimizer.zero_grad()
        model(torch.randn(5, 3, generator=generator)).square().mean().backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return flat(model)


def assert_copies_go_on(model: Any, optimizer: Any, way: str) -> None:
    """Copy after two steps: the copy trains as the original does, and neither moves the other."""
    train(model, optimizer, range(2))
    other, copied = WAYS[way]((model, optimizer))
    before = flat(model)
    theirs = train(other, copied, range(2, 5))
    assert torch.equal(flat(model), before)
    assert torch.equal(train(model, optimizer, range(2, 5)), theirs)
    assert copied.defaults | optimizer.defaults == copied.defaults
    assert_same(copied.state_dict(), optimizer.state_dict())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("label", "mode"), EACH)
def test_optimizers(label: str, mode: str, way: str, files: Files) -> None:
    model = network()
    assert_copies_go_on(model, files(label)(model.parameters(), **arguments(label, mode)), way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("label", LABELS)
def test_short_files(label: str, way: str, tmp_path: Path) -> None:
    rule, face = target(label)
    with on_the_path(tmp_path):
        kind = written(tmp_path, rule, face=face)
        for mode in MODES:
            model = network()
            assert_copies_go_on(model, made(kind, list(model.parameters()), **MODES[mode]), way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["Adam", "Opt4", "A5"])
def test_minimal_files(name: str, way: str, files: Files) -> None:
    module = files.module(render(catalog.entry(name), minimal=True), f"minimal_{name}")
    model = network()
    kind = getattr(module, name)
    assert_copies_go_on(model, made(kind, list(model.parameters())), way)


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("label", LABELS)
def test_state_dicts_are_read_without_code(label: str, minimal: bool, files: Files, tmp_path: Path) -> None:
    """``weights_only=True`` reads what a file saves, in every mode."""
    if minimal and "." in label:
        label = {"torch.optim.AdamW": "Adam"}.get(label, "Lion")
    for mode in MODES if not minimal else ("default",):
        model = network()
        if minimal:
            kind = getattr(
                files.module(render(catalog.entry(label), minimal=True), f"minimal_{label}"), label
            )
            optimizer = made(kind, list(model.parameters()))
        else:
            optimizer = files(label)(model.parameters(), **arguments(label, mode))
        train(model, optimizer, range(2))
        state = optimizer.state_dict()
        torch.save(state, tmp_path / "state.pt")
        assert_same(torch.load(tmp_path / "state.pt", weights_only=True), state)


def half(step: int) -> float:
    """Return the factor of a base schedule."""
    return 0.5 ** (step / 10)


class Warm:
    """A base schedule that is an object."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __call__(self, step: int) -> float:
        return min(1.0, (step + 1) / self.steps)


@pytest.fixture
def optimizer(files: Files) -> Iterator[tuple[Any, Any]]:
    model = network()
    yield model, files("Opt4")(model.parameters(), **arguments("Opt4"))


@pytest.mark.parametrize("base", [None, half, Warm(4)], ids=["no base", "a function", "an object"])
@pytest.mark.parametrize("name", ["LR1", "WarmupCosine", "CosineAnnealing", "OneCycle"])
def test_schedules(name: str, base: Any, files: Files, optimizer: Any) -> None:
    """A scheduler is copied with its optimizer, and its state dict is read without code."""
    model, moved = optimizer
    if name == "OneCycle":
        if base is not None:
            pytest.skip("it has no base")
        kind, given = files.module(one_cycle("torch"), "one_cycle").OneCycle, {"warmup": 3}
    else:
        kind = getattr(files.module(render(catalog.entry(name)), name), name)
        given = {"base": base} | ({"warmup_steps": 3} if name == "WarmupCosine" else {})
    scheduler = kind(moved, total_steps=20, **given)
    train(model, moved, range(3), scheduler)
    for way, copied in WAYS.items():
        other, their_optimizer, their_scheduler = copied((model, moved, scheduler))
        assert their_scheduler.optimizer is their_optimizer, way
        own, own_optimizer, own_scheduler = copy.deepcopy((model, moved, scheduler))
        results = [
            train(other, their_optimizer, range(3, 8), their_scheduler),
            train(own, own_optimizer, range(3, 8), own_scheduler),
        ]
        assert torch.equal(*results), way
        assert their_scheduler.get_last_lr() == own_scheduler.get_last_lr(), way
        assert scheduler.last_epoch == 3
    buffer = io.BytesIO()
    torch.save(scheduler.state_dict(), buffer)
    buffer.seek(0)
    state = torch.load(buffer, weights_only=True)
    fresh = kind(files("Opt4")(network().parameters(), **arguments("Opt4")), total_steps=9, **given)
    fresh.load_state_dict(state)
    assert fresh.total_steps == 20 if name != "OneCycle" else fresh.lengths[0] == 20
    for one in (scheduler, fresh):
        one.optimizer.step()
        one.step()
    assert scheduler.get_last_lr() == fresh.get_last_lr()


def test_a_base_that_is_an_object_is_in_the_state(files: Files, optimizer: Any) -> None:
    """As the functions of `LambdaLR` are: its attributes, not what it is; also under pickles and copies."""
    model, moved = optimizer
    make = files.module(render(catalog.entry("CosineAnnealing")), "with_a_base").CosineAnnealing
    scheduler = make(moved, total_steps=20, base=Warm(7))
    state = scheduler.state_dict()
    original = torch.optim.lr_scheduler.LambdaLR(moved, Warm(7)).state_dict()
    assert state["lr_lambdas"] == original["lr_lambdas"] == [{"steps": 7}]
    for copied in WAYS.values():
        *_, fresh = copied((model, moved, make(moved, total_steps=9, base=Warm(2))))
        fresh.load_state_dict(state)
        assert fresh.state_dict()["lr_lambdas"] == [{"steps": 7}]
        assert fresh.lr_lambdas[0](1) == scheduler.lr_lambdas[0](1)
    for base in (None, half):
        assert make(moved, total_steps=9, base=base).state_dict()["lr_lambdas"] in ([{}], [None])
        make(moved, total_steps=9, base=base).load_state_dict(state)
        make(moved, total_steps=9, base=Warm(3)).load_state_dict({**state, "lr_lambdas": [None]})


def test_factors_are_functions_of_their_module(files: Files) -> None:
    """``factor`` and ``LambdaLR`` of it pickle as functions do."""
    module = files.module(render(catalog.entry("LR1")), "lr1_factor")
    assert pickle.loads(pickle.dumps(module.factor)) is module.factor


def test_what_is_factored(files: Files) -> None:
    module = files.module(render_factored(catalog.entry("Opt4")), "opt4_factored")
    model = network()
    core = module.Opt4Core(model.parameters(), lr=0.01, total_steps=20)
    schedule = module.Opt4Schedule(core, total_steps=20)
    train(model, core, range(3), schedule)
    other, moved, scheduler = pickle.loads(pickle.dumps((model, core, schedule)))
    assert torch.equal(train(other, moved, range(3, 6), scheduler), train(model, core, range(3, 6), schedule))


ELSEWHERE = """
import sys
import pickle
import torch

path = sys.argv[1]
runs = pickle.load(open(path, "rb"))
for weight, optimizer in runs:
    for step in range(2):
        weight.grad = torch.full_like(weight, step - 0.3)
        optimizer.step()
torch.save([weight.detach() for weight, _ in runs], path + ".pt")
"""


def test_a_module_that_another_process_does_not_have(files: Files, tmp_path: Path) -> None:
    """cloudpickle takes the class itself with it where a file was run as a script; compiled code stays."""
    cloudpickle = pytest.importorskip("cloudpickle")
    runs, modules = [], set()
    for label in LABELS:
        for mode in MODES:
            weight = torch.nn.Parameter(torch.arange(5.0))
            optimizer = files(label)([weight], **arguments(label, mode))
            weight.grad = torch.ones(5)
            optimizer.step()
            runs.append((weight, optimizer))
            modules.add(files(label).__module__)
    for name in modules:
        cloudpickle.register_pickle_by_value(sys.modules[name])
    try:
        text = cloudpickle.dumps(runs)
    finally:
        for name in modules:
            cloudpickle.unregister_pickle_by_value(sys.modules[name])
    (tmp_path / "runs").write_bytes(text)
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "runs")]
    subprocess.run(command, check=True, timeout=50, cwd=tmp_path)
    for (weight, optimizer), theirs in zip(runs, torch.load(tmp_path / "runs.pt"), strict=True):
        for step in range(2):
            weight.grad = torch.full_like(weight, step - 0.3)
            optimizer.step()
        assert torch.equal(weight, theirs)
