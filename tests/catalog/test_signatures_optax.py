"""The arguments of optax' faces are those of the installed library, in its order and with its defaults."""

from __future__ import annotations

import inspect

import pytest
from support.peers import original_of

from nos_sym.faces import Face, faces

FACES = [face for face in faces() if face.library == "optax"]
NOT_LITERAL = {"clip_value_fn", "dtype_momentum"}
"""Arguments whose defaults are a function and a type."""


@pytest.mark.heavy
@pytest.mark.parametrize("face", FACES, ids=str)
def test_arguments_are_those_of_the_library(face: Face) -> None:
    pytest.importorskip("optax")
    parameters = inspect.signature(original_of(face)).parameters
    assert [a.name for a in face.arguments] == list(parameters)
    by_position = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert face.positional == len(by_position)
    for argument in face.arguments:
        default = parameters[argument.name].default
        if argument.name not in {*face.flags, *NOT_LITERAL}:
            assert argument.required == (default is inspect.Parameter.empty)
            assert argument.required or argument.default == default


def test_all_of_the_library_count_the_steps_of_the_optimizer() -> None:
    assert {face.counts for face in FACES} == {"optimizer"}
    assert len({face.name for face in FACES}) == 40
