"""Faces that count steps for a group or for all parameters, as pytorch_optimizer does, beside the originals.

A parameter without a gradient (frozen at first, of a branch that is not used) misses the step, not its count.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.peers import draws_of, original_of
from support.peers.originals import casts_taken_out, groups_of
from support.runtime_files import imported, on_the_path

from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import render_with_runtime
from nos_sym.faces import Face, face_named, faces, rule_of_face

torch = pytest.importorskip("torch")
pytest.importorskip("pytorch_optimizer")

FACES = [face for face in faces() if face.backend == "torch" and face.counts != "parameter"]
FAST = ("AdaBelief", "ADOPT", "MADGRAD", "Prodigy(bias_correction=True)", "ScheduleFreeAdamW")
SHAPES = ((3, 4), (2, 5), (4, 4), (3, 3))
WITHOUT = {2: (0, 1), 3: (1,), 4: (0, 1, 3), 5: (0,), 7: (2, 3), 9: (1, 2)}
"""Parameters that have no gradient at a step, whole groups among them."""


def cases(chosen: list[Face]) -> list[Any]:
    fast = [f"pytorch_optimizer.{name}" for name in FAST]
    return [
        pytest.param(face, id=str(face), marks=() if str(face) in fast else pytest.mark.heavy)
        for face in chosen
    ]


@pytest.fixture(autouse=True)
def _double() -> Any:
    """Let originals whose states follow the default type keep them in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def rendered(face: Face, folder: Path) -> Any:
    return getattr(load(render(rule_of_face(face), "torch", face=face), folder), face.class_name)


NO_LATE_GROUPS = ("pytorch_optimizer.AdaBound", "pytorch_optimizer.Muon")
"""Originals that fail at a step after a group was added."""


def begun() -> list[Any]:
    return [torch.nn.Parameter(torch.tensor(np.random.default_rng(i).normal(size=s))) for i, s in
            enumerate(SHAPES)]  # fmt: skip


def made(make: Any, face: Face, groups: list[list[Any]], draw: dict[str, Any], **modes: Any) -> Any:
    """Return the optimizer of some groups, of an original without its casts to narrower types."""
    of = [groups_of(face, group) for group in groups]
    listed = [x for group in of for x in (group if isinstance(group[0], dict) else [{"params": group}])]
    with casts_taken_out(make) as types:
        return make(listed, **draw, **types, **modes)


def go(weights: list[Any], optimizer: Any, first: int, last: int) -> None:
    for step in range(first, last):
        for index, weight in enumerate(weights):
            rng = np.random.default_rng(100 * step + index)
            idle = index in WITHOUT.get(step, ())
            weight.grad = None if idle else torch.tensor(rng.normal(size=tuple(weight.shape)))
        with casts_taken_out(type(optimizer)):
            optimizer.step()


def story(make: Any, face: Face, draw: dict[str, Any], **modes: Any) -> tuple[list[Any], Any]:
    """Return weights of which one begins late, one joins a group and one comes with a group of its own."""
    weights = begun()
    if modes.get("differentiable"):
        weights = [w.detach() for w in weights]
    late = face.name not in NO_LATE_GROUPS
    optimizer = made(make, face, [weights[:1], *([] if late else [weights[2:]])], draw, **modes)
    go(weights[:1], optimizer, 0, 2)
    optimizer.param_groups[0]["params"].append(weights[1])
    if late:
        added = groups_of(face, weights[2:])
        optimizer.add_param_group(added[0] if isinstance(added[0], dict) else {"params": added})
    go(weights, optimizer, 2, 8)
    return weights, optimizer


def assert_same(found: list[Any], wanted: list[Any], face: Face) -> None:
    for x, y in zip(found, wanted, strict=True):
        bound = max(face.precision, 1e-11 if not face.because else 0)
        torch.testing.assert_close(x.detach(), y.detach(), rtol=bound, atol=bound / 1000)


