"""The arguments of faces against the signatures of the installed originals."""

from __future__ import annotations

import importlib
import importlib.util
import inspect

import pytest

from nos_sym.faces import Face, faces

CALLED = tuple(face for face in faces() if not face.flags)
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@pytest.mark.heavy
@pytest.mark.parametrize("face", CALLED, ids=str)
def test_a_face_has_the_arguments_of_the_original(face: Face) -> None:
    if importlib.util.find_spec(face.name.split(".")[0]) is None:
        pytest.skip(f"{face.library} is not installed")
    module, _, name = face.name.rpartition(".")
    original = getattr(importlib.import_module(module), name)
    signature = inspect.signature(original).parameters.values()
    wanted = [p for p in signature if p.name != "params" and p.kind not in VARIABLE]
    assert [a.name for a in face.arguments] == [p.name for p in wanted]
    assert face.positional == sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in wanted)
    for argument, parameter in zip(face.arguments, wanted, strict=True):
        assert argument.required is (parameter.default is parameter.empty and not argument.only), (
            argument.name
        )
        assert argument.required or argument.default == parameter.default, argument.name
