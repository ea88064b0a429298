"""Rendered torch files on a simulated device: no waiting for it, and no frozen numbers in its graphs."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import Use, face_named, faces, rule_of_face
from nos_sym.language.rule import Schedule

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from torch.utils._python_dispatch import TorchDispatchMode

RULES = {e.name: e for e in catalog.entries() if not isinstance(e, Schedule)}
FAST = ("Adam", "AdamW", "Opt6", "Opt9", "AdamTorch", "SM3PO", "AdaFactorPO", "ProdigyPO", "MuonTorch")
ENTRIES = [pytest.param(x, marks=() if x in FAST else pytest.mark.heavy) for x in RULES]
SHAPES = [(5, 3), (4,), (2, 6), ()]
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {"foreach": False},
    "blocks": {},
    "compiled": {"compile": True},
    "fused": {"fused": True},
}
BRANCHING = (
    "ASGDTorch", "FTRLPO", "FromageOptax", "FtrlKeras", "MADGRADOptax", "MADGRADPO", "MADGRADW",
    "OptimisticAdamOptax", "OptimisticAdamPlainOptax", "ScheduleFreeAdamWAMS", "ScheduleFreeAdamWPO",
)  # fmt: skip
"""Rules that compute with the learning rate as a number of Python, by a condition or a function of math.

Where steps are compiled it is a tensor: the graph breaks there and waits for it; eager steps do not.
"""


class Transfers(TorchDispatchMode):
    """Records what would wait for the device: numbers that are fetched, and copies to it that block."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        out = func(*args, **given)
        sources = [x.device for x in args if isinstance(x, torch.Tensor)]
        moved = isinstance(out, torch.Tensor) and any(x != out.device for x in sources[-1:])
        if func is torch.ops.aten._local_scalar_dense.default and sources[0].type != "cpu":
            self.seen.append("a number")
        copies = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
        if func in copies and moved and not (given.get("non_blocking") or args[2:3] == (True,)):
            self.seen.append(f"a copy from {sources[-1]} to {out.device}")
        return out


def made(make: Any, parameters: list[Any], **given: Any) -> Any:
    known = inspect.signature(make).parameters
    required = {"total_steps": 20}
    return make(parameters, **{k: x for k, x in (required | given).items() if k in known})


def on_meta(shapes: list[tuple[int, ...]] = SHAPES) -> list[Any]:
    """Return parameters on a device without numbers, so that each that is asked for is an error."""
    found = [torch.nn.Parameter(torch.empty(shape, device="meta")) for shape in shapes]
    for parameter in found:
        parameter.grad = torch.empty_like(parameter)
    return found


@pytest.mark.parametrize("name", ENTRIES)
def test_no_weight_waits_for_its_device(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first step, which makes the states, and in another one."""
    module = load(render(RULES[name], "torch"), tmp_path)

    def compiled(function: Any) -> Any:  # there is no compiler for such a device
        def run(*given: Any) -> Any:
            with monkeypatch.context() as inside:
                inside.setattr(torch.compiler, "is_compiling", lambda: True)
                return function(*given)

        return run

    module.COMPILED = compiled
    make = getattr(module, name)
    for way, given in OPTIONS.items():
        compiles = way in ("compiled", "fused")
        if set(given) <= set(inspect.signature(make).parameters):
            optimizer = made(make, on_meta(), **given)
            if compiles and name in BRANCHING:
                with pytest.raises((RuntimeError, UserWarning)):
                    optimizer.step()
                continue
            for _ in range(2):
                with Transfers() as transfers:
                    optimizer.step()
                assert transfers.seen == [], way


def test_what_waits_is_seen() -> None:
    """The judge itself: it sees a number that is fetched, a copy that blocks, and no other."""
    with Transfers() as transfers:
        torch.zeros(()).item()
        torch.zeros(2).to("meta", non_blocking=True)
        torch.zeros(2, device="meta").copy_(torch.zeros(2), non_blocking=True)
        assert transfers.seen == []
        torch.zeros(2).to("meta")
        torch.zeros(2, device="meta").copy_(torch.zeros(2))
        torch.zeros(2, device="meta").new_tensor(3.0)
        torch.tensor(1.0, device="meta")
        assert len(transfers.seen) >= 2


@pytest.fixture
def capturing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Switch the simulated capture of a CUDA graph on and off."""

    def switch(on: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: on)
        monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: on)

    return switch


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", ["Adam", "Opt6", "SGDTorch"])
def test_a_step_is_not_captured(name: str, minimal: bool, tmp_path: Path, capturing: Any) -> None:
    """One line says so before anything has changed, and the next step outside is the one that it would be."""
    make = getattr(load(render(RULES[name], "torch", minimal=minimal), tmp_path), name)
    ways = [{}] if minimal else list(OPTIONS.values())
    for given in (x for x in ways if set(x) <= set(inspect.signature(make).parameters)):
        results = []
        for tried in (False, True):
            weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
            optimizer = made(make, [weight], **(given if "compile" not in given else {}))
            for _ in range(2):
                weight.grad = torch.tensor([0.3, 0.4])
                if tried:
                    capturing(True)
                    before = weight.detach().clone()
                    with pytest.raises(RuntimeError, match=rf"\A{name} cannot be captured: [^\n]*\Z"):
                        optimizer.step(lambda: pytest.fail("no closure is called in a capture"))
                    assert torch.equal(weight, before)
                    capturing(False)
                optimizer.step()
            results.append(weight.detach().clone())
        assert torch.equal(*results)


def test_capturable_is_refused_wherever_it_is_asked_for(tmp_path: Path) -> None:
    """By the constructor, in a group, and in a state dict of an original that was capturable."""
    having = [f for f in faces() if f.backend == "torch" and any(a.name == "capturable" for a in f.arguments)]
    assert len(having) > 8 and {a.use for f in having for a in f.arguments if a.name == "capturable"} == {
        Use.ONLY
    }
    face = face_named("torch.optim.AdamW")
    make = load(render(rule_of_face(face), "torch", face=face), tmp_path).AdamW
    weight, wrong = torch.nn.Parameter(torch.zeros(2)), r"\AInvalid capturable: True, not False; [^\n]*\Z"
    with pytest.raises(ValueError, match=wrong):
        make([weight], capturable=True)
    with pytest.raises(ValueError, match=wrong):
        make([{"params": [weight], "capturable": True}])
    saved = torch.optim.AdamW([weight]).state_dict()
    saved["param_groups"][0]["capturable"] = True
    with pytest.raises(ValueError, match=wrong):
        make([weight]).load_state_dict(saved)
    plain = load(render(RULES["AdamW"], "torch"), tmp_path).AdamW
    with pytest.raises(TypeError, match="unexpected keyword argument 'capturable'"):
        plain([weight], capturable=True)
