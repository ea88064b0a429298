"""What the originals computed, as it is recorded."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.peers import recordings_of

from nos_sym.faces import faces


def test_no_number_of_a_recording_is_missing() -> None:
    without = [str(f) for f in faces() if not all(np.isfinite(r.weights).all() for r in recordings_of(f))]
    assert without == []


@pytest.mark.heavy
def test_the_originals_of_keras_still_compute_what_was_recorded(repository: Path) -> None:
    """Keras chooses its backend at its import, so that they run in a process of their own."""
    if not (importlib.util.find_spec("keras") and importlib.util.find_spec("jax")):
        pytest.skip("keras or jax is not installed")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-rs"]
    run = subprocess.run(
        [*command, "-m", "heavy", "-k", "original_still and keras.", "tests/catalog/test_peers.py"],
        env=os.environ | {"KERAS_BACKEND": "jax"}, cwd=repository,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout and " passed" in run.stdout, run.stdout
