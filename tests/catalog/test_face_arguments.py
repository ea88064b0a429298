"""The arguments of faces against the signatures of the installed originals."""

from __future__ import annotations

import importlib.util
import inspect

import pytest
from support.peers import draws_of, original_of

from nos_sym.faces import Face, faces, rule_of_face

CALLED = tuple(face for face in faces() if not face.flags)
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@pytest.mark.heavy
@pytest.mark.parametrize("face", CALLED, ids=str)
def test_a_face_has_the_arguments_of_the_original(face: Face) -> None:
    if importlib.util.find_spec(face.name.split(".")[0]) is None:
        pytest.skip(f"{face.library} is not installed")
    signature = inspect.signature(original_of(face)).parameters.values()
    wanted = [p for p in signature if p.name != "params" and p.kind not in VARIABLE]
    assert [a.name for a in face.arguments] == [p.name for p in wanted]
    assert face.positional == sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in wanted)
    for argument, parameter in zip(face.arguments, wanted, strict=True):
        assert argument.required is (parameter.default is parameter.empty and not argument.only), (
            argument.name
        )
        assert argument.required or argument.default == parameter.default, argument.name


@pytest.mark.heavy
@pytest.mark.parametrize("face", [face for face in faces() if face.library == "torch"], ids=str)
def test_each_key_of_a_group_and_each_state_of_torch_is_known(face: Face) -> None:
    import torch

    weight = torch.nn.Parameter(torch.ones(3, 2))
    for draw in draws_of(face):
        optimizer = original_of(face)([weight], **draw)
        group = optimizer.param_groups[0]
        arguments = {argument.name for argument in face.arguments}
        assert set(group) - arguments - {"params"} == set(face.keys)
        assert all(group[key] in off for key, off in face.keys.items())
        weight.grad = torch.ones(3, 2)
        optimizer.step()
        names = {face.states.get(state.name, state.name) for state in rule_of_face(face).states}
        assert set(optimizer.state[weight]) - {"step"} <= names
