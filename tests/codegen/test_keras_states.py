"""States of rendered Keras and TensorFlow files that are what something else was before the step."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import numpy as np
import pytest
from support.harness import load, problem, run_backend, run_numpy
from support.keras_backend import CHOSEN, TARGETS, keras
from support.shifted_states import SHIFTED, random_shifts, shifted_problem

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.program.parameters import Parameters

# JAX has doubles as an option only.
DTYPE, RELATIVE, ABSOLUTE = ("float32", 1e-4, 1e-5) if CHOSEN == "jax" else ("float64", 1e-10, 1e-13)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", SHIFTED)
def test_a_state_holds_what_another_was_before_the_step(target: str, text: str, tmp_path: Path) -> None:
    given = problem(5, 3, (3, 2))
    rule = parse(text)
    found = run_backend(target, rule, given, tmp_path, DTYPE)
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=RELATIVE, atol=ABSOLUTE)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.heavy) for s in range(100, 200))])
def test_random_shifts(seed: int, target: str, tmp_path: Path) -> None:
    rule, given = random_shifts(random.Random(seed)), shifted_problem(seed, 8)
    found = run_backend(target, rule, given, tmp_path, DTYPE)
    wanted = run_numpy(rule, given, DTYPE)
    np.testing.assert_allclose(found, wanted, rtol=RELATIVE, atol=ABSOLUTE, err_msg=str(rule))


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("target", TARGETS)
def test_a_decay_holds_for_a_variable_whose_gradients_begin_late(
    target: str, missing: bool, tmp_path: Path
) -> None:
    """Keras leaves out a variable without a gradient, which misses no step of a decay by that."""
    rule = parse("Late = none ~ [a1] ema(g, 0.9) + [remaining] g / (1 + abs(w))")
    variables = [keras.Variable(np.ones(2, "float32")) for _ in range(2)]
    optimizer = load(render(rule, target), tmp_path).Late(0.5, total_steps=5)
    optimizer.build(variables)
    running, weights = Parameters(rule, [(2,), (2,)], total_steps=5), [np.ones(2)] * 2
    for step in range(4):
        given = [np.ones(2), None if missing and step < 2 else np.full(2, float(step > 1))]
        weights = running.apply(weights, given, 0.5)
        gradients = [None if g is None else keras.ops.convert_to_tensor(g, "float32") for g in given]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Gradients do not exist")
            optimizer.apply(gradients, variables)
        found = [keras.ops.convert_to_numpy(x.value) for x in variables]
        np.testing.assert_allclose(found, weights, rtol=1e-5)
