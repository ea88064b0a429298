"""States of rendered Keras and TensorFlow files that are what something else was before the step."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from support.harness import problem, run_backend, run_numpy
from support.keras_backend import CHOSEN, TARGETS
from support.shifted_states import SHIFTED, random_shifts, shifted_problem

from nos_sym.language.parser import parse

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
