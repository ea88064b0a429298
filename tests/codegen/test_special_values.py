"""Every operation of the registry in every backend, at zeros, subnormals, huge values, infinities and NaN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load
from support.random_rules import ONE_LINE

from nos_sym.codegen.render import render
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation, Role
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule
from nos_sym.program.interpreter import Interpreter

VALUES = [0.0, 1e-31, 1e-29, 1e-8, 0.5, 1.0, 1.5, 3.0, 20.0, 100.0, 750.0, 1e20, 1e200, np.inf]
PARAMETERS: dict[str, Any] = {"beta": "0.9", "exponent": 3, "weight": "0.95"}
OPERATIONS = [o for o in ONE_LINE if o.arity and o.role not in (Role.SCALE, Role.RANDOM)]
CANCELS = {"dtanh"}
"""Subtracts a value close to one from one: accurate to the unit roundoff of one, not of its value."""


def node_of(operation: Operation) -> Node:
    parameters = {p.name: PARAMETERS[p.name] for p in operation.parameters}
    return apply(operation.name, *(apply("g"), apply("w"))[: operation.arity], **parameters)


def pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(over="ignore"):
        values = np.array([*VALUES, *(-v for v in VALUES), np.nan]).astype(dtype)
    g, w = np.meshgrid(values, values)
    return g.ravel(), w.ravel()


def update_of(backend: str, rule: Rule, g: np.ndarray, w: np.ndarray, folder: Path) -> np.ndarray:
    """Return U of the first step by calling the pure functions of a rendered file."""
    module: Any = load(render(rule, backend), folder)
    if backend == "optax":
        return optax_update(module, g, w)
    if backend == "torch":
        import torch

        tensor: Any = torch.tensor
        (group,) = module.Rendered([torch.nn.Parameter(torch.zeros(1))]).param_groups
        values = module.scalars(0, group) if hasattr(module, "scalars") else ()
        scalars = [float(x) for x in values]
    else:
        import tensorflow as tf

        tensor, step = tf.constant, tf.constant(0.0, tf.float64)
        settings = getattr(module.Rendered(), "settings", {})
        values = module.scalars(step, **settings) if hasattr(module, "scalars") else ()
        scalars = [tf.cast(x, g.dtype) if tf.is_tensor(x) else x for x in values]
    state = [tensor(np.zeros_like(g)) for _ in getattr(module, "STATE", ())]
    change = module.update(tensor(g), tensor(w), *state, 1.0, *scalars)  # of learning rate 1
    return -np.asarray(change[0] if state else change)


def optax_update(module: Any, g: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return what a step of learning rate 1 takes away, so that the scalars are those of use."""
    import jax

    with jax.enable_x64(g.dtype == np.float64):
        optimizer = module.Rendered(1.0)
        return -np.asarray(optimizer.update(g, optimizer.init(w), w)[0])


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
def test_cosines_of_large_numbers_keep_their_place_in_the_period(
    backend: str, dtype: str, bound: float, tmp_path: Path
) -> None:
    """A product with pi is off by more than the period."""
    if {"keras": "tensorflow"}.get(backend, backend) not in backends():
        pytest.skip(f"{backend} is not installed")
    rule = Rule(Momentum.NONE, apply("cospi", apply("g")), name="Rendered")
    values = np.array([0.25, 1001.0, 100000.5, 1234567.0, 8388607.0, 16777216.0, 1e20]).astype(dtype)
    wanted = [0.5**0.5, -1.0, 0.0, -1.0, -1.0, 1.0, 1.0]
    for signed in (values, -values):
        found = update_of(backend, rule, signed, signed, tmp_path)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=bound)
        moved = Interpreter(rule, signed.shape).apply(np.zeros(7), signed.astype("float64"), 1.0)
        np.testing.assert_allclose(-moved, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_special_values(operation: Operation, backend: str, dtype: str, tmp_path: Path) -> None:
    if {"keras": "tensorflow"}.get(backend, backend) not in backends():
        pytest.skip(f"{backend} is not installed")
    rule = Rule(Momentum.NONE, node_of(operation), name="Rendered")
    g, w = pairs(dtype)
    if operation.role is Role.REDUCTION:
        # One infinite entry makes the norm of the whole tensor infinite: sizes that a sum of squares holds.
        fits = np.abs(g) < 1e15
        g, w = g[fits], w[fits]
    if backend == "optax":
        # What it returns is cut to where the sum with the weight is finite, so that there is a sum.
        g, w = g[np.isfinite(w)], w[np.isfinite(w)]
    reference = Interpreter(rule, g.shape, dtype=dtype).update(g, w)
    ours = update_of(backend, rule, g, w, tmp_path)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(reference))
    infinite = np.isinf(ours) | np.isinf(reference)
    np.testing.assert_array_equal(ours[infinite], reference[infinite])
    finite = np.isfinite(reference)
    limits = np.finfo(dtype)
    # Results below the normal range may be flushed to zero, which TensorFlow does.
    scale = np.maximum(np.abs(reference[finite]), 100 * limits.tiny / limits.eps)
    if operation.name in CANCELS:
        scale = np.maximum(scale, 1.0)
    assert np.max(np.abs(ours[finite] - reference[finite]) / scale) <= 16 * limits.eps


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
def test_guards_at_zero(backend: str, tmp_path: Path) -> None:
    """The guarded operations at their singular points, as the registry's Guard says."""
    if {"keras": "tensorflow"}.get(backend, backend) not in backends():
        pytest.skip(f"{backend} is not installed")
    zero, one = np.zeros(1), np.ones(1)
    g, w = apply("g"), apply("w")
    cases = [
        (apply("recip", g), 0.0),
        (apply("div", w, g), 0.0),
        (apply("ln", g), np.log(1e-30)),
        (apply("abspow", g, apply("neg", w)), 0.0),
        (apply("abspow", g, w), 0.0),
        (apply("rdiv", w, g), 1.0),
        (apply("clip_norm", g), 0.0),
    ]
    for node, wanted in cases:
        rule = Rule(Momentum.NONE, node, name="Rendered")
        assert update_of(backend, rule, zero, one, tmp_path) == pytest.approx(wanted)
        assert Interpreter(rule, (1,)).update(zero, one) == pytest.approx(wanted)
