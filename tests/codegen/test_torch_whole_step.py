"""``torch.compile`` of a step and of a whole training step; ``torch.export``, which is refused."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
import torch._dynamo
from support.programs import EACH, LABELS, Files, arguments, close, files, flat, original
from support.runtime_files import made, on_the_path, target, written
from torch._dynamo.utils import counters

from nos_sym import catalog
from nos_sym.codegen.render import render

__all__ = ["files"]
STEPS = 6
pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning"),  # of torch's own modules
    pytest.mark.filterwarnings(
        "ignore:The .grad attribute of a Tensor:UserWarning"
    ),  # of the loss, by Dynamo
]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def network() -> Any:
    torch.manual_seed(0)
    layers = torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    return torch.nn.Sequential(*layers).double()


def trained(kind: Any, given: dict[str, Any], what: str, backend: str = "eager") -> tuple[Any, list[int]]:
    """Return the weights after some steps at changing rates, and how many graphs there were after each."""
    model, x, y = network(), torch.randn(5, 3).double(), torch.randn(5, 2).double()
    optimizer = kind(model.parameters(), **given)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    step = torch.compile(optimizer.step, backend=backend) if what == "step" else optimizer.step

    def train() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        step()
        return loss

    def in_a_closure() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    run = train if what != "closure" else lambda: optimizer.step(in_a_closure)
    run = torch.compile(run, backend=backend) if what in ("training", "closure") else run
    graphs = []
    for _ in range(STEPS):
        assert torch.is_tensor(run())
        scheduler.step()
        graphs.append(counters["stats"]["unique_graphs"])
    return flat(model), graphs


QUICK = (
    ("AdamW-default", "step"), ("AdamW-default", "training"), ("AdamW-fused", "step"),
    ("AdamW-fused", "training"), ("Opt4-plain", "training"), ("A5-plain", "step"),
)  # fmt: skip
COMPILED = [
    pytest.param(
        *each.values,
        what,
        id=f"{each.id}-{what}",
        marks=[] if (each.id, what) in QUICK else [pytest.mark.heavy],
    )
    for each in EACH
    for what in ("step", "training", "closure")
]


@pytest.mark.parametrize(("label", "mode", "what"), COMPILED)
def test_compiled_whole(label: str, mode: str, what: str, files: Files) -> None:
    """A step is one graph, that of the update, for all rates; a fused one is none, as PyTorch's own."""
    kind, given = files(label), arguments(label, mode)
    result, graphs = trained(kind, given, what)
    if what == "closure":
        assert len(set(graphs)) == 1
    else:
        assert graphs == [(what == "training") + (mode != "fused")] * STEPS
    close(result, trained(kind, given, "nothing")[0])
    if found := original(label):
        close(result, trained(*found, "nothing")[0])


@pytest.mark.parametrize("mode", ["default", "fused"])
def test_it_is_what_the_originals_allow(mode: str, files: Files) -> None:
    """As many graphs as PyTorch's own optimizer, and none of the two is one with the rest (``fullgraph``)."""
    ours, theirs = files("torch.optim.AdamW"), torch.optim.AdamW
    counts = []
    for kind in (ours, theirs):
        # PyTorch's own compiles again for each rate that is a number.
        given = arguments("torch.optim.AdamW", mode) | {"lr": torch.tensor(0.01)}
        torch._dynamo.reset()
        counters.clear()
        counts.append(trained(kind, given, "step")[1])
        step = torch.compile(kind(network().parameters()).step, backend="eager", fullgraph=True)
        with pytest.raises(torch._dynamo.exc.Unsupported):
            step()
    assert counts[0] == counts[1]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a C++ compiler")
@pytest.mark.parametrize("what", ["step", "training"])
@pytest.mark.heavy
def test_by_inductor(what: str, files: Files) -> None:
    for label in LABELS:
        result, _ = trained(files(label), arguments(label), what, "inductor")
        close(result, trained(files(label), arguments(label), "nothing")[0])


