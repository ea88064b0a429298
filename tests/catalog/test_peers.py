"""The rules of faces against what the libraries' own optimizers computed."""

from __future__ import annotations

import importlib.util
import zlib

import numpy as np
import pytest
from support.peers import draws_of, recordings_of, run_original, run_rule

from nos_sym.faces import Face, faces

FACES = faces()
EVERY, DEFAULTS = (0, 1, 2), (0,)
"""Draws that are checked fast: of a quarter of the faces, and of the others."""


def is_whole(face: Face) -> bool:
    """Return whether a face is one of the quarter whose draws are all checked fast."""
    return zlib.crc32(str(face).encode()) % 4 == 0


@pytest.mark.parametrize("face", FACES, ids=str)
def test_a_rule_computes_what_the_original_computed(face: Face) -> None:
    recordings = recordings_of(face)
    assert len(recordings) == 3
    for index in EVERY if is_whole(face) else DEFAULTS:
        assert_close(face, run_rule(face, recordings[index].draw), recordings[index].weights)


@pytest.mark.heavy
@pytest.mark.parametrize("face", [face for face in FACES if not is_whole(face)], ids=str)
def test_a_rule_computes_what_the_original_computed_at_other_draws(face: Face) -> None:
    for recording in recordings_of(face)[1:]:
        assert_close(face, run_rule(face, recording.draw), recording.weights)


@pytest.mark.heavy
@pytest.mark.parametrize("face", FACES, ids=str)
def test_the_original_still_computes_what_was_recorded(face: Face) -> None:
    if importlib.util.find_spec(face.name.split(".")[0]) is None:
        pytest.skip(f"{face.library} is not installed")
    for draw, recording in zip(draws_of(face), recordings_of(face), strict=True):
        assert draw == recording.draw
        assert_close(face, run_original(face, draw), recording.weights)


def assert_close(face: Face, found: object, wanted: object) -> None:
    np.testing.assert_allclose(found, wanted, rtol=face.precision, atol=face.precision / 1000)


def test_a_precision_that_is_not_rounding_has_a_reason() -> None:
    assert [str(face) for face in FACES if (face.precision > 1e-9) != bool(face.because)] == []
