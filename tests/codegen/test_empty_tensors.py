"""Tensors without entries in rendered files: sums, means, norms and maxima of no entries are 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load, problem, run_backend, run_numpy

from nos_sym.codegen.render import render
from nos_sym.language.kind import Kind
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import shape_of

SHAPES = ((0,), (0, 2), (2, 0), (2, 0, 3))
SCALARS = ("sum", "mean", "rms", "norm1", "norm2", "norm_inf")
REDUCED = ("mean", "sum", "max")


def rule() -> Any:
    """Return a rule that keeps every reduction of a number, a row and a column."""
    states = {f"s_{name}": ("scalar", name) for name in SCALARS}
    states |= {f"{kind}_of_{name}": (kind, f"{kind}_{name}") for kind in ("row", "col") for name in REDUCED}
    lines = [f"state {name}: {kind}" for name, (kind, _) in states.items()]
    lines += [f"{name} <- {name} + {reduced}(g + 1)" for name, (_, reduced) in states.items()]
    return parse(f"Empty = {{ {'; '.join(lines)}; w <- w - lr * ({' + '.join(states)}) }}")


def of_torch(shape: tuple[int, ...], folder: Path, *, minimal: bool) -> list[Any]:
    torch = pytest.importorskip("torch")
    made = load(render(rule(), "torch", minimal=minimal), folder)
    weight = torch.nn.Parameter(torch.ones(shape))
    optimizer = made.Empty([weight], lr=0.1)
    for _ in range(2):
        weight.grad = torch.ones(shape)
        optimizer.step()
    return [x for name, x in optimizer.state[weight].items() if name != "step"]


def of_optax(shape: tuple[int, ...], folder: Path) -> list[Any]:
    jnp = pytest.importorskip("jax.numpy")
    optimizer = load(render(rule(), "optax"), folder).Empty(0.1)
    weight = jnp.ones(shape)
    state = optimizer.init(weight)
    for _ in range(2):
        _, state = optimizer.update(weight, state, weight)
    return [x for x in state[1:] if not isinstance(x, dict)]  # one says which rule the state is of


def of_keras(shape: tuple[int, ...], folder: Path, target: str) -> list[Any]:
    keras = pytest.importorskip("keras")
    optimizer = load(render(rule(), target), folder).Empty(0.1)
    weight = keras.Variable(np.ones(shape), dtype="float32")
    optimizer.build([weight])
    for _ in range(2):
        optimizer.update_step(keras.ops.ones(shape), weight, keras.ops.convert_to_tensor(0.1))
    return [keras.ops.convert_to_numpy(x) for x in optimizer.slots[0]]


REDUCTIONS = [
    # What is compiled takes seconds a shape.
    pytest.param(file, shape, marks=pytest.mark.heavy if slow and shape in SHAPES[1:3] else ())
    for file, slow in {
        "torch": False,
        "minimal": False,
        "optax": True,
        "keras": True,
        "tensorflow": True,
    }.items()
    for shape in SHAPES
]


@pytest.mark.parametrize(("file", "shape"), REDUCTIONS)
def test_reductions(file: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    if file in ("torch", "minimal"):
        found = of_torch(shape, tmp_path, minimal=file == "minimal")
    else:
        found = of_optax(shape, tmp_path) if file == "optax" else of_keras(shape, tmp_path, file)
    numbers, others = found[: len(SCALARS)], found[len(SCALARS) :]
    assert [float(x) for x in numbers] == [0.0] * len(SCALARS)
    kinds = [kind for kind in (Kind.ROW, Kind.COLUMN) for _ in REDUCED]
    assert [tuple(x.shape) for x in others] == [shape_of(kind, shape) for kind in kinds]
    assert not any(np.any(np.asarray(x)) for x in others)  # NaN counts as true


@pytest.mark.parametrize("backend", ["torch", "optax", "keras", "tensorflow"])
def test_weights(backend: str, tmp_path: Path) -> None:
    rule = parse(
        "{ state s: row, c: col; s <- max(s, row_max(g)); c <- col_max(g); w <- w - lr * g / (s + c) }"
    )
    for shape in ((0,), (0, 2), (2, 0)):
        given = problem(2, 1, shape)
        assert run_backend(backend, rule, given, tmp_path, "float64").shape == (2, *shape)
        assert run_numpy(rule, given).shape == (2, *shape)
