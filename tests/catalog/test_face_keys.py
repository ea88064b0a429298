"""Keys of groups, states and counts of steps in faces against the installed originals."""

from __future__ import annotations

import pytest
from support.peers import draws_of, original_of

from nos_sym.faces import Face, faces, rule_of_face


@pytest.mark.heavy
@pytest.mark.parametrize("face", [face for face in faces() if face.library == "torch"], ids=str)
def test_each_key_of_a_group_and_each_state_of_torch_is_known(face: Face) -> None:
    torch = pytest.importorskip("torch")
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


def test_all_of_optax_count_the_steps_of_the_optimizer() -> None:
    found = [face for face in faces() if face.library == "optax"]
    assert {face.counts for face in found} == {"optimizer"}
    assert len({face.name for face in found}) == 40
