"""The tests of rendered Keras files on PyTorch and JAX: Keras chooses its backend at its import."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = (
    "test_keras_agreement.py",
    "test_keras_behaviors.py",
    "test_keras_faces.py",
    "test_keras_optimizer.py",
    "test_keras_schedules.py",
    "test_keras_settings.py",
    "test_keras_sparse.py",
    "test_keras_states.py",
    "test_orth_rendering.py",
)
SHORT = (
    "guards or hold or xla or callback or dropout or continues or accumulation or base or cycle"
    " or test_keras_settings"
)
"""What is run always; on JAX, which compiles each tensor's update, the catalog is left to heavy tests."""


# Each runs many tests in a process of its own; under load, 42 seconds in torch and over 60 in JAX.
@pytest.mark.parametrize(
    ("backend", "selection", "mark"),
    [
        pytest.param("torch", f"catalog or {SHORT}", "not heavy", marks=pytest.mark.timeout(180)),
        pytest.param("torch", f"not (catalog or {SHORT})", "not heavy", marks=pytest.mark.heavy),
        pytest.param("torch", "shifts", "heavy", marks=pytest.mark.heavy),
        pytest.param("jax", SHORT, "not heavy", marks=pytest.mark.timeout(180)),
        pytest.param("jax", f"not ({SHORT})", "not heavy", marks=pytest.mark.heavy),
        pytest.param("jax", "shifts", "heavy", marks=pytest.mark.heavy),
        pytest.param("jax", "test_keras_faces", "heavy", marks=pytest.mark.heavy),
    ],
)
def test_on_backend(backend: str, selection: str, mark: str, repository: Path) -> None:
    if not (importlib.util.find_spec("keras") and importlib.util.find_spec(backend)):
        if os.environ.get("NOS_SYM_REQUIRE_BACKENDS") == "1":
            pytest.fail(f"keras and {backend} are required here")
        pytest.skip(f"keras or {backend} is not installed")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-rs"]
    files = [str(repository / "tests" / "codegen" / name) for name in FILES]
    run = subprocess.run(
        [*command, "-k", selection, "-m", mark, *files],
        env=os.environ | {"KERAS_BACKEND": backend}, cwd=repository,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout and " passed" in run.stdout, run.stdout
