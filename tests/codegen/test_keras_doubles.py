"""Functions of float64 tensors in Keras files, on a backend that Keras itself computes in float32 on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("keras")

SCRIPT = """
import keras, numpy as np, sys, types
if keras.backend.backend() == "jax":
    import jax
    jax.config.update("jax_enable_x64", True)
from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.program.parameters import Parameters
g = np.array([[0.5, 0.25, -0.7, 0.0, 3.3, -20.0, 1e-5]])
w = np.array([[1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.1]])
for function in ("ln(g)", "softplus(g)", "floor(3 * g)", "g / sqrt(g^2 + w^2)", "exp(g) / (abs(g) + 0.1)"):
    rule = parse("{ w <- w - lr * %s }" % function)
    module = sys.modules["made"] = types.ModuleType("made")
    exec(compile(render(rule, "keras", name="Made"), "made", "exec"), module.__dict__)
    optimizer, variable = module.Made(learning_rate=0.125), keras.Variable(w, dtype="float64")
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(g, "float64")])
    expected = Parameters(rule, [w.shape]).apply([w], [g], 0.125)[0]
    found = keras.ops.convert_to_numpy(variable)
    np.testing.assert_allclose(found - w, expected - w, rtol=1e-12, atol=1e-15, err_msg=function)
assert keras.config.floatx() == "float32"
rule = catalog.entry("Adam")  # whose corrections are scalars of a step
module = sys.modules["adam"] = types.ModuleType("adam")
exec(compile(render(rule, "keras"), "adam", "exec"), module.__dict__)
optimizer, variable = module.Adam(0.125), keras.Variable(w, dtype="float64")
state = Parameters(rule, [w.shape])
optimizer.build([variable])
expected = w
for _ in range(3):
    optimizer.apply([keras.ops.convert_to_tensor(g, "float64")])
    expected = state.apply([expected], [g], 0.125)[0]
np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), expected, rtol=1e-12)
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_doubles_stay_doubles(backend: str) -> None:
    pytest.importorskip(backend)
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]
