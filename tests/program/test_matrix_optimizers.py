"""Muon of PyTorch, Keras and optax beside the originals on matrices of all shapes, in files too."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
from support.harness import Problem, run_backend
from support.peers import draws_of
from support.peers.rules import rule_at

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import Face, Use, faces
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter

Array = npt.NDArray[Any]
STEPS = 8
RATE = 1 / 64
BOUND = 1e-10
SHAPES: tuple[tuple[int, ...], ...] = ((4, 3), (3, 4), (4, 4))
"""Their larger side has an exact root, of which Keras keeps the digits of float32."""
VECTOR = (3,)


def block_of(text: str) -> Block:
    found = parse(text)
    assert isinstance(found, Block)
    return found


def given(shape: tuple[int, ...], seed: int = 3) -> Problem:
    """Return a problem in which a column has no gradients, and one step no gradient at all."""
    rng = np.random.default_rng(seed)
    gradients = 0.3 * rng.normal(size=(STEPS, *shape))
    gradients[..., 0] = 0
    gradients[2] = 0
    return Problem(rng.normal(size=shape), gradients, np.full(STEPS, RATE), np.full(STEPS, 0.9))


@contextmanager
def without_cast() -> Iterator[None]:
    """Let PyTorch's Muon compute in the type of the weights, on a copy as its cast makes one."""
    torch = pytest.importorskip("torch")
    with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
        yield


def of_torch(make: Any, options: dict[str, Any], problem: Problem) -> list[Array]:
    torch = pytest.importorskip("torch")
    weight = torch.nn.Parameter(torch.tensor(problem.weight))
    optimizer = make([weight], **{"lr": RATE, **options})
    found = []
    for gradient in problem.gradients:
        weight.grad = torch.tensor(gradient)
        with without_cast():
            optimizer.step()
        found.append(weight.detach().numpy().copy())
    return found


def of_keras(make: Any, options: dict[str, Any], problem: Problem) -> list[Array]:
    keras = pytest.importorskip("keras")
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        variable = keras.Variable(problem.weight, dtype="float64")
        optimizer = make(learning_rate=RATE, **options)
        found = []
        for gradient in problem.gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [variable])
            found.append(np.array(keras.ops.convert_to_numpy(variable.value)))
    finally:
        keras.config.set_floatx(before)
    return found


def of_optax(make: Any, options: dict[str, Any], problem: Problem) -> list[Array]:
    jax = pytest.importorskip("jax")
    found = []
    with jax.enable_x64(True):
        transform, weight = make(RATE, **options), jax.numpy.asarray(problem.weight)
        state = transform.init(weight)
        for gradient in problem.gradients:
            change, state = transform.update(jax.numpy.asarray(gradient), state, weight)
            weight = weight + change
            found.append(np.asarray(weight))
    return found


RUNS = {"torch": of_torch, "keras": of_keras, "optax": of_optax}


def options_of(face: Face, draw: int) -> dict[str, Any]:
    """Return the arguments of a draw, beside the learning rate."""
    rates = {argument.name for argument in face.arguments if argument.use is Use.RATE}
    return {name: x for name, x in draws_of(face)[draw].items() if name not in rates}


def original(face: Face, draw: int, problem: Problem) -> list[Array]:
    pytest.importorskip(face.library)
    module, _, name = face.name.rpartition(".")
    make = getattr(importlib.import_module(module), name)
    return RUNS[face.backend](make, options_of(face, draw), problem)


def rule_of(face: Face, draw: int) -> Block:
    return rule_at(face, draws_of(face)[draw])[0]


def interpreted(rule: Block, problem: Problem) -> list[Array]:
    interpreter, weight, found = Interpreter(rule, problem.weight.shape), problem.weight, []
    for gradient in problem.gradients:
        weight = interpreter.apply(weight, gradient, RATE)
        found.append(weight)
    return found


FACES = [face for face in faces() if face.class_name.lower() == "muon" and face.library in RUNS]


