"""Weights whose last axis is short, as kernels of convolutions: XLA takes them along one axis on CPUs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

KERNEL = (8, 2, 3, 3)
RULES = ("Opt3", "Opt10")
TOTAL = {"Opt8": {"total_steps": 9}, "Opt10": {"total_steps": 9}}


def transformation(name: str, folder: Path) -> Any:
    pytest.importorskip("optax")
    module = load(render(catalog.entry(name), "optax"), folder)
    return lambda rate: getattr(module, name)(rate, **TOTAL.get(name, {}))


def drawn(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("name", RULES)
def test_an_optax_kernel_moves_as_a_vector(name: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    optimizer = transformation(name, tmp_path)(0.1)
    step = jax.jit(optimizer.update)
    results = []
    for shape in (KERNEL, (144,)):
        weight = drawn((144,), 0).reshape(shape)
        state = optimizer.init(weight)
        for seed in range(1, 4):
            change, state = step(drawn((144,), seed).reshape(shape), state, weight)
            weight = weight + change
        assert weight.shape == shape
        results.append([np.ravel(x) for x in jax.tree.leaves((weight, state))])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    given = (weight.reshape(KERNEL), optimizer.init(weight.reshape(KERNEL)), weight.reshape(KERNEL))
    text = step.lower(*given).compile().as_text()
    assert "f32[144]" in text and "conditional" in text, "XLA has taken reshapes over the operations"
    rows = (weight.reshape(9, 16),) * 2
    text = step.lower(rows[0], optimizer.init(rows[0]), rows[1]).compile().as_text()
    assert "conditional" not in text, "an axis of 16 is long enough"


@pytest.mark.parametrize("name", RULES)
def test_optax_kernels_have_derivatives_and_batches(name: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    make = transformation(name, tmp_path)

    def after(rate: Any, weight: Any) -> Any:
        optimizer = make(rate)
        state = optimizer.init(weight)
        for seed in range(1, 3):
            change, state = optimizer.update(drawn((144,), seed).reshape(weight.shape), state, weight)
            weight = weight + change
        return (weight**2).sum()

    flat = drawn((144,), 0)
    for order in (jax.grad, jax.hessian, lambda f: jax.vmap(f, (0, None))):
        rate = np.array([0.1, 0.2], "float32") if order not in (jax.grad, jax.hessian) else 0.1
        found, wanted = (jax.jit(order(after))(rate, flat.reshape(s)) for s in (KERNEL, (144,)))
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-5)


def test_a_rule_without_a_state(tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    module = load(render(parse("F = none ~ g"), "optax"), tmp_path)
    optimizer, gradient = module.F(0.5), drawn(KERNEL, 0)
    change, _ = jax.jit(optimizer.update)(gradient, optimizer.init(gradient))
    np.testing.assert_array_equal(change, -0.5 * gradient)


def trained(target: str, name: str, xla: bool, shape: tuple[int, ...], folder: Path) -> Any:
    """Return the weights and the states after three steps in a graph of TensorFlow."""
    keras, tf = pytest.importorskip("keras"), pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("graphs are TensorFlow's")
    module = load(render(catalog.entry(name), target), folder)
    variable = keras.Variable(drawn((144,), 0).reshape(shape))
    optimizer = getattr(module, name)(0.1, **TOTAL.get(name, {}))
    optimizer.build([variable])
    step = tf.function(lambda gradient: optimizer.apply([gradient], [variable]), jit_compile=xla)
    for seed in range(1, 4):
        step(tf.constant(drawn((144,), seed).reshape(shape)))
    return [np.ravel(x.numpy()) for x in (variable, *optimizer.variables)]


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("target", ["keras", "tensorflow"])
def test_a_kernel_of_tensorflow_moves_as_a_vector(target: str, xla: bool, tmp_path: Path) -> None:
    found, wanted = (trained(target, "Opt8", xla, shape, tmp_path) for shape in (KERNEL, (144,)))
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


SCRIPT = """
import importlib, sys
import jax, keras, numpy as np
sys.path.insert(0, {folder!r})
results = []
for shape in ((8, 2, 3, 3), (144,)):
    draw = [np.random.default_rng(i).standard_normal(144).astype("float32").reshape(shape) for i in range(4)]
    optimizer = importlib.import_module("opt8").Opt8(0.1, total_steps=9)
    variable = keras.Variable(draw[0])
    optimizer.build([variable])
    held = [variable.value], [x.value for x in optimizer.variables]
    step = jax.jit(lambda weights, states, given: optimizer.stateless_apply(states, given, weights))
    print("conditional" in step.lower(*held, draw[1:2]).compile().as_text())
    for gradient in draw[1:]:
        held = step(*held, [gradient])
    results.append([np.ravel(x) for x in (*held[0], *held[1])])
for one, other in zip(*results):
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
"""


def test_a_kernel_of_keras_on_jax_moves_as_a_vector(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("jax")
    (tmp_path / "opt8.py").write_text(render(catalog.entry("Opt8"), "keras"))
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(folder=str(tmp_path))],
        env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("rate", [0.1, "column", "row"])
def test_rates_with_axes_are_taken_in_compiled_steps_as_in_others(rate: Any, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    rates = {"column": np.full((3, 1), 0.1, np.float32), "row": np.full((2,), 0.1, np.float32)}
    given = jnp.asarray(rates[rate]) if rate in rates else rate
    optimizer = load(render(catalog.entry("Adam"), "optax"), tmp_path).Adam(given)
    weight = jnp.arange(6.0).reshape(3, 2)
    state = optimizer.init(weight)
    plain, _ = optimizer.update(2 * weight, state, weight)
    compiled, _ = jax.jit(optimizer.update)(2 * weight, state, weight)
    assert plain.shape == compiled.shape == (3, 2)
    assert np.allclose(plain, compiled, rtol=1e-6)


@pytest.mark.parametrize("axes", [("x", "y"), (None, "y"), ("x", None), (None, None)])
def test_explicit_sharding_on_a_mesh_of_one_device(axes: tuple[Any, ...], tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    optimizer = load(render(catalog.entry("Opt7"), "optax"), tmp_path).Opt7(0.05, total_steps=20)
    explicit = (jax.sharding.AxisType.Explicit,) * 2
    mesh = jax.make_mesh((1, 1), ("x", "y"), axis_types=explicit, devices=jax.devices()[:1])
    with jax.set_mesh(mesh):
        place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))
        weight = jax.device_put(jnp.ones((4, 3)), place)
        state = optimizer.init(weight)

        @jax.jit
        def step(weight: Any, state: Any) -> Any:
            change, state = optimizer.update(2 * weight, state, weight)
            return weight + change, state

        moved, _ = step(*step(weight, state))
    assert np.all(np.asarray(moved) < 1)
