"""Choices and conditions of the rate, of settings and of literal numbers alone, in files for Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.program.parameters import Parameters

keras = pytest.importorskip("keras")

RATES = (0.125, 2.0, 0.5)  # which float32 has, as the rate of Keras is
TEXTS = [
    "{ w <- w - lr * where(lr > 1, 3, 1) * g }",
    "{ w <- w - lr * where(lr > 1, 3, 0.3) * g }",
    "{ w <- w - lr * where(lr != 1, 0.3, lr) * g }",
    "{ w <- w - lr * where(not (lr > 1 and t > 0), g, 2) }",
    "R(a=0.5) = { w <- w - lr * where(a > 1 or lr > 1, g, 2) }",
    "R(a=0.5) = { w <- w - lr * where(1 != lr and a < 1, a, 1) * g }",
    "{ w <- w - lr * where(2 > 1 or t > 3, 1, 2) * g }",
    "{ w <- where(lr > 1, 2, 1) }",
    "{ w <- w - lr * max(1, lr) * g }",
    "{ w <- w - lr * clip(3, lr) * g }",
    "{ w <- w - lr * clip(1, lr, 2) * g }",
    "{ state s: row = 2; w <- w - lr * g * s; s <- where(lr > 1, 3, 4) }",
    "{ state s: step = where(lr > 1, 1, 0.3); w <- w - lr * g * s }",
    "{ state s: step; s <- where((1 != lr) or (1 > 1), 0.001, 2); w <- w - lr * s * g }",
    "{ state s: global = 2; w <- w - lr * g * s; s <- where(lr > 1, 1, 0.3) }",
    "{ state s: global = where(lr > 1, 1, 0.3); w <- w - lr * g * s }",
    "{ state s = 2; w <- w - lr * g * s; s <- where(lr > 1, 3, 0.3) }",
    "R(a=0.125) = { state s: scalar = where(2 >= 0.5 and lr == a, 1.5, where(a == lr, cols, 1)); "
    "s <- s * 0.5; w <- w - lr * s * g }",
]


def step_of(optimizer: Any, graph: bool) -> Any:
    """Return what makes a step, traced once where TensorFlow can."""
    if not graph:
        return lambda x: optimizer.apply([x])
    tensorflow = pytest.importorskip("tensorflow")
    # The rate is a variable, and changes in a trace too.
    return tensorflow.function(lambda x: optimizer.apply([x]), autograph=False)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["tensorflow", "keras"])
def test_it_is_the_rule(backend: str, dtype: str, text: str, tmp_path: Path) -> None:
    if keras.backend.backend() != "tensorflow" and backend == "tensorflow":
        pytest.skip("needs TensorFlow below Keras")
    rule = parse(text).named("Chosen")
    gradient, weight = np.array([[0.5, -0.25], [2.0, 0.0]]), np.array([[1.0, 2.0], [0.5, -3.0]])
    expected, reference = [weight], Parameters(rule, [weight.shape])
    for rate in RATES:
        expected = reference.apply(expected, [gradient], rate)
    module = load(render(rule, backend), tmp_path)
    for graph in (False, True) if keras.backend.backend() == "tensorflow" else (False,):
        optimizer = module.Chosen(learning_rate=RATES[0])
        variable = keras.Variable(weight, dtype=dtype)
        optimizer.build([variable])
        step = step_of(optimizer, graph)
        for rate in RATES:
            optimizer.learning_rate = rate
            step(keras.ops.convert_to_tensor(gradient, dtype))
        rtol = 1e-12 if dtype == "float64" else 2e-6
        assert keras.backend.standardize_dtype(variable.dtype) == dtype
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), expected[0], rtol=rtol)
