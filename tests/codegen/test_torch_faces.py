"""Rendered files of faces of PyTorch beside the originals: signatures, state dicts, keys of groups."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.peers import draws_of, original_of, problem
from support.peers.originals import casts_taken_out, groups_of
from support.torch_faces import FACES, replacement

from nos_sym.errors import CatalogError
from nos_sym.faces import Face, Use, face_named

torch = pytest.importorskip("torch")

STEPS = 6
FAST = ("torch.optim.SGD", "torch.optim.AdamW", "torch.optim.Adafactor", "pytorch_optimizer.AdaBelief")
"""What the fast tests render; the others are as many again in the heavy ones."""
STAND_INS = {
    "pytorch_optimizer.ADOPT": ("clip_lambda",),  # a function, which no table says
    "pytorch_optimizer.AdaFactor": ("momentum_dtype",),  # bfloat16, to which rendered files do not cast
}
"""Arguments whose default is another value than the original's, which stands for what the file does."""
OTHER_ASCENT = ("pytorch_optimizer.Adan",)
"""Originals whose ascent is no descent on the negated gradient: a state of Adan is made before that."""


def parameters_of(chosen: list[Face]) -> list[Any]:
    return [
        pytest.param(face, id=str(face), marks=() if str(face) in FAST else pytest.mark.heavy)
        for face in chosen
    ]


@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    """Return the class of a file that replaces the original of a face."""

    return lambda face: replacement(face, tmp_path)


def original(face: Face) -> Any:
    pytest.importorskip(face.name.partition(".")[0])
    return original_of(face)


def start(make: Any, face: Face, draw: dict[str, Any]) -> tuple[list[Any], Any]:
    weights, _ = problem(face)
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    return parameters, make(groups_of(face, parameters), **draw)


def started(make: Any, face: Face, draw: dict[str, Any]) -> tuple[list[Any], Any]:
    """Return parameters and their optimizer; an original keeps its states without casts to narrower types."""
    with casts_taken_out(make) as types:
        return start(make, face, draw | types)


def run(parameters: list[Any], optimizer: Any, face: Face, first: int, count: int = STEPS) -> list[Any]:
    _, gradients = problem(face)
    for row in gradients[first : first + count]:
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = torch.tensor(gradient)
        with casts_taken_out(type(optimizer)):
            optimizer.step()
    return [p.detach().numpy().copy() for p in parameters]


def gone(make: Any, face: Face, draw: dict[str, Any]) -> list[Any]:
    """Return the weights after some steps, of an original without its casts to narrower types."""
    with casts_taken_out(make) as types:
        return run(*start(make, face, draw | types), face, 0)


def assert_same(found: list[Any], wanted: list[Any], bound: float) -> None:
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound / 1000)


@pytest.fixture(autouse=True)
def _double() -> Any:
    """Let originals whose states follow the default type keep them in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("face", parameters_of(FACES))
def test_the_signature_is_the_originals(face: Face, rendered: Any) -> None:
    wanted = dict(inspect.signature(original(face)).parameters)
    found = dict(inspect.signature(rendered(face)).parameters)
    wanted.pop("kwargs", None)
    assert list(found)[: len(wanted)] == list(wanted)
    flags = dict(face.flags)
    for name, parameter in wanted.items():
        assert found[name].kind == parameter.kind, name
        if name in STAND_INS.get(face.name, ()):
            assert found[name].default != parameter.default  # or it is no exception
        else:
            assert found[name].default == flags.get(name, parameter.default), name
    assert all(p.kind is p.KEYWORD_ONLY for p in list(found.values())[len(wanted) :])


@pytest.mark.parametrize("face", parameters_of(FACES))
def test_a_rendered_file_goes_where_the_original_goes(face: Face, rendered: Any) -> None:
    bound = max(face.precision, 1e-12 if not face.because else 0)
    for draw in draws_of(face)[:2]:
        assert_same(gone(rendered(face), face, draw), gone(original(face), face, draw), bound)


@pytest.mark.parametrize("face", parameters_of(FACES))
def test_options_are_the_originals(face: Face, rendered: Any) -> None:
    """Ascent is the original's, and `foreach` changes nothing."""
    given = {a.name for a in face.arguments if a.use is Use.OPTION}
    draw = draws_of(face)[1]
    bound = max(face.precision, 1e-12 if not face.because else 0)
    options = {"maximize": True} if "maximize" in given and face.name not in OTHER_ASCENT else {}
    options |= {"foreach": False} if "foreach" in given else {}
    wanted = gone(original(face), face, draw | options)
    assert_same(gone(rendered(face), face, draw | options), wanted, bound)
    if "foreach" in given:
        assert_same(gone(rendered(face), face, draw | options | {"foreach": None}), wanted, bound)


@pytest.mark.parametrize("face", parameters_of(FACES))
def test_state_dicts_go_on_in_both_directions(face: Face, rendered: Any) -> None:
    mine, theirs = rendered(face), original(face)
    given = face.library != "torch"  # whose originals keep some options beside their groups
    for draw in draws_of(face)[:2]:
        for begun, other in [(mine, theirs), (theirs, mine), (mine, mine)]:
            parameters, optimizer = started(begun, face, draw)
            run(parameters, optimizer, face, 0)
            saved = copy.deepcopy(optimizer.state_dict())
            again, loaded = started(other, face, draw if given else {})
            with torch.no_grad():
                for x, y in zip(again, parameters, strict=True):
                    x.copy_(y)
            loaded.load_state_dict(saved)
            wanted = run(parameters, optimizer, face, STEPS)
            found = run(again, loaded, face, STEPS)
            assert_same(found, wanted, max(face.precision / 1000, 1e-12))


