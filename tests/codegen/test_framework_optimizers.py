"""Rendered baselines equal the frameworks' own optimizers over 200 steps, each in its own convention."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load, problem

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_expression

STEPS = 200
RATE = 0.03

TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGDMomentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "RMSProp": ("RMSprop", {}),
    "Adam": ("Adam", {}),
    "AdamW": ("AdamW", {}),
    "AMSGrad": ("Adam", {"amsgrad": True}),
}
KERAS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGDMomentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "RMSPropKeras": ("RMSprop", {}),
    "AdamKeras": ("Adam", {}),
    "AdamWKeras": ("AdamW", {}),
    "AMSGradKeras": ("Adam", {"amsgrad": True}),
}
PARTS = ("SGDMomentum", "AdamKeras")
"""Parts of the others, of Nesterov and of AdamWKeras."""


def rendered(name: str, backend: str, folder: Path) -> Any:
    return getattr(load(render(catalog.entry(name), backend), folder), name)


def run_torch(make: Any, gradients: np.ndarray, start: np.ndarray) -> np.ndarray:
    import torch

    parameter = torch.nn.Parameter(torch.tensor(start))
    optimizer = make([parameter])
    history = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        history.append(parameter.detach().numpy().copy())
    return np.array(history)


def run_keras(optimizer: Any, gradients: np.ndarray, start: np.ndarray) -> np.ndarray:
    import keras
    import tensorflow as tf

    variable = keras.Variable(start, dtype="float64")
    history = []
    for gradient in gradients:
        optimizer.apply([tf.constant(gradient)], [variable])
        history.append(np.asarray(variable.numpy()))
    return np.array(history)


@pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")
@pytest.mark.parametrize("name", TORCH)
def test_torch(name: str, tmp_path: Path) -> None:
    import torch

    kind, options = TORCH[name]
    given = problem(STEPS, seed=3)
    own = getattr(torch.optim, kind)
    theirs = run_torch(lambda p: own(p, lr=RATE, **options), given.gradients, given.weight)
    made = rendered(name, "torch", tmp_path)
    ours = run_torch(lambda p: made(p, lr=RATE), given.gradients, given.weight)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")
@pytest.mark.parametrize("name", ["Adam", "AdamW", "AMSGrad"])
def test_torch_with_other_betas(name: str, tmp_path: Path) -> None:
    """The bias corrections follow the betas, also one that the rule writes apart from its average."""
    import torch

    kind, options = TORCH[name]
    given = problem(STEPS, seed=3)
    own = getattr(torch.optim, kind)
    changed: dict[str, Any] = {"lr": RATE, "betas": (0.7, 0.95)}
    theirs = run_torch(lambda p: own(p, **changed, **options), given.gradients, given.weight)
    made = rendered(name, "torch", tmp_path)
    ours = run_torch(lambda p: made(p, **changed), given.gradients, given.weight)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def binary32(value: float) -> str:
    """Return the exact decimal of a number rounded to float32."""
    return str(Decimal(float(np.float32(value))))


def as_keras_rounds(name: str) -> str:
    """Return the text of a baseline with its coefficients as Keras holds them.

    Keras rounds the betas of the bias correction and the weight decay to float32 even where variables are
    float64, so the comparison to 1e-10 is with these; the catalog has the exact decimals.
    """
    first, second = (f"correction({binary32(b)})" for b in (0.9, 0.999))
    square = "ema(g^2, 0.999)"
    if name == "AMSGradKeras":
        square = f"running_max({square})"
    mean = "ema(g, 0.9)"
    adam = f"[sqrt({second}) / {first}] {mean} / (sqrt({square}) + 1e-7)"
    decay = f" + {binary32(0.004)} * w" if name == "AdamWKeras" else ""
    return f"{name} = none ~ {adam}{decay}"


@pytest.mark.skipif("tensorflow" not in backends(), reason="tensorflow is not installed")
@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=pytest.mark.heavy if x in PARTS else ()) for x in KERAS]
)
def test_keras(name: str, tmp_path: Path) -> None:
    import keras

    kind, options = KERAS[name]
    mu = {"momentum": float(np.float32(0.9))} if "momentum" in options else {}
    given = problem(STEPS, seed=3)
    own = getattr(keras.optimizers, kind)(learning_rate=RATE, **options | mu)
    theirs = run_keras(own, given.gradients, given.weight)
    made = rendered(name, "tensorflow", tmp_path)
    ours = run_keras(made(RATE, **mu), given.gradients, given.weight)
    if name.startswith("A"):
        # The exact coefficients stay within what rounding them to float32 does over 200 steps ...
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
        # ... and with rounded ones the two are the same.
        rule = parse(as_keras_rounds(name))
        assert structure(rule) == structure(catalog.entry(name).at_defaults())
        made = getattr(load(render(rule, "tensorflow"), tmp_path), name)
        ours = run_keras(made(RATE), given.gradients, given.weight)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.skipif("tensorflow" not in backends(), reason="tensorflow is not installed")
@pytest.mark.parametrize(
    "name", [pytest.param("AdamKeras", marks=pytest.mark.heavy), "AdamWKeras", "AMSGradKeras"]
)
def test_keras_with_other_betas(name: str, tmp_path: Path) -> None:
    import keras

    kind, options = KERAS[name]
    given = problem(STEPS, seed=3)
    # Multiples of 1/4 and 1/16, which Keras holds exactly; the weight decay it rounds to float32.
    own = getattr(keras.optimizers, kind)(learning_rate=RATE, beta_1=0.75, beta_2=0.9375, **options)
    theirs = run_keras(own, given.gradients, given.weight)
    made = rendered(name, "tensorflow", tmp_path)(RATE, beta1=0.75, beta2=0.9375)
    ours = run_keras(made, given.gradients, given.weight)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


def structure(rule: Any) -> str:
    """Return the text of a rule with its numbers left out."""
    return re.sub(r"[0-9][0-9.e-]*", "#", print_expression(rule.update, sugar=False))


@pytest.mark.skipif("torch" not in backends(), reason="torch is not installed")
def test_conventions_differ(tmp_path: Path) -> None:
    """Adam of the two frameworks is not the same optimizer: the comparison would notice a mix-up."""
    import torch

    given = problem(STEPS, seed=3)
    gradients = 1e-6 * given.gradients
    theirs = run_torch(lambda p: torch.optim.Adam(p, lr=RATE), gradients, given.weight)
    made = rendered("AdamKeras", "torch", tmp_path)
    ours = run_torch(lambda p: made(p, lr=RATE), gradients, given.weight)
    assert np.max(np.abs(ours - theirs)) > 1e-3
