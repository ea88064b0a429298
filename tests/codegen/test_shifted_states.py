"""States of rendered torch and optax files that are what something else was before the step."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from support import harness
from support.harness import problem, run_backend, run_numpy, run_torch
from support.shifted_states import SHIFTED, random_shifts, shifted_problem

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

FILES = ("torch", "minimal", "optax")


def check(file: str, seed: int, folder: Path, steps: int) -> None:
    rule, given = random_shifts(random.Random(seed)), shifted_problem(seed, steps)
    if file == "minimal":
        pytest.importorskip("torch")
        with mock.patch.object(harness, "render", partial(render, minimal=True)):
            found = run_torch(rule, given, folder, "float64")
    else:
        found = run_backend(file, rule, given, folder, "float64")
    wanted = run_numpy(rule, given)
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12, err_msg=str(rule))


@pytest.mark.parametrize("seed", range(5))
def test_random_shifts(seed: int, tmp_path: Path) -> None:
    check("torch", seed, tmp_path, 4)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(100, 200))
@pytest.mark.parametrize("file", FILES)
def test_many_random_shifts(file: str, seed: int, tmp_path: Path) -> None:
    check(file, seed, tmp_path, 8)


@pytest.mark.parametrize("backend", ["torch", "optax"])
@pytest.mark.parametrize("text", SHIFTED)
def test_a_state_keeps_what_another_was_before_the_step(backend: str, text: str, tmp_path: Path) -> None:
    given = problem(5, 3, (3, 2))
    rule = parse(text)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("shape", [(), (4,)])
@pytest.mark.parametrize("backend", ["torch", "optax"])
@pytest.mark.parametrize(
    "name",
    [
        *("row_mean", "row_sum", "row_max", "col_mean", "col_sum", "col_max"),
        *("mean_rest", "largest_rest", "mean_first", "largest_first"),
    ],
)
def test_what_has_no_rows_or_columns_is_kept_as_it_was(
    name: str, backend: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    """Its mean is the tensor itself, which the step then overwrites."""
    kind = {"r": ": row", "c": ": col"}.get(name[0], "")
    rule = parse(f"{{ state a{kind}; y = a; a <- {name}(w); w <- w - lr * (g + y) }}")
    given = problem(4, 3, shape)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-10, atol=1e-13)
