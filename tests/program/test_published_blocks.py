"""Published optimizers as blocks, against the libraries that have them; texts print as they are written."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.published import OF_ALL, OPTAX, PUBLISHED, Published

from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.parameters import Parameters

Array = npt.NDArray[Any]
STEPS = 20
RATE = 0.01
SHAPES: tuple[tuple[int, ...], ...] = ((5, 3), (4,), ())
# A vector is one shape too many for what is not compiled.
CASES = [
    (published, shape)
    for published in PUBLISHED
    if published not in OF_ALL
    for shape in SHAPES[: 1 if published in OPTAX else 3]
]


def _block(published: Published) -> Block:
    found = parse(published.text)
    assert isinstance(found, Block)
    return found


def _problem(shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return weights and gradients; of a tensor one column gets none at all, and one none at times."""
    rng = np.random.default_rng(5)
    weight, gradients = rng.normal(size=shape), 0.1 * rng.normal(size=(STEPS, *shape))
    if shape:
        gradients[..., 0] = 0
        gradients[::3, ..., -1] = 0
    return weight, gradients


def _of_torch(make: Any, options: dict[str, Any], weight: Array, gradients: Array) -> list[Array]:
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor(weight))
    optimizer = make([parameter], **{"lr": RATE, **options})
    found = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        found.append(parameter.detach().numpy().copy())
    return found


def _of_optax(make: Any, options: dict[str, Any], weight: Any, gradients: Any) -> list[Any]:
    """Return the weights after each step; a weight is one tensor, or several as a list."""
    jax = pytest.importorskip("jax")
    found = []
    with jax.enable_x64(True):
        transform = make(RATE, **options)
        weights = jax.tree.map(jax.numpy.asarray, weight)
        state = transform.init(weights)
        for gradient in gradients:
            change, state = transform.update(jax.tree.map(jax.numpy.asarray, gradient), state, weights)
            weights = jax.tree.map(lambda w, c: w + c, weights, change)
            found.append(jax.tree.map(np.asarray, weights))
    return found


@pytest.mark.parametrize(("published", "shape"), CASES, ids=str)
def test_a_published_block_is_its_original(published: Published, shape: tuple[int, ...]) -> None:
    pytest.importorskip(published.library.partition(".")[0])
    make = getattr(importlib.import_module(published.library), published.original)
    weight, gradients = _problem(shape)
    run = _of_optax if published in OPTAX else _of_torch
    wanted = run(make, dict(published.options), weight, gradients)
    interpreter = Interpreter(_block(published), shape)
    for gradient, other in zip(gradients, wanted, strict=True):
        weight = interpreter.apply(weight, gradient, RATE)
        np.testing.assert_allclose(weight, other, rtol=published.bound, atol=published.bound / 1000)


@pytest.mark.parametrize("published", OF_ALL, ids=str)
def test_a_published_sum_over_all_parameters_is_its_original(published: Published) -> None:
    pytest.importorskip("optax")
    make = getattr(importlib.import_module(published.library), published.original)
    parts, by_part = zip(*map(_problem, SHAPES), strict=True)
    gradients = [list(row) for row in zip(*by_part, strict=True)]
    wanted = _of_optax(make, dict(published.options), list(parts), gradients)
    running = Parameters(_block(published), SHAPES)
    now = list(parts)
    for gradient, others in zip(gradients, wanted, strict=True):
        now = running.apply(now, gradient, RATE)
        for part, other in zip(now, others, strict=True):
            np.testing.assert_allclose(part, other, rtol=published.bound, atol=published.bound / 1000)


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda p: str(p.text.split("(")[0].strip()))
def test_a_published_block_is_printed_as_it_is_written(published: Published) -> None:
    rule = _block(published)
    printed = print_block(rule, indent=4)
    assert _block(Published("", "", printed)).statements == rule.statements
    assert printed.splitlines() == [*_written(published.text)]


def _written(text: str) -> list[str]:
    """Return the lines of a text, a declaration on each."""
    lines: list[str] = []
    for line in filter(None, text.splitlines()):
        margin = line[: len(line) - len(line.lstrip())]
        if line.lstrip().startswith("state "):
            lines += [f"{margin}state {x}" for x in line.strip().removeprefix("state ").split(", ")]
        else:
            lines.append(line)
    return lines
