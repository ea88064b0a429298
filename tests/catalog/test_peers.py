"""The rules of faces against what the libraries' own optimizers computed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from support.peers import OtherBackendError, draws_of, recordings_of, run_original, run_rule

from nos_sym.faces import Face, faces

FACES = faces()
LONG = [face for face in FACES if face.class_name.lower() == "muon" and face.flags]
"""Variants whose steps orthogonalize, which takes seconds; the same originals without flags are fast."""
WHOLE = 1
"""The draw in which no setting is 0: at the defaults decays and mixtures are, so that entries look alike."""


@pytest.mark.parametrize(
    ("face", "index"),
    [
        pytest.param(
            face,
            index,
            id=f"{face}, {index}",
            marks=() if index == WHOLE and face not in LONG else pytest.mark.heavy,
        )
        for face in FACES
        for index in range(3)
    ],
)
def test_a_rule_computes_what_the_original_computed(face: Face, index: int) -> None:
    recording = recordings_of(face)[index]
    assert_close(face, run_rule(face, recording.draw), recording.weights)


def test_every_face_is_recorded_at_its_defaults_and_two_other_draws() -> None:
    assert [str(face) for face in FACES if len(recordings_of(face)) != 3] == []


@pytest.mark.heavy
@pytest.mark.parametrize("face", FACES, ids=str)
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # optax's, of what it still has
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


def assert_close(face: Face, found: object, wanted: object) -> None:
    np.testing.assert_allclose(found, wanted, rtol=face.precision, atol=face.precision / 1000)


def test_a_precision_that_is_not_rounding_has_a_reason() -> None:
    assert [str(face) for face in FACES if (face.precision > 1e-9) != bool(face.because)] == []
