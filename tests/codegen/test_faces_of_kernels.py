"""Rendered files of faces with parameters of three and more axes: they step as the originals, or refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load
from support.peers import deep_recording_of, deep_shapes_at, draws_of
from support.peers.originals import groups_of
from support.peers.problem import deep_problem, flattened

from nos_sym.codegen.render import render
from nos_sym.faces import Face, face_named, rule_of_face

KERNEL = (2, 3, 2, 2)


def made(name: str, folder: Path) -> tuple[Face, Any]:
    face = face_named(name)
    module = load(render(rule_of_face(face), face.backend, face=face), folder)
    return face, getattr(module, face.class_name)


@pytest.mark.heavy
@pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")
@pytest.mark.parametrize("foreach", [None, False])
@pytest.mark.parametrize(
    "name",
    [
        "pytorch_optimizer.Muon",
        "pytorch_optimizer.Muon(ns_coeffs='quintic')",
        "pytorch_optimizer.Muon(use_adjusted_lr=True)",
        "pytorch_optimizer.CAME",
        "torch.optim.Adafactor",
    ],
)
def test_a_file_of_torch_steps_kernels_as_the_original_did(
    name: str, foreach: bool | None, tmp_path: Path
) -> None:
    import torch

    face, make = made(name, tmp_path)
    draw = draws_of(face)[0]
    weights, gradients = deep_problem(deep_shapes_at(face, draw))
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = make(groups_of(face, parameters), **draw, foreach=foreach)
    for row in gradients:
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
    recorded = deep_recording_of(face)
    assert recorded is not None
    found = flattened([p.detach().numpy() for p in parameters])
    np.testing.assert_allclose(found, recorded[-1], rtol=1e-9, atol=1e-12)


@pytest.mark.skipif("optax" not in backends(), reason="optax is not installed")
def test_sm3_of_optax_refuses_a_tensor_of_more_axes_than_it_has_states_for(tmp_path: Path) -> None:
    _, make = made("optax.sm3", tmp_path)
    transform = make(0.1)
    with pytest.raises(ValueError, match=r"^Invalid params: a tensor of 4 axes; the original has states"):
        transform.init({"kernel": np.zeros(KERNEL, np.float32)})
    transform.init({"matrix": np.zeros((3, 2), np.float32), "bias": np.zeros(2, np.float32)})


@pytest.mark.skipif("optax" not in backends(), reason="optax is not installed")
def test_adafactor_of_optax_refuses_what_the_original_pairs_otherwise(tmp_path: Path) -> None:
    _, make = made("optax.adafactor", tmp_path)
    for shape in ((3, 2, 4), KERNEL, (4, 4, 3), (3, 1, 4, 1)):
        for least in (2, lambda _: 2):  # a schedule may be at any number
            with pytest.raises(ValueError, match=r"^Invalid params: a tensor of the shape \(.*\); the orig"):
                make(0.1, min_dim_size_to_factor=least).init([np.zeros(shape, np.float32)])


@pytest.mark.heavy
@pytest.mark.skipif("optax" not in backends(), reason="optax is not installed")
def test_adafactor_of_optax_steps_what_it_takes_as_the_original_does(tmp_path: Path) -> None:
    import jax
    import jax.numpy as jnp
    import optax

    face, make = made("optax.adafactor", tmp_path)
    shapes = ((2, 3, 4), (3, 4, 4, 4), (2, 1, 1, 1))
    weights, gradients = deep_problem(shapes)
    with jax.enable_x64(True):
        found = []
        for way in (x(0.1, min_dim_size_to_factor=2) for x in (make, optax.adafactor)):
            now = [jnp.asarray(w) for w in weights]
            state, update = way.init(now), jax.jit(way.update)
            for row in gradients[:3]:
                change, state = update([jnp.asarray(g) for g in row], state, now)
                now = optax.apply_updates(now, change)
            found.append(flattened([np.asarray(w) for w in now]))
    np.testing.assert_allclose(*found, rtol=face.precision)
