"""A compiled step that repeats what the last one found is, bit for bit, one that looks at everything anew."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from support.harness import backends, load

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym import catalog
from nos_sym.codegen.render import render

EXACT = {"rtol": 0, "atol": 0, "equal_nan": True}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def adam(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(render(catalog.entry("Adam"), "torch"), tmp_path_factory.mktemp("adam"))


def weights(dtype: Any = torch.float32) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(n, 3, generator=generator).to(dtype)) for n in (5, 2, 40)]


def gradients(optimizer: Any, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.randn(weight.shape, generator=generator).to(weight.dtype)


def params(optimizer: Any) -> list[Any]:
    return [x for group in optimizer.param_groups for x in group["params"]]


def repeats(optimizer: Any) -> bool:
    """Make a step; return whether it repeated the last one."""
    plan = optimizer.__dict__.get("_known", {}).get("plan")
    if plan is None:
        optimizer.step()
        return False
    said = []
    again = plan.again
    plan.again = lambda *given: said.append(again(*given)) or said[-1]
    try:
        optimizer.step()
    finally:
        del plan.again
    return said == [True]


def fresh_steps(optimizer: Any) -> None:
    """Make a step that looks at everything."""
    optimizer.__dict__.pop("_known", None)
    optimizer.step()


def state(optimizer: Any, index: int = 1) -> Any:
    return optimizer.state[params(optimizer)[index]]


def swapped(o: Any) -> None:
    s = state(o)
    s["v"], s["s"] = s["s"], s["v"]


def moved(o: Any) -> None:
    x = params(o)[1]
    x.data = x.data.clone()


def of_another_layout(o: Any) -> None:
    x = params(o)[2]
    x.grad = x.grad.t().contiguous().t()


def negated(o: Any) -> None:
    x = params(o)[1]
    x.grad = torch._neg_view(x.grad)


def overlapping(o: Any) -> None:
    first, second, _ = params(o)
    second.grad = first.detach()[:2]


def without(o: Any) -> None:
    params(o)[1].grad = None


def replaced(o: Any) -> None:
    state(o)["v"] = state(o)["v"].clone()


def grown(o: Any) -> None:
    o.add_param_group({"params": [torch.nn.Parameter(torch.ones(4))]})
    params(o)[-1].grad = torch.ones(4)


def loaded(o: Any) -> None:
    o.load_state_dict(copy.deepcopy(o.state_dict()))


def emptied(o: Any) -> None:
    o.state.clear()


def resized(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data[:1]  # at the same address
    x.grad = torch.ones(1, 3)
    for key in ("v", "s"):
        state(o)[key].resize_(1, 3)


CHANGES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "nothing": (lambda o: None, True),
    "rate": (lambda o: o.param_groups[0].update(lr=0.5), True),
    "rate that is a tensor": (lambda o: o.param_groups[0].update(lr=torch.tensor(0.25)), True),
    "betas": (lambda o: o.param_groups[0].update(betas=(0.5, 0.6)), True),
    "count in place": (lambda o: [state(o, i)["step"].fill_(7) for i in range(3)], True),
    "count without its version": (lambda o: [state(o, i)["step"].data.fill_(7) for i in range(3)], True),
    "count of one weight": (lambda o: state(o)["step"].fill_(7), False),
    "state in place": (lambda o: state(o)["v"].add_(1), True),
    "weight in place": (lambda o: params(o)[0].data.mul_(2), True),
    "further state": (lambda o: state(o).update(note=1), False),
    "sign": (lambda o: o.param_groups[0].update(maximize=True), False),
    "state": (replaced, False),
    "states for each other": (swapped, False),
    "weight elsewhere": (moved, False),
    "layout of a gradient": (of_another_layout, False),
    "gradient that is a negated view": (negated, False),
    "gradient that is another weight": (overlapping, False),
    "no gradient": (without, False),
    "group": (grown, False),
    "loaded": (loaded, False),
    "no states": (emptied, False),
    "size": (resized, False),
}


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


def other_parameter(o: Any) -> None:
    group = o.param_groups[0]["params"]
    group[1] = torch.nn.Parameter(group[1].detach().clone())
    group[1].grad = torch.ones(3, 3)


def turned(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data.t()  # at the same address
    x.grad = torch.ones(3, 3)


def of_another_type(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data.view(torch.bfloat16)  # at the same address
    x.grad = torch.ones(3, 3, dtype=torch.bfloat16)


class Subclass(torch.Tensor):
    """A gradient that is more than its numbers."""


def of_a_subclass(o: Any) -> None:
    params(o)[1].grad = params(o)[1].grad.as_subclass(Subclass)


def the_other_without(o: Any) -> None:
    first, second, _ = params(o)
    first.grad, second.grad = None, torch.ones_like(second)


SQUARE_CHANGES: dict[str, Callable[[Any], None]] = {
    "parameter": other_parameter, "turned": turned, "type": of_another_type, "subclass": of_a_subclass,
    "other one without gradient": the_other_without,
}  # fmt: skip


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
