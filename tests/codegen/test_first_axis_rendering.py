"""Rendered files of rules over the first axis and all others, beside NumPy, for kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.harness import load, problem, run_backend, run_numpy

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

RULE = parse(
    """Kernels(b=0.5) = {
    state m
    state first
    m <- b * m + orth_flat(g, steps=2) + newton_schulz_flat(w, a=1.5, b=-0.5, c=0)
    first <- b * first + mean_first(g^2) - largest_first(w)
    w <- w - lr * (m + largest_rest(g) - mean_rest(w) + first) * sqrt(first_axis / second_axis / size)
}"""
)
SHAPES = ((5, 2, 2), (2, 3, 1, 2), (2, 1, 1), (2, 3), (4,), (), (2, 0, 3))


BACKENDS = ("torch", "optax", "tensorflow", "keras")


def check(backend: str, shape: tuple[int, ...], folder: Path) -> None:
    given = problem(3, 3, shape)
    found = run_backend(backend, RULE, given, folder, "float64")
    np.testing.assert_allclose(found, run_numpy(RULE, given), rtol=1e-7, atol=1e-9, err_msg=str(shape))


@pytest.mark.parametrize("backend", BACKENDS)
def test_files_do_what_the_interpreter_does(backend: str, tmp_path: Path) -> None:
    check(backend, (3, 2, 2, 1, 2), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_files_of_all_shapes(backend: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    check(backend, shape, tmp_path)


@pytest.mark.parametrize(
    ("text", "fused"),
    [
        (str(RULE), False),
        (
            "Orth = { state m; m <- 0.5 * m + g; w <- w - lr * first_axis / second_axis * orth_flat(m) }",
            True,
        ),
    ],
)
def test_weights_that_lie_otherwise_in_memory(text: str, fused: bool, tmp_path: Path) -> None:
    """Kernels of PyTorch may have their channels last, and any order of axes."""
    torch = pytest.importorskip("torch")
    rule = parse(text)
    made = getattr(load(render(rule, "torch"), tmp_path), rule.name)
    given = problem(4, 3, (4, 3, 2, 2))
    wanted = run_numpy(rule, given)
    kernel = torch.tensor(given.weight)
    for weight in (
        kernel.to(memory_format=torch.channels_last),
        kernel.permute(3, 1, 0, 2).contiguous().permute(2, 1, 3, 0),
    ):
        for how in ({"foreach": False}, {"foreach": True}, *([{"fused": True}] if fused else [])):
            parameter = torch.nn.Parameter(weight.clone())
            assert not parameter.is_contiguous()
            optimizer = made([parameter], lr=0.1, **how)
            rows = zip(given.gradients, given.learning_rates, wanted, strict=True)
            for gradient, rate, moved in rows:
                optimizer.param_groups[0]["lr"] = rate
                parameter.grad = torch.empty_like(parameter).copy_(torch.tensor(gradient))
                optimizer.step()
                np.testing.assert_allclose(parameter.detach().numpy(), moved, rtol=1e-9, atol=1e-12)
