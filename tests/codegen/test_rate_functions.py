"""Functions of the learning rate alone, in the update and in what states begin with, in files for PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.parser import parse
from nos_sym.program.parameters import Parameters

torch = pytest.importorskip("torch")

STARTS = [
    "{ state s = softplus(lr); s <- s + g; w <- w - lr * s }",
    "{ state s = cospi(w); s <- s + g; w <- w - lr * s }",
    "{ state s = exp(lr); s <- s + g; w <- w - lr * s }",
    "{ state s = arctan(lr) * g; s <- s * 0.5; w <- w - lr * g * s }",
    "{ state s: scalar = sqrt(lr); s <- s * 0.5; w <- w - lr * g * s }",
    "{ state s: step = rdiv(lr, 2 * lr); s <- s * 0.5; w <- w - lr * g * s }",
    "R(a=0.3) = { state s = erf(a - lr); s <- s + g; w <- w - lr * s }",
]
OF_ALL = [
    "{ state k: row = cospi(row_mean(g)); k <- row_mean(g) + k; w <- w - lr * k * total(g) }",
    "{ state k: row = exp(lr); k <- row_mean(g) + k; w <- w - lr * k * total(g) }",
]
SIGNS = [
    "{ w <- w - lr * g * sign(lr) }",
    "{ state s; s <- s * 0.5 + sign(lr - 0.2); w <- w - lr * g * s }",
    "{ state s: step; s <- s + sign(lr) / 3; w <- w - lr * g * s }",
    "R(a=0.3) = { w <- w - lr * g * sign(a - lr) }",
    "R(a=0.3) = { state s = sign(a - lr); s <- s + g; w <- w - lr * s }",
]
GRADIENT, WEIGHT, RATE = np.array([[0.5, -0.25], [2.0, 0.5]]), np.array([[1.0, 2.0], [0.5, -3.0]]), 0.1


def stepped(text: str, folder: Path, rate: Any, minimal: bool = False, **options: Any) -> Any:
    """Return the weights after two steps of a rendered file."""
    module = load(render(parse(text), "torch", name="Made", minimal=minimal), folder)
    weight = torch.tensor(WEIGHT, requires_grad=True)
    weight = weight.clone() if options else weight
    optimizer = module.Made([weight], lr=rate, **options)
    for _ in range(2):
        weight.grad = torch.tensor(GRADIENT)
        optimizer.step()
    return weight.detach().numpy()


def expected(text: str) -> Any:
    """Return the same of the interpreter."""
    weights, reference = [WEIGHT], Parameters(parse(text), [WEIGHT.shape])
    for _ in range(2):
        weights = reference.apply(weights, [GRADIENT], RATE)
    return weights[0]


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("text", STARTS)
def test_a_file_imports_what_its_starts_call(text: str, minimal: bool, tmp_path: Path) -> None:
    np.testing.assert_allclose(stepped(text, tmp_path, RATE, minimal), expected(text), rtol=1e-12)


@pytest.mark.parametrize("text", OF_ALL)
def test_so_does_one_with_sums_over_all(text: str, tmp_path: Path) -> None:
    np.testing.assert_allclose(stepped(text, tmp_path, RATE), expected(text), rtol=1e-12)


@pytest.mark.parametrize("text", SIGNS)
def test_the_sign_of_a_rate(text: str, tmp_path: Path) -> None:
    rate = torch.tensor(RATE, dtype=torch.float64)
    for given, minimal, options in (
        (RATE, False, {}),
        (RATE, True, {}),
        (rate, True, {}),
        (RATE, False, {"differentiable": True}),
        (rate.clone().requires_grad_(), False, {"differentiable": True}),
    ):
        found = stepped(text, tmp_path, given, minimal, **options)
        np.testing.assert_allclose(
            found, expected(text), rtol=1e-12, err_msg=f"{given!r} {minimal} {options}"
        )


KEYS = "params maximize compile differentiable foreach fused capturable name param_names initial_lr max_lr"


@pytest.mark.parametrize("key", [*KEYS.split(), "min_lr", "base_momentum", "max_momentum", "eps", "amsgrad"])
def test_a_global_state_is_not_named_as_a_key_of_a_group(key: str) -> None:
    rule = parse(f"{{ state {key}: global = 1; {key} <- 0.9 * {key} + total(g^2); w <- w - lr * {key} * g }}")
    with pytest.raises(RenderError, match=f"a key '{key}'; rename the global state") as caught:
        render(rule, "torch", name="Made")
    assert "\n" not in str(caught.value)
    # One of each parameter is kept elsewhere.
    own = parse(f"{{ state {key}; {key} <- 0.9 * {key} + g; w <- w - lr * {key} }}")
    assert f'STATE = ("{key}",)' in render(own, "torch", name="Made", fused=False)
