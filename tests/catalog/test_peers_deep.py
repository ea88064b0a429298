"""The rules of faces against the libraries' own optimizers, with parameters of three and more axes."""

from __future__ import annotations

import importlib.util

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

from nos_sym.faces import Face, faces

FACES = [face for face in faces() if 3 in face.ranks]


@pytest.mark.parametrize("library", sorted({face.library for face in FACES}))
def test_rules_step_kernels_as_the_originals_did(library: str) -> None:
    for face in (face for face in FACES if face.library == library):
        draw = draws_of(face)[0]
        recorded = deep_recording_of(face)
        assert recorded is not None, face
        assert_close(face, run_rule_deep(face, draw, deep_shapes_at(face, draw)), recorded)


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