@pytest.mark.parametrize(
    "label",
    ["Opt4", "pytorch_optimizer.Prodigy", pytest.param("pytorch_optimizer.Lion", marks=pytest.mark.heavy)],
)
def test_short_files(label: str, tmp_path: Path) -> None:
    rule, face = target(label)
    with on_the_path(tmp_path):
        kind = written(tmp_path, rule, face=face)
        runs = [trained(lambda p, kind=kind: made(kind, list(p)), {}, what) for what in ("step", "nothing")]
    close(runs[0][0], runs[1][0])
    assert len(set(runs[0][1])) == 1


@pytest.mark.parametrize("name", [pytest.param("Adam", marks=pytest.mark.heavy), "SGD"])
def test_minimal_files(name: str, tmp_path: Path) -> None:
    """They are traced as they stand; those with decays are right too, but compiled anew at each step."""
    kind = getattr(load(render(catalog.entry(name), minimal=True), tmp_path), name)
    runs = [trained(lambda p: made(kind, list(p)), {}, what) for what in ("step", "nothing")]
    close(runs[0][0], runs[1][0])
    assert len(set(runs[0][1][3:])) == 1


def test_what_differs_along_a_training(files: Files) -> None:
    """Weights that are frozen, groups that join, a state that is loaded: as without a graph."""
    kind, given = files("torch.optim.AdamW"), arguments("torch.optim.AdamW")
    results = []
    for compiled in (True, False):
        torch.manual_seed(1)
        weights = [torch.nn.Parameter(torch.randn(n).double()) for n in (3, 4, 5)]
        optimizer = kind(weights[:2], **given)
        step = torch.compile(optimizer.step, backend="eager") if compiled else optimizer.step
        for index in range(8):
            for weight in weights:
                weight.grad = torch.randn(weight.shape).double()
            if index == 2:
                weights[0].grad = None
            if index == 4:
                optimizer.add_param_group({"params": weights[2:], "lr": 0.3})
            if index == 6:
                optimizer.load_state_dict(optimizer.state_dict())
            step()
        results.append(torch.cat([x.detach() for x in weights]))
    close(*results)


class Stepping(torch.nn.Module):
    """A module whose call makes a step, as one might try to export it."""

    def __init__(self, kind: Any, given: dict[str, Any]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.weight = torch.nn.Parameter(torch.randn(3).double())
        self.weight.grad = torch.ones(3).double()
        self.optimizer = kind([self.weight], **given)
        self.optimizer.step()

    def forward(self, x: Any) -> Any:
        self.optimizer.step()
        return self.weight * x


def test_what_an_original_exports_is_not_its_step() -> None:
    """Its program has the state of one step as a constant, which is why ours refuse."""
    module = Stepping(torch.optim.AdamW, {"lr": 0.1})
    ones = torch.ones(3).double()
    program = torch.export.export(module, (ones,), strict=False).module()
    exported = [program(ones).detach().clone() for _ in range(3)][-1]
    right = [module(ones).detach().clone() for _ in range(3)][-1]
    assert not torch.allclose(exported, right, rtol=1e-3)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("label", "mode"), EACH)
def test_an_export_is_refused_and_moves_nothing(label: str, mode: str, strict: bool, files: Files) -> None:
    module = Stepping(files(label), arguments(label, mode))
    before = module.weight.detach().clone()
    if strict:
        with pytest.raises(torch._dynamo.exc.Unsupported):
            torch.export.export(module, (torch.ones(3).double(),), strict=True)
    else:
        name = label.rpartition(".")[2]
        with pytest.raises(RuntimeError, match=f"^{name} cannot be exported: .*; call step.. outside$"):
            torch.export.export(module, (torch.ones(3).double(),), strict=False)
    assert torch.equal(module.weight, before)


def test_every_kind_of_rule_has_the_branch(files: Files, tmp_path: Path) -> None:
    """Rules with common states, and those without compiled C."""
    for label, options in (("pytorch_optimizer.Prodigy", {}), ("Adam", {"fused": False})):
        rule, face = target(label)
        module = load(render(rule, face=face, **options), tmp_path)
        kind = getattr(module, rule.name)
        given = {"total_steps": 9} if "total_steps" in inspect.signature(kind).parameters else {}
        close(trained(kind, given, "step")[0], trained(kind, given, "nothing")[0])