def cases(shapes: tuple[tuple[int, ...], ...], of: list[Face]) -> list[Any]:
    """Return cases; all that is not the default of a library on the first shape is heavy."""
    return [
        pytest.param(
            face, draw, shape, id=f"{face}, {draw}, {shape}",
            marks=() if (shape, draw) == (shapes[0], 0) and not face.flags else pytest.mark.heavy,
        )
        for shape in shapes for face in of for draw in (0, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(("face", "draw", "shape"), cases(SHAPES, FACES))
def test_muon_is_its_original(face: Face, draw: int, shape: tuple[int, ...], tmp_path: Path) -> None:
    problem, rule = given(shape), rule_of(face, draw)
    wanted = original(face, draw, problem)
    # Keras rounds the decay of the weights to float32 on TensorFlow.
    bound = 2e-9 if face.library == "keras" else BOUND
    np.testing.assert_allclose(interpreted(rule, problem), wanted, rtol=bound, atol=bound)
    rendered = run_backend("torch", rule, problem, tmp_path, "float64")
    np.testing.assert_allclose(rendered, interpreted(rule, problem), rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize(("face", "draw", "shape"), cases((VECTOR,), [f for f in FACES if 1 in f.ranks]))
def test_muon_steps_a_vector_as_its_original_does(
    face: Face, draw: int, shape: tuple[int, ...], tmp_path: Path
) -> None:
    problem, rule = given(shape), rule_of(face, draw)
    wanted = original(face, draw, problem)
    # Keras rounds the corrections of the bias to float32.
    bound = 1e-6 if face.library == "keras" else BOUND
    np.testing.assert_allclose(interpreted(rule, problem), wanted, rtol=bound, atol=bound)
    rendered = run_backend("torch", rule, problem, tmp_path, "float64")
    np.testing.assert_allclose(rendered, interpreted(rule, problem), rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize(
    ("name", "shape"), [("Muon", (4, 3)), ("Muon", (2, 6)), ("AdamW", (5,)), ("AdamW", ())]
)
def test_muon_on_matrices_and_adamw_on_the_rest(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    options: dict[str, Any] = {"weight_decay": 0.1}
    if name == "Muon":
        options["adjust_lr_fn"] = "match_rms_adamw"
    rng = np.random.default_rng(1)
    problem = Problem(
        rng.normal(size=shape), rng.normal(size=(STEPS, *shape)), np.full(STEPS, RATE), np.full(STEPS, 0.9)
    )
    rule = catalog.entry("MuonWithAdamW")
    assert isinstance(rule, Block)
    wanted = of_torch(getattr(torch.optim, name), options, problem)
    np.testing.assert_allclose(interpreted(rule, problem), wanted, rtol=BOUND, atol=BOUND)
    rendered = run_backend("torch", rule, problem, tmp_path, "float64")
    np.testing.assert_allclose(rendered, wanted, rtol=BOUND, atol=BOUND)


@pytest.mark.heavy
def test_leading_axes_hold_matrices_as_dimension_numbers_of_optax_say() -> None:
    optax = pytest.importorskip("optax")
    numbers = optax.contrib.MuonDimensionNumbers(reduction_axis=1, output_axis=2)
    options = {"nesterov": False, "consistent_rms": 1.0, "muon_weight_dimension_numbers": numbers}
    problem = given((2, 3, 4))
    rule = block_of(
        "Several(beta=0.95, eps=1e-8) = { state mu; mu <- beta * mu + (1 - beta) * g; "
        "w <- w - lr * sqrt(max(rows, cols)) * orth(mu / (1 - beta^(t + 1)), eps=0, plus=eps) }"
    )
    wanted = of_optax(optax.contrib.muon, options, problem)
    np.testing.assert_allclose(interpreted(rule, problem), wanted, rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize("shape", [(4, 3), (5,)])
@pytest.mark.parametrize(
    "backend",
    ["torch", *(pytest.param(x, marks=pytest.mark.heavy) for x in ("optax", "keras", "tensorflow", "numpy"))],
)
def test_muon_with_adamw_steps_alike_in_every_backend(
    backend: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    rule, problem = catalog.entry("MuonWithAdamW"), given(shape)
    assert isinstance(rule, Block)
    rendered = run_backend(backend, rule, problem, tmp_path, "float64")
    np.testing.assert_allclose(rendered, interpreted(rule, problem), rtol=BOUND, atol=BOUND)


def test_muon_with_adamw_is_written_as_in_a_paper() -> None:
    text = render(catalog.entry("MuonWithAdamW"), "latex")
    assert r"\operatorname{orth}^{(5)}" in text
    assert text.index(r"\mathrm{rank} = 2") < text.index("otherwise") < text.index(r"\hat{m}")
