"""The rules of faces against the libraries' own optimizers, with parameters of three and more axes."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pytest
from support.peers import (
    OtherBackendError,
    deep_recording_of,
    deep_shapes_at,
    draws_of,
    run_original_deep,
    run_rule_deep,
)

from nos_sym.faces import Face, faces, rule_of_face

FACES = [face for face in faces() if 3 in face.ranks]
OF_AXES = re.compile(r"\b(rank|rows|cols|(row|col)_\w+|\w+_(axis|first|rest)|(orth|newton_schulz)\w*)\b")
"""Words of rules that see more of a parameter than its entries and how many they are."""
SEEING = [face for face in FACES if OF_AXES.search(str(rule_of_face(face)))]


@pytest.mark.parametrize(
    "face",
    [
        pytest.param(x, id=str(x), marks=() if x in SEEING and not x.flags else pytest.mark.heavy)
        for x in FACES
    ],
)
def test_a_rule_steps_kernels_as_the_original_did(face: Face) -> None:
    draw = draws_of(face)[0]
    assert_close(face, run_rule_deep(face, draw, deep_shapes_at(face, draw)), deep_recording_of(face))


def test_every_face_that_takes_kernels_is_recorded_with_some() -> None:
    assert [str(face) for face in FACES if deep_recording_of(face) is None] == []


@pytest.mark.heavy
@pytest.mark.parametrize("face", FACES, ids=str)
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # optax's, of what it still has
def test_the_original_still_steps_kernels_as_its_rule(face: Face) -> None:
    if importlib.util.find_spec(face.name.split(".")[0]) is None:
        pytest.skip(f"{face.library} is not installed")
    for draw in draws_of(face)[:2]:
        shapes = deep_shapes_at(face, draw)
        assert shapes, face
        try:
            weights = run_original_deep(face, draw, shapes)
        except OtherBackendError as error:
            pytest.skip(str(error))
        assert_close(face, run_rule_deep(face, draw, shapes), weights)


def test_what_is_not_stepped_alike_is_refused_by_the_original_or_by_the_file() -> None:
    """PyTorch's Muon refuses all but matrices itself."""
    others = {face.name for face in faces() if 3 not in face.ranks and not face.saved.axes}
    assert others == {"torch.optim.Muon"}


def assert_close(face: Face, found: object, wanted: object) -> None:
    np.testing.assert_allclose(
        found, wanted, rtol=face.precision, atol=face.precision / 1000, err_msg=str(face)
    )