def test_the_count_of_a_group_is_that_of_its_parameters(rendered: Any) -> None:
    """Where the original counts in the group, also after its dict was loaded and more steps were made."""
    face = face_named("pytorch_optimizer.AdaBelief")
    mine, draw = rendered(face), draws_of(face)[0]
    parameters, theirs = start(original(face), face, draw)
    run(parameters, theirs, face, 0, 2)
    again, loaded = start(mine, face, draw)
    loaded.load_state_dict(theirs.state_dict())
    assert {int(state["step"]) for state in loaded.state.values()} == {2}
    run(again, loaded, face, 2, 3)
    assert loaded.state_dict()["param_groups"][0]["step"] == 5
    assert mine(again, **draw).state_dict()["param_groups"][0]["step"] == 0


@pytest.mark.parametrize("face", parameters_of(FACES))
def test_keys_of_groups(face: Face, rendered: Any) -> None:
    make = rendered(face)
    draw = draws_of(face)[0]
    weight = torch.nn.Parameter(torch.zeros(2, 2))
    group = {"params": [weight], "initial_lr": 0.3, "max_lr": 2, "name": "layer", "param_names": ["w"]}
    optimizer = make([group | {"param_names": ["w"]}], **draw)
    again = make([torch.nn.Parameter(torch.zeros(2, 2))], **draw)
    again.load_state_dict(optimizer.state_dict())
    kept = again.param_groups[0]
    assert (kept["initial_lr"], kept["max_lr"], kept["name"]) == (0.3, 2, "layer")
    for argument in face.arguments:
        if argument.use is Use.ONLY:
            wrong = "a text" if True in argument.only else True
            message = f"Invalid {argument.name}: {wrong!r}, not "
            with pytest.raises(ValueError, match=message):
                make([weight], **{**draw, argument.name: wrong})
            with pytest.raises(ValueError, match=message):
                make([{"params": [weight], argument.name: wrong}], **draw)
            spoiled = optimizer.state_dict()
            spoiled["param_groups"][0] |= {argument.name: wrong}
            with pytest.raises(ValueError, match=message):
                again.load_state_dict(spoiled)


def test_arguments_as_the_originals_take_them(rendered: Any) -> None:
    face = face_named("torch.optim.Adam")
    make, (weights, _) = rendered(face), problem(face)
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = make(parameters, torch.tensor(0.1), (0.8, 0.9), 1e-3, 0.1, False)
    same = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    wanted = torch.optim.Adam(same, torch.tensor(0.1), (0.8, 0.9), 1e-3, 0.1, False, foreach=False)
    assert_same(run(parameters, optimizer, face, 0), run(same, wanted, face, 0), 1e-12)


@pytest.mark.parametrize("mode", [{}, {"foreach": False}, {"fused": True}], ids=str)
def test_a_parameter_that_is_listed_twice_is_moved_twice(rendered: Any, mode: dict[str, bool]) -> None:
    """One step after the other, as PyTorch's loop over single tensors; its `foreach` does something else."""
    found = []
    for make, given in (
        (torch.optim.AdamW, {"foreach": False}),
        (rendered(face_named("torch.optim.AdamW")), mode),
    ):
        weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = make([weight, weight], lr=0.1, **given)
        for gradient in ((0.3, -0.2), (0.1, 0.4)):
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
        assert optimizer.state[weight]["step"] == 4
        found.append(weight.detach().clone())
    torch.testing.assert_close(*found, rtol=1e-12, atol=0)


def test_flags_of_all_kinds(rendered: Any) -> None:
    """What is equal to the value that the file is about is taken for it, as PyTorch does; no other is."""
    make, weight = rendered(face_named("torch.optim.AdamW")), torch.nn.Parameter(torch.zeros(2))
    for same in (False, 0, 0.0, np.bool_(False)):
        assert not make([weight], amsgrad=same).param_groups[0]["amsgrad"]
    for other in (True, 1, 2, "True", "", None):
        with pytest.raises(ValueError, match=rf"\AInvalid amsgrad: {other!r}, not False; nos-sym render "):
            make([weight], amsgrad=other)


def test_names_that_are_not_known() -> None:
    with pytest.raises(CatalogError, match=r"did you mean 'torch\.optim\.Adam'"):
        face_named("torch.optim.Adm")
    with pytest.raises(CatalogError, match="has no flag 'lr'; expected one of amsgrad"):
        face_named("torch.optim.Adam(lr=1)")
    with pytest.raises(CatalogError, match="is no flag; expected, for example, 'amsgrad=True'"):
        face_named("torch.optim.Adam(amsgrad)")
    with pytest.raises(CatalogError, match="the flag 'amsgrad' is given twice; expected it once"):
        face_named("torch.optim.Adam(amsgrad=True, amsgrad=False)")
    with pytest.raises(
        CatalogError, match="is not among the optimizers of libraries here; nos-sym list keras shows"
    ):
        face_named("keras.optimizers.LossScaleOptimizer")
