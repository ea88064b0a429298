"""The rules of faces against what the libraries' own optimizers computed."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from support.peers import OtherBackendError, draws_of, recordings_of, run_original, run_rule

from nos_sym.faces import Face, faces

FACES = faces()
DRAWS = 3


def runs() -> list[object]:
    """Return faces with each of their draws; the defaults are run always, and a quarter of the others."""
    every = ((face, index) for face in FACES for index in range(DRAWS))
    return [
        pytest.param(face, index, id=f"{face}#{index}", marks=[pytest.mark.heavy] if rest else [])
        for face, index in every
        for rest in (index > 0 and crc32(f"{face}#{index}".encode()) % 4 > 0,)
    ]


@pytest.mark.parametrize(("face", "index"), runs())
def test_a_rule_computes_what_the_original_computed(face: Face, index: int) -> None:
    recording = recordings_of(face)[index]
    assert_close(face, run_rule(face, recording.draw), recording.weights)


@pytest.mark.parametrize("face", FACES, ids=str)
def test_a_recording_has_three_draws_and_no_number_is_missing(face: Face) -> None:
    recordings = recordings_of(face)
    assert len(recordings) == DRAWS
    assert all(np.isfinite(recording.weights).all() for recording in recordings)


@pytest.mark.heavy
@pytest.mark.parametrize("face", FACES, ids=str)
def test_the_original_still_computes_what_was_recorded(face: Face) -> None:
    if importlib.util.find_spec(face.name.split(".")[0]) is None:
        pytest.skip(f"{face.library} is not installed")
    for draw, recording in zip(draws_of(face), recordings_of(face), strict=True):
        assert draw == recording.draw
        try:
            weights = run_original(face, draw)
        except OtherBackendError as error:
            pytest.skip(str(error))
        assert_close(face, weights, recording.weights)


@pytest.mark.heavy
def test_the_originals_of_keras_still_compute_what_was_recorded(repository: Path) -> None:
    if not (importlib.util.find_spec("keras") and importlib.util.find_spec("jax")):
        pytest.skip("keras or jax is not installed")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-rs",
        "-m",
        "heavy",
    ]
    run = subprocess.run(
        [*command, "-k", "original_still and keras.optimizers", __file__],
        env=os.environ | {"KERAS_BACKEND": "jax"}, cwd=repository,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout and " passed" in run.stdout, run.stdout


def assert_close(face: Face, found: object, wanted: object) -> None:
    np.testing.assert_allclose(found, wanted, rtol=face.precision, atol=face.precision / 1000)


def test_a_precision_that_is_not_rounding_has_a_reason() -> None:
    assert [str(face) for face in FACES if (face.precision > 1e-9) != bool(face.because)] == []
