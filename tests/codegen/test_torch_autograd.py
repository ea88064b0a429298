"""What autograd finds through the steps of rendered files of PyTorch's faces, beside the originals."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends, load
from support.peers import draws_of, original_of

from nos_sym.codegen.render import render
from nos_sym.faces import Face, faces, rule_of_face

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{text}:UserWarning")
    for text in ("Converting a tensor with requires_grad=True", "To copy construct from a tensor")
]

STEPS = 3
SHAPE = (3, 2)
FACES = [
    pytest.param(face, id=str(face), marks=() if face.name == "torch.optim.SGD" else pytest.mark.heavy)
    for face in faces()
    if face.library == "torch" and any(a.name == "differentiable" for a in face.arguments)
]
UNRECORDED = "modified by an inplace operation"
"""What autograd says of the originals that overwrite what it has recorded."""


@pytest.fixture(autouse=True)
def _double() -> Any:
    """Let the originals count their steps in float64, from which they compute."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def gradients(make: Any, draw: dict[str, Any], state: dict[str, Any] | None = None) -> list[torch.Tensor]:
    """Return the weights after some steps, and their gradients in the first weights and in each gradient."""
    generator = torch.Generator().manual_seed(3)
    inputs = [torch.randn(SHAPE, generator=generator, dtype=torch.float64) for _ in range(STEPS + 1)]
    start, *factors = (x.requires_grad_() for x in inputs)
    weight = start.clone()
    optimizer = make([weight], **draw, differentiable=True)
    if state is not None:
        optimizer.load_state_dict(copy.deepcopy(state))
    for factor in factors:
        weight.grad = torch.sin(weight.clone()) * factor
        optimizer.step()
    loss = (weight * torch.arange(1.0, 7.0).view(SHAPE)).sum()
    found = torch.autograd.grad(loss, inputs, materialize_grads=True)
    return [weight.detach(), *found]


@pytest.mark.parametrize("face", FACES)
def test_gradients_through_steps_are_the_originals(face: Face, tmp_path: Path) -> None:
    mine = getattr(load(render(rule_of_face(face), "torch", face=face), tmp_path), face.class_name)
    for draw in draws_of(face):
        try:
            wanted = gradients(original_of(face), draw)
        except RuntimeError as error:
            assert UNRECORDED in str(error)
            assert all(x.isfinite().all() for x in gradients(mine, draw))
            continue
        torch.testing.assert_close(gradients(mine, draw), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_buffer_that_was_loaded_has_begun(nesterov: bool, tmp_path: Path) -> None:
    """Only the very first buffer has no history."""
    call = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "nesterov": nesterov}
    face = next(f for f in faces() if f.name == "torch.optim.SGD" and bool(f.flags) == nesterov)
    mine = load(render(rule_of_face(face), "torch", face=face), tmp_path).SGD
    weight = torch.nn.Parameter(torch.ones(SHAPE, dtype=torch.float64))
    begun = torch.optim.SGD([weight], **call)
    weight.grad = torch.ones_like(weight)
    begun.step()
    state = begun.state_dict()
    state["param_groups"][0]["differentiable"] = True
    wanted = gradients(torch.optim.SGD, call, state)
    torch.testing.assert_close(gradients(mine, call, state), wanted, rtol=1e-12, atol=1e-14)
    assert not torch.equal(wanted[2], gradients(torch.optim.SGD, call)[2])


@pytest.mark.filterwarnings("ignore:Using backward\\(\\) with create_graph:UserWarning")
@pytest.mark.parametrize("fused", [False, True])
def test_a_first_state_has_no_graph(fused: bool, tmp_path: Path) -> None:
    face = next(face for face in faces() if str(face) == "pytorch_optimizer.Adan")
    made = load(render(rule_of_face(face), "torch", face=face), tmp_path)
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = getattr(made, face.class_name)([weight], lr=0.02, **({"fused": True} if fused else {}))
    (weight**3).sum().backward(create_graph=True)
    optimizer.step()
    weight.grad = None  # whose graph has the weight
    assert not any(x.requires_grad for x in optimizer.state[weight].values() if torch.is_tensor(x))
    copy.deepcopy(optimizer.state_dict())
