"""Muon of PyTorch, Keras and optax as blocks, against their originals, in the interpreter and rendered."""

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
from support.published.of_matrices import MUON_WITH_ADAMW, OF_MATRICES
from support.published.record import Published

from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
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


def original(published: Published, problem: Problem) -> list[Array]:
    name = published.library.partition(".")[0]
    pytest.importorskip(name)
    make = getattr(importlib.import_module(published.library), published.original)
    return RUNS[name](make, dict(published.options), problem)


def interpreted(rule: Block, problem: Problem) -> list[Array]:
    interpreter, weight, found = Interpreter(rule, problem.weight.shape), problem.weight, []
    for gradient in problem.gradients:
        weight = interpreter.apply(weight, gradient, RATE)
        found.append(weight)
    return found


def name_of(published: Any) -> str:
    return published.text.split("(")[0].strip() if isinstance(published, Published) else str(published)


def cases(shapes: tuple[tuple[int, ...], ...], published: tuple[Published, ...]) -> list[Any]:
    """Return cases; all shapes but the first are heavy, and all that JAX compiles but one."""
    seen: set[str] = set()
    found = []
    for shape in shapes:
        for one in published:
            light = shape is shapes[0] and not (one.library in seen and "optax" in one.library)
            seen.add(one.library)
            found.append(pytest.param(one, shape, marks=[] if light else pytest.mark.heavy))
    return found


@pytest.mark.parametrize(("published", "shape"), cases(SHAPES, OF_MATRICES), ids=name_of)
def test_muon_is_its_original(published: Published, shape: tuple[int, ...], tmp_path: Path) -> None:
    problem, rule = given(shape), block_of(published.text)
    wanted = original(published, problem)
    np.testing.assert_allclose(interpreted(rule, problem), wanted, rtol=BOUND, atol=BOUND)
    rendered = run_backend("torch", rule, problem, tmp_path, "float64")
    np.testing.assert_allclose(rendered, wanted, rtol=BOUND, atol=BOUND)


ON_ALL = tuple(p for p in OF_MATRICES if "if rank" in p.text)


@pytest.mark.parametrize(("published", "shape"), cases((VECTOR,), ON_ALL), ids=name_of)
def test_muon_steps_a_vector_as_its_original_does(
    published: Published, shape: tuple[int, ...], tmp_path: Path
) -> None:
    problem, rule = given(shape), block_of(published.text)
    wanted = original(published, problem)
    # Keras rounds the corrections of the bias to float32.
    bound = 1e-6 if "keras" in published.library else BOUND
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
    rule = block_of(MUON_WITH_ADAMW)
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


@pytest.mark.parametrize(
    "text", [*(p.text for p in OF_MATRICES), MUON_WITH_ADAMW], ids=lambda t: t.split("(")[0]
)
def test_muon_is_printed_as_it_is_written(text: str) -> None:
    rule = block_of(text)
    written = [
        f"{line[: len(line) - len(line.lstrip())]}state {name}" if "state " in line else line
        for line in filter(None, text.splitlines())
        for name in (line.strip().removeprefix("state ").split(", ") if "state " in line else [""])
    ]
    assert print_block(rule, indent=4).splitlines() == written
    assert block_of(str(rule)).statements == rule.statements
