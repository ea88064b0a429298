"""Options of an optimizer that a parameter group repeats, or contradicts."""

from __future__ import annotations

from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.runtime_files import on_the_path, target, written

MODES = ("differentiable", "foreach", "fused", "compile")
"""What belongs to the optimizer."""


def weight() -> Any:
    made = torch.nn.Parameter(torch.ones(2))
    made.grad = torch.full((2,), 0.5)
    return made


@pytest.fixture(scope="module", params=["Opt4", "torch.optim.AdamW", "a short file"])
def make(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("modes")
    if request.param == "a short file":
        with on_the_path(folder):
            yield written(folder, catalog.entry("Adam"))
        return
    rule, face = target(request.param)
    kind = getattr(load(render(rule, face=face), folder), rule.name)
    given = {"total_steps": 9} if request.param == "Opt4" else {}
    yield lambda params, **modes: kind(params, **given, **modes)


@pytest.mark.parametrize("mode", MODES)
def test_a_group_that_asks_for_another_is_refused(mode: str, make: Any) -> None:
    value = mode != "foreach"
    message = rf"\AInvalid {mode}: {value} of a group; it holds for all groups: give it to the optimizer\Z"
    with pytest.raises(ValueError, match=message):
        make([{"params": [weight()], mode: value}])
    optimizer = make([weight()])
    with pytest.raises(ValueError, match=message):
        optimizer.add_param_group({"params": [weight()], mode: value})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_group_may_repeat_it(mode: str, make: Any) -> None:
    value = mode != "foreach"
    optimizer = make(
        [{"params": [weight()], mode: value}, {"params": [weight()], mode: None}], **{mode: value}
    )
    optimizer.add_param_group({**optimizer.param_groups[0], "params": [weight()]})
    plain = make([{"params": [weight()], mode: not value}])
    assert len(optimizer.param_groups) == 3 and len(plain.param_groups) == 1


@pytest.mark.parametrize("mode", ["foreach", "fused"])
def test_a_state_of_another_mode_loads_and_leaves_it(mode: str, make: Any) -> None:
    value = mode != "foreach"
    for given, wanted in (({}, {mode: value}), ({mode: value}, {})):
        source, other = make([weight()], **given), make([weight()], **wanted)
        own = other.defaults[mode]
        source.step()
        other.load_state_dict(source.state_dict())
        assert other.defaults[mode] is own is other.param_groups[0][mode]
        other.add_param_group({**other.param_groups[0], "params": [weight()]})
        other.step()


def test_the_state_of_the_original_loads(make: Any, request: pytest.FixtureRequest) -> None:
    if "torch.optim.AdamW" not in request.node.callspec.id:
        pytest.skip("it has no original")
    original, optimizer = torch.optim.AdamW([weight()], fused=True), make([weight()])
    original.step()
    optimizer.load_state_dict(original.state_dict())
    assert optimizer.param_groups[0]["fused"] is None
    optimizer.step()
