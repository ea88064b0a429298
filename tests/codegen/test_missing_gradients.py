"""Random blocks in rendered PyTorch files, with parameters that have no gradient at some steps."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.random_blocks import random_block

from nos_sym.codegen.render import render
from nos_sym.program.parameters import Parameters

SHAPES = ((3, 2), (4,), (), (2, 3, 2))
LR = 0.05


def given_to(seed: int, steps: int) -> tuple[list[Any], list[list[Any]]]:
    """Return weights, and the gradients of every step, of which a third is missing and some entries are 0."""
    rng = np.random.default_rng(seed)
    weights = [np.asarray(rng.normal(size=shape)) for shape in SHAPES]
    rows = [[np.asarray(rng.normal(size=shape)) for shape in SHAPES] for _ in range(steps)]
    for row in rows:
        for index, gradient in enumerate(row):
            row[index] = None if rng.random() < 1 / 3 else gradient * (rng.random(gradient.shape) < 0.8)
    rows[0][seed % len(SHAPES)] = None
    return weights, rows


def check(seed: int, folder: Path, steps: int) -> None:
    torch = pytest.importorskip("torch")
    rule = random_block(random.Random(seed)).named("Rendered")
    weights, rows = given_to(seed, steps)
    parts = [torch.tensor(weight, requires_grad=True) for weight in weights]
    optimizer = load(render(rule, "torch"), folder).Rendered(parts, lr=LR)
    running = Parameters(rule, SHAPES)
    for step, row in enumerate(rows):
        for part, gradient in zip(parts, row, strict=True):
            part.grad = None if gradient is None else torch.tensor(gradient)
        optimizer.step()
        weights = running.apply(weights, row, LR)
        for part, weight in zip(parts, weights, strict=True):
            found = part.detach().numpy()
            np.testing.assert_allclose(found, weight, rtol=1e-10, atol=1e-12, err_msg=f"step {step}: {rule}")


@pytest.mark.parametrize("seed", range(12))
def test_random_blocks_of_parameters_that_miss_gradients(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path, 6)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_random_blocks_of_parameters_that_miss_gradients(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path, 20)
