"""State dicts that a file cannot go on from, and groups and weights that its original treats otherwise."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from support.harness import load
from support.runtime_files import assert_same

import nos_sym
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, faces, rule_of_face

torch = pytest.importorskip("torch")


def made(name: str, folder: Path, *shapes: tuple[int, ...], **given: Any) -> tuple[Any, list[Any], Any]:
    """Return the class of a file, and an optimizer of it that has made two steps."""
    face = face_named(name)
    make = getattr(load(render(rule_of_face(face), "torch", face=face), folder), face.class_name)
    weights = [torch.nn.Parameter(torch.ones(shape)) for shape in shapes or ((3, 4),)]
    optimizer = make(weights, **given)
    for step in range(2):
        for weight in weights:
            weight.grad = torch.full_like(weight, 0.5 - step)
        optimizer.step()
    return make, weights, optimizer


def refused(make: Any, saved: Any, says: str, **given: Any) -> None:
    """The state dict is refused in one line, and nothing is changed."""
    weights = [torch.nn.Parameter(torch.ones(3, 4))]
    optimizer = make(weights, **given)
    weights[0].grad = torch.ones(3, 4)
    optimizer.step()
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ValueError, match=rf"\AInvalid state dict: {says}; load one of [^\n]*\Z"):
        optimizer.load_state_dict(saved)
    assert_same(optimizer.state_dict(), before)
    optimizer.step()


SPOILED: list[tuple[str, str, Any, str]] = [
    ("torch.optim.Adam", "step", torch.ones(2), r"step of parameter 0 has the shape \(2,\), not \(\)"),
    ("torch.optim.Adam", "exp_avg", {"a": 1}, "exp_avg of parameter 0 is a dict, not a tensor"),
    ("torch.optim.Adam", "max_exp_avg_sq", torch.ones(3, 4), "max_exp_avg_sq of .* is no state of this rule"),
    ("torch.optim.NAdam", "mu_product", torch.ones(2), r"mu_product .* has the shape \(2,\), not \(\)"),
    ("torch.optim.ASGD", "eta", torch.ones(2), r"eta of parameter 0 has the shape \(2,\), not \(\)"),
    ("torch.optim.Adafactor", "row_var", torch.ones(5, 1), r"row_var .* shape \(5, 1\), not \(3, 1\)"),
    ("torch.optim.Adafactor", "col_var", "text", "col_var of parameter 0 is a str, not a tensor"),
    ("pytorch_optimizer.CAME", "exp_avg_sq_row", torch.ones(5), r"exp_avg_sq_row .* \(5,\), not \(3,\)"),
    ("pytorch_optimizer.AggMo", "momentum_buffer", torch.ones(3), "momentum_buffer of .* is no dict"),
]


@pytest.mark.parametrize(("name", "state", "wrong", "says"), SPOILED)
def test_states_of_another_kind(name: str, state: str, wrong: Any, says: str, tmp_path: Path) -> None:
    make, _, optimizer = made(name, tmp_path)
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0][state] = wrong
    refused(make, saved, says)


def test_groups_and_dicts_that_lack_something(tmp_path: Path) -> None:
    make, _, optimizer = made("torch.optim.RMSprop", tmp_path)
    saved = optimizer.state_dict()
    for key in ("lr", "momentum"):
        group = {name: value for name, value in saved["param_groups"][0].items() if name != key}
        refused(make, {**saved, "param_groups": [group]}, f"a group has no {key}")
    refused(make, {}, "it has no dict state")
    refused(make, {"state": {}}, "it has no list param_groups")
    refused(make, {"state": {}, "param_groups": [{}]}, "a group has no params")
    refused(make, {**saved, "state": {0: torch.ones(2)}}, "the state of parameter 0 is no dict")


def test_another_number_of_betas(tmp_path: Path) -> None:
    make, _, optimizer = made("torch.optim.AdamW", tmp_path)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["betas"] = (0.9, 0.99, 0.999)
    with pytest.raises(
        ValueError, match=r"\AInvalid betas: \(0.9, 0.99, 0.999\), not 2 numbers in \[0, 1\): beta1, beta2\Z"
    ):
        optimizer.load_state_dict(saved)
    for betas in (None, 0.9, "ab"):
        saved["param_groups"][0]["betas"] = betas
        refused(make, saved, f"betas of a group are {betas!r}, not a tuple")


def test_older_dicts_lack_options(tmp_path: Path) -> None:
    """Those that PyTorch came to have later get their defaults."""
    make, weights, optimizer = made("torch.optim.Adam", tmp_path)
    saved = copy.deepcopy(optimizer.state_dict())
    later = ("foreach", "capturable", "fused", "differentiable", "maximize", "decoupled_weight_decay")
    for key in later:
        del saved["param_groups"][0][key]
    saved["state"][0]["step"] = 2  # a number before version 1.12
    loaded = make(weights)
    loaded.load_state_dict(saved)
    assert loaded.param_groups[0]["capturable"] is False
    assert loaded.state[weights[0]]["step"] == 2


def test_ascent_is_that_of_the_constructor_where_it_is_the_originals(tmp_path: Path) -> None:
    make, weights, optimizer = made("pytorch_optimizer.Lion", tmp_path, maximize=True)
    with pytest.raises(ValueError, match="Invalid maximize: True, not False, which holds for all groups"):
        make([{"params": weights, "maximize": True}])
    make([{"params": weights, "maximize": True}], maximize=True)
    descending = make(weights)
    descending.load_state_dict(optimizer.state_dict())
    assert descending.param_groups[0]["maximize"] is False
    other, weights, _ = made("torch.optim.SGD", tmp_path)
    assert other([{"params": weights, "maximize": True}]).param_groups[0]["maximize"] is True


def test_tensors_of_more_axes_than_the_rule_has_states_for(tmp_path: Path) -> None:
    make, weights, optimizer = made("pytorch_optimizer.SM3", tmp_path)
    wide = torch.nn.Parameter(torch.ones(2, 3, 4))
    for add in (lambda: make([wide]), lambda: optimizer.add_param_group({"params": [wide]})):
        with pytest.raises(ValueError, match="Invalid params: a tensor of 3 axes; the original has states"):
            add()
    assert len(optimizer.param_groups) == 1
    weights[0].grad = torch.ones(3, 4)
    optimizer.step()


def test_every_face_is_rendered() -> None:
    """Also where a setting has a name that a file could have had itself, as `partial`."""
    found = [face for face in faces() if face.library == "pytorch_optimizer"]
    assert len({face.name for face in found}) == 37
    for name in ("pytorch_optimizer.PAdam", "pytorch_optimizer.PAdam(weight_decouple=True)"):
        face = face_named(name)
        for options in ({}, {"fused": False}, {"minimal": True}):
            given = options if "minimal" in options else {**options, "face": face}
            assert "class PAdam" in render(rule_of_face(face), "torch", **given)


@pytest.mark.parametrize("betas", [(0.9, "x"), "ab", ((0.9, 0.9), 0.9), (0.9, None), (0.9, 1j)])
@pytest.mark.parametrize("name", ["Adam", "torch.optim.AdamW"])
def test_betas_that_are_no_numbers_are_refused_in_a_line(name: str, betas: object) -> None:
    weights = [torch.nn.Parameter(torch.ones(2))]
    with pytest.raises(ValueError, match=r"\AInvalid betas: .*, not 2 numbers in \[0, 1\): [^\n]*\Z"):
        nos_sym.optimizer(name)(weights, lr=0.1, betas=betas)
