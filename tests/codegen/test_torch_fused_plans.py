"""A compiled step that repeats what the last one found is, bit for bit, one that looks at everything anew."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.step_changes import (
    CHANGES,
    SQUARE_CHANGES,
    fresh_steps,
    gradients,
    params,
    repeats,
    state,
    weights,
    without,
)

from nos_sym import catalog
from nos_sym.codegen.render import render

EXACT = {"rtol": 0, "atol": 0, "equal_nan": True}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def adam(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(render(catalog.entry("Adam"), "torch"), tmp_path_factory.mktemp("adam"))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_steps_is_seen(change: str, adam: Any) -> None:
    apply, holds = CHANGES[change]
    one, other = (adam.Adam(weights(), lr=0.1, fused=True) for _ in range(2))
    for seed in range(2):
        for optimizer in (one, other):
            gradients(optimizer, seed)
        assert repeats(one) == (seed > 0)
        fresh_steps(other)
    for optimizer in (one, other):
        gradients(optimizer, 2)
        apply(optimizer)
    assert repeats(one) == holds
    fresh_steps(other)
    for seed in (3, 4):
        for optimizer in (one, other):
            gradients(optimizer, seed)
        one.step()
        fresh_steps(other)
    for x, y in zip(params(one), params(other), strict=True):
        torch.testing.assert_close(x, y, **EXACT)
        assert set(one.state[x]) == set(other.state[y])
        for key, value in one.state[x].items():
            torch.testing.assert_close(value, other.state[y][key], **EXACT)


@pytest.mark.parametrize("change", SQUARE_CHANGES)
def test_a_change_of_what_has_the_same_size_is_seen(change: str, adam: Any) -> None:
    dtype = torch.float16 if change == "type" else torch.float32
    made = [[torch.nn.Parameter(torch.full((3, 3), 2.0, dtype=dtype)) for _ in range(3)] for _ in range(2)]
    one, other = (adam.Adam(given, lr=0.125, fused=True) for given in made)
    for step in range(3):
        for optimizer in (one, other):
            gradients(optimizer, step)
            if change == "other one without gradient":
                without(optimizer)
            if step == 2:
                SQUARE_CHANGES[change](optimizer)
        assert repeats(one) == (step == 1)
        fresh_steps(other)
    for x, y in zip([*made[0], *params(one)], [*made[1], *params(other)], strict=True):
        torch.testing.assert_close(x, y, **EXACT)


def test_a_state_of_another_size_is_seen(adam: Any) -> None:
    optimizer = adam.Adam(weights(), lr=0.1, fused=True)
    for seed in range(2):
        gradients(optimizer, seed)
        optimizer.step()
    plan = optimizer._known["plan"]
    state(optimizer)["v"].resize_(1, 3)
    assert not plan.again(optimizer)


def test_a_gradient_that_comes_and_goes(adam: Any) -> None:
    one, other = (adam.Adam(weights(), lr=0.1, fused=True) for _ in range(2))
    for seed in range(8):
        for optimizer in (one, other):
            gradients(optimizer, seed)
            if seed % 3 == 0:
                without(optimizer)
        one.step()
        fresh_steps(other)
    for x, y in zip(params(one), params(other), strict=True):
        torch.testing.assert_close(x, y, **EXACT)
        assert one.state[x]["step"] == other.state[y]["step"]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_repeat(dtype: Any, adam: Any) -> None:
    one, other = (adam.Adam(weights(dtype), lr=0.1, fused=True) for _ in range(2))
    for seed in range(4):
        for optimizer in (one, other):
            gradients(optimizer, seed)
        assert repeats(one) == (seed > 0)
        fresh_steps(other)
    for x, y in zip(params(one), params(other), strict=True):
        torch.testing.assert_close(x, y, **EXACT)


def test_sparse_gradients_are_refused(adam: Any) -> None:
    optimizer = adam.Adam(weights(), lr=0.1, fused=True)
    for seed in range(2):
        gradients(optimizer, seed)
        optimizer.step()
    params(optimizer)[0].grad = params(optimizer)[0].grad.to_sparse()
    with pytest.raises(RuntimeError, match="does not support sparse gradients"):
        optimizer.step()


def test_weights_that_are_listed_twice_are_moved_twice(adam: Any) -> None:
    found = []
    for step in (lambda o: o.step(), fresh_steps):
        first, *others = weights()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optimizer = adam.Adam([first, *others, first], lr=0.1, fused=True)
        for seed in range(3):
            gradients(optimizer, seed)
            step(optimizer)
        found.append([x.detach() for x in params(optimizer)])
    for x, y in zip(*found, strict=True):
        torch.testing.assert_close(x, y, **EXACT)


def test_versions_count_repeated_steps(adam: Any) -> None:
    optimizer = adam.Adam(weights(), lr=0.1, fused=True)
    for seed in range(3):
        gradients(optimizer, seed)
        before = [x._version for x in params(optimizer)]
        optimizer.step()
        assert all(x._version > y for x, y in zip(params(optimizer), before, strict=True))


def test_decays_follow_repeated_steps(tmp_path_factory: pytest.TempPathFactory) -> None:
    module = load(render(catalog.entry("Opt4"), "torch"), tmp_path_factory.mktemp("opt4"))
    one, other = (module.Opt4(weights(), lr=0.1, total_steps=3, fused=True) for _ in range(2))
    for seed in range(5):
        for optimizer in (one, other):
            gradients(optimizer, seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert repeats(one) == (seed > 0)
        assert len(caught) == (seed == 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fresh_steps(other)
        assert one.param_groups[0]["training_step"] == seed + 1
    for x, y in zip(params(one), params(other), strict=True):
        torch.testing.assert_close(x, y, **EXACT)


def test_copies_and_pickles_have_no_plan(adam: Any) -> None:
    optimizer = adam.Adam(weights(), lr=0.1, fused=True)
    for seed in range(2):
        gradients(optimizer, seed)
        optimizer.step()
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        gradients(twin, 5)
        assert not repeats(twin)
        gradients(twin, 6)
        assert repeats(twin)


def test_shared_states_are_moved_where_they_are(adam: Any) -> None:
    optimizer = adam.Adam(weights(), lr=0.1, fused=True)
    for seed in range(2):
        gradients(optimizer, seed)
        optimizer.step()
    for weight in params(optimizer):
        weight.share_memory_()
        for value in optimizer.state[weight].values():
            value.share_memory_()
    for seed in range(2):
        gradients(optimizer, seed)
        optimizer.step()
    assert all(x.is_shared() for weight in params(optimizer) for x in optimizer.state[weight].values())
    assert state(optimizer)["step"] == 4
