"""State dicts of originals that keep their states elsewhere than files do, and those that are refused."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.peers import draws_of, original_of, problem
from support.peers.originals import casts_taken_out, groups_of
from support.torch_faces import FACES, replacement

from nos_sym.faces import Face, face_named, rule_of_face

torch = pytest.importorskip("torch")

FAST = ("torch.optim.SGD", "torch.optim.Adafactor", "pytorch_optimizer.MADGRAD", "pytorch_optimizer.SM3")


@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    """Return the class of a file that replaces the original of a face."""

    return lambda face: replacement(face, tmp_path)


def original(name: str) -> Any:
    pytest.importorskip(name.partition(".")[0])
    return original_of(face_named(name))


def parameters(*values: Any) -> list[Any]:
    return [torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in values]


def run(weights: list[Any], optimizer: Any, first: int, count: int, scheduler: Any = None) -> list[Any]:
    """Make steps with gradients that depend on the number of the step alone; return the weights."""
    for step in range(first, first + count):
        for index, weight in enumerate(weights):
            rng = np.random.default_rng(100 * step + index)
            weight.grad = torch.tensor(rng.normal(size=tuple(weight.shape)))
        with casts_taken_out(type(optimizer)):
            optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return [w.detach().clone() for w in weights]


def taken_up(weights: list[Any], make: Any, saved: Any, **given: Any) -> tuple[list[Any], Any]:
    """Return copies of weights and their optimizer, which has loaded a state dict."""
    again = [torch.nn.Parameter(w.detach().clone()) for w in weights]
    optimizer = make(again, **given)
    optimizer.load_state_dict(copy.deepcopy(saved))
    return again, optimizer


def assert_same(found: list[Any], wanted: list[Any]) -> None:
    for x, y in zip(found, wanted, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-15)


@pytest.fixture(autouse=True)
def _double() -> Any:
    """Let originals whose states follow the default type keep them in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "face", [pytest.param(f, id=str(f), marks=() if str(f) in FAST else pytest.mark.heavy) for f in FACES]
)
def test_a_state_dict_that_lacks_what_the_rule_needs_is_refused(face: Face, rendered: Any) -> None:
    """Whatever of a file's own state dict is taken away: it goes on as it would, or says what it lacks."""
    make, draw = rendered(face), draws_of(face)[0]
    weights = parameters(*problem(face)[0])
    optimizer = make(groups_of(face, weights), **draw)
    run(weights, optimizer, 0, 2)
    saved = copy.deepcopy(optimizer.state_dict())
    begun = [w.detach().clone() for w in weights]
    wanted = run(weights, optimizer, 2, 2)
    refused = 0
    for key in [key for key, state in saved["state"].items() if isinstance(state, dict)]:
        for name in saved["state"][key]:
            spoiled = copy.deepcopy(saved)
            del spoiled["state"][key][name]
            again = parameters(*[w.tolist() for w in begun])
            loaded = make(groups_of(face, again), **draw)
            try:
                loaded.load_state_dict(spoiled)
            except ValueError as error:
                wrong = rf"Invalid state dict: parameter {key} has no \w+; load one of this file or of "
                assert re.match(wrong, str(error)) and str(error).endswith(str(face))
                assert not loaded.state  # refused before anything is changed
                refused += 1
            else:
                assert_same(run(again, loaded, 2, 2), wanted)
    assert refused >= len(rule_of_face(face).states) - len(face.saved.names)


@pytest.mark.parametrize("name", ["torch.optim.SGD", "pytorch_optimizer.AdaBound", "torch.optim.Adafactor"])
def test_the_state_dict_of_another_optimizer_is_refused(name: str, rendered: Any) -> None:
    """Where only names and shapes tell them apart, as after a change of the class."""
    weights = parameters([[1.0, 2.0], [3.0, 4.0]])
    other = torch.optim.Rprop(weights, lr=0.1)
    run(weights, other, 0, 1)
    saved = other.state_dict()
    loaded = rendered(face_named(name))(weights)
    with pytest.raises(ValueError, match=r"Invalid state dict: parameter 0 has no \w+; load one of this"):
        loaded.load_state_dict({**saved, "param_groups": loaded.state_dict()["param_groups"]})
    assert not loaded.state


def test_a_state_of_another_shape_is_refused(rendered: Any) -> None:
    weights = parameters([1.0, 2.0])
    make = rendered(face_named("torch.optim.AdamW"))
    optimizer = make(weights)
    run(weights, optimizer, 0, 1)
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0]["exp_avg"] = torch.zeros(())
    with pytest.raises(ValueError, match=r"exp_avg of parameter 0 has the shape \(\), not \(2,\); load one"):
        make(weights).load_state_dict(saved)


def test_hooks_see_what_the_original_saves(rendered: Any) -> None:
    """Those that change a state dict on its way, before and after."""
    face = face_named("pytorch_optimizer.SM3")
    weights = parameters([[1.0, 2.0], [3.0, 4.0]], [5.0])
    optimizer = rendered(face)(weights)
    run(weights, optimizer, 0, 2)
    seen: list[Any] = []
    optimizer.register_state_dict_post_hook(lambda _, saved: seen.append(saved))
    optimizer.register_load_state_dict_pre_hook(lambda _, saved: seen.append(saved))
    saved = optimizer.state_dict()
    optimizer.load_state_dict(saved)
    for one in seen:
        assert set(one["state"][0]) == {"step", "momentum_buffer", "accumulator_0", "accumulator_1"}
        assert set(one["state"][1]) == {"step", "momentum_buffer", "accumulator_0"}
        assert one["state"][1]["accumulator_0"].shape == (1,)
    assert len(seen) == 2
    assert set(saved["state"][1]) == {"step", "momentum_buffer", "accumulator_0"}  # not changed by loading