CLIPPED_LATE = ("pytorch_optimizer.Adan",)
"""Faces that begin a state with a clipped gradient; files do so at the first step of all alone."""


@pytest.mark.parametrize("face", cases(FACES))
def test_parameters_without_gradients_miss_no_count(face: Face, tmp_path: Path) -> None:
    for draw in draws_of(face)[:2]:
        if face.name in CLIPPED_LATE:
            draw = {name: value for name, value in draw.items() if name != "max_grad_norm"}
        wanted, theirs = story(original_of(face), face, draw)
        make = rendered(face, tmp_path)
        for modes in ({}, {"foreach": False}, {"fused": True}, {"differentiable": True}):
            found, mine = story(make, face, draw, **modes)
            assert_same(found, wanted, face)
            ours, own = mine.state_dict()["param_groups"], theirs.state_dict()["param_groups"]
            if face.counts == "group":
                assert [group["step"] for group in ours] == [group["step"] for group in own]
            for name in face.saved.group:
                if name in own[0] and own[0][name] is not None:
                    torch.testing.assert_close(
                        *[torch.tensor([float(group[name]) for group in x]) for x in (ours, own)],
                        rtol=1e-9, atol=1e-12,
                    )  # fmt: skip


@pytest.mark.parametrize("face", cases(FACES))
def test_counts_go_through_state_dicts(face: Face, tmp_path: Path) -> None:
    draw, theirs, mine = draws_of(face)[0], original_of(face), rendered(face, tmp_path)
    for first, second in ((theirs, mine), (mine, theirs), (mine, mine)):
        weights, optimizer = story(first, face, draw)
        saved = copy.deepcopy(optimizer.state_dict())
        again = [torch.nn.Parameter(x.detach().clone()) for x in weights]
        loaded = made(second, face, [again[:2], again[2:]], draw)
        loaded.load_state_dict(saved)
        go(weights, optimizer, 8, 12)
        go(again, loaded, 8, 12)
        assert_same(again, weights, face)


@pytest.mark.parametrize("name", ["AdaBelief", "MADGRAD", "ScheduleFreeAdamW"])
def test_files_with_a_runtime_count_alike(name: str, tmp_path: Path) -> None:
    face = face_named(f"pytorch_optimizer.{name}")
    with on_the_path(tmp_path):
        files = render_with_runtime(rule_of_face(face), face=face, module="short_counted")
        short = getattr(imported(tmp_path, files, "short_counted"), face.class_name)
    make, draw = rendered(face, tmp_path), draws_of(face)[0]
    wanted, whole = story(make, face, draw)
    for modes in ({}, {"foreach": False}, {"fused": True}):
        found, mine = story(short, face, draw, **modes)
        assert_same(found, wanted, face)
        assert_same([torch.as_tensor(group.get("step", 0)) for group in mine.state_dict()["param_groups"]],
                    [torch.as_tensor(group.get("step", 0)) for group in whole.state_dict()["param_groups"]],
                    face)  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")
@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_compiled_graphs_count_alike(tmp_path: Path) -> None:
    face = face_named("pytorch_optimizer.AdaBelief")
    make, draw = rendered(face, tmp_path), draws_of(face)[0]
    found, _ = story(make, face, draw, compile=True)
    assert_same(found, story(make, face, draw)[0], face)


def test_steps_without_any_gradient_count(tmp_path: Path) -> None:
    for name in ("AdaBelief", "MADGRAD", "ScheduleFreeAdamW"):
        face = face_named(f"pytorch_optimizer.{name}")
        found = []
        for make in (original_of(face), rendered(face, tmp_path)):
            weights = begun()
            optimizer = made(make, face, [weights[:2], weights[2:]], {"lr": 0.1})
            for weight in weights:
                weight.grad = None
            optimizer.step()
            optimizer.step()
            go(weights, optimizer, 0, 3)
            found.append(weights)
        assert_same(found[1], found[0], face)