@pytest.mark.parametrize(
    "name", ["Prodigy", "ScheduleFreeAdamW", "MADGRAD", "AdaBound", "AdaFactor", "AggMo"]
)
def test_a_training_that_has_not_begun(name: str, rendered: Any) -> None:
    """A state dict of before the first step goes both ways as well."""
    qualified = f"pytorch_optimizer.{name}"
    face, theirs = face_named(qualified), original(qualified)
    mine = rendered(face)
    start = ([[1.0, -2.0], [0.5, 4.0]], [3.0])
    with casts_taken_out(theirs) as types:
        wanted = run(weights := parameters(*start), theirs(weights, **types), 0, 4)
        saved = theirs(parameters(*start), **types).state_dict()
        for given in (saved, mine(parameters(*start)).state_dict()):
            assert_same(run(*taken_up(parameters(*start), mine, given), 0, 4), wanted)
        given = mine(parameters(*start)).state_dict()
        assert_same(run(*taken_up(parameters(*start), theirs, given, **types), 0, 4), wanted)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_start_that_is_kept_only_with_momentum(momentum: float, rendered: Any) -> None:
    """Without it the original has no x0, and needs none; with it one that lacks it is refused."""
    name = "pytorch_optimizer.MADGRAD"
    theirs, mine = original(name), rendered(face_named(name))
    weights = parameters([1.0, -2.0])
    optimizer = theirs(weights, lr=0.1, momentum=momentum)
    run(weights, optimizer, 0, 3)
    saved = optimizer.state_dict()
    assert ("x0" in saved["state"][0]) == (momentum > 0)
    again, loaded = taken_up(weights, mine, saved)
    assert_same(run(again, loaded, 3, 3), run(weights, optimizer, 3, 3))
    assert loaded.state_dict()["state"]["k"].tolist() == [6]
    assert set(loaded.state) == set(again)  # and no count beside the parameters


def test_the_first_rate_is_that_of_the_constructor(rendered: Any) -> None:
    """Also where a warm-up changes it before the first step, and where a state dict does not have it."""
    name = "pytorch_optimizer.AdaBound"
    theirs, mine = original(name), rendered(face_named(name))

    def scheduled(make: Any) -> list[Any]:
        weights = parameters([1.0, -2.0], [0.1])
        optimizer = make(weights, lr=0.5, final_lr=0.2, gamma=0.3)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / 8)
        found = run(weights, optimizer, 0, 5, scheduler)
        again, loaded = taken_up(weights, make, optimizer.state_dict(), lr=0.5)
        return [*found, *run(again, loaded, 5, 5)]

    assert_same(scheduled(mine), scheduled(theirs))


def test_averages_for_evaluation(rendered: Any) -> None:
    """`eval` and `train` are the original's, and a state dict says which weights belong to it."""
    name = "pytorch_optimizer.ScheduleFreeAdamW"
    found = []
    for make in (rendered(face_named(name)), original(name)):
        weights = parameters([1.0, -2.0], [0.1])
        optimizer = make(weights, lr=0.1, betas=(0.8, 0.99))
        optimizer.eval()  # before the first step there is nothing to move
        optimizer.train()
        rows = run(weights, optimizer, 0, 4)
        optimizer.eval()
        optimizer.eval()
        rows += [w.detach().clone() for w in weights]
        saved = copy.deepcopy(optimizer.state_dict())
        assert saved["param_groups"][0]["train_mode"] is False
        for other in (rendered(face_named(name)), original(name)):
            again, loaded = taken_up(weights, other, saved)
            loaded.train()
            rows += run(again, loaded, 4, 2)
        optimizer.train()
        optimizer.train()
        found.append([*rows, *run(weights, optimizer, 4, 2)])
    assert_same(*found)


def test_momenta_of_equal_betas_are_not_those_of_the_original(rendered: Any) -> None:
    """It keeps them in a dictionary by beta, so that equal ones share a buffer; a file has one for each."""
    name = "pytorch_optimizer.AggMo"
    theirs, mine = original(name), rendered(face_named(name))
    weights = parameters([1.0, -2.0])
    optimizer = theirs(weights, betas=(0.5, 0.5, 0.9))
    run(weights, optimizer, 0, 2)
    with pytest.raises(
        ValueError, match="Invalid state dict: parameter 0 has no momentum1; load one of this"
    ):
        mine(weights).load_state_dict(optimizer.state_dict())
    own = mine(weights, betas=(0.5, 0.5, 0.9))
    run(weights, own, 0, 2)
    again, loaded = taken_up(weights, mine, own.state_dict())
    assert_same(run(again, loaded, 2, 2), run(weights, own, 2, 2))


def test_numbers_of_a_group_are_numbers(rendered: Any) -> None:
    """As the original has them, whose arithmetic with them stays on the host."""
    name = "pytorch_optimizer.Prodigy"
    weights = parameters([1.0, -2.0])
    kinds = []
    for make in (rendered(face_named(name)), original(name)):
        optimizer = make(weights)
        run(weights, optimizer, 0, 2)
        group = optimizer.state_dict()["param_groups"][0]
        kinds.append({key: type(group[key]) for key in ("step", "d", "d_max", "d_numerator")})
        assert group["step"] == 3 and group["d_numerator"].shape == (1,)
    assert kinds[0] == kinds[1]
    del group["d_numerator"]
    saved = optimizer.state_dict() | {"param_groups": [group]}
    with pytest.raises(ValueError, match="Invalid state dict: a group has no d_numerator; load one of this"):
        rendered(face_named(name))(weights).load_state_dict(saved)
