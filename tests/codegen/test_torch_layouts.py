"""Weights, gradients and state of a rendered torch file in whatever memory layout and type they come."""

from __future__ import annotations

from typing import Any

import pytest
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.codegen.render import render

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

SHAPE = (4, 3, 5, 2)
FORMATS = [torch.contiguous_format, torch.channels_last]


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(render(catalog.entry("Adam"), "torch"), tmp_path_factory.mktemp("layouts"))


def drawn(seed: int, shape: tuple[int, ...] = SHAPE) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def trained(optimizer: Any, weight: Any, steps: range, memory: Any = torch.contiguous_format) -> Any:
    for step in steps:
        weight.grad = drawn(step).to(weight.dtype).contiguous(memory_format=memory)
        optimizer.step()
    return weight.detach().clone()


def reference(steps: range) -> Any:
    weight = torch.nn.Parameter(drawn(99))
    return trained(torch.optim.Adam([weight], lr=0.1), weight, steps)


@pytest.mark.parametrize("after", FORMATS)
@pytest.mark.parametrize("before", FORMATS)
def test_the_layout_of_weights_changes_on_the_way(before: Any, after: Any, module: Any) -> None:
    weight = torch.nn.Parameter(drawn(99).contiguous(memory_format=before))
    made = module.Adam([weight], lr=0.1)
    trained(made, weight, range(3), before)
    weight.grad = None
    weight.data = weight.data.contiguous(memory_format=after)
    torch.testing.assert_close(trained(made, weight, range(3, 6), after), reference(range(6)))


@pytest.mark.parametrize("after", FORMATS)
@pytest.mark.parametrize("before", FORMATS)
def test_a_state_of_another_layout_is_loaded(before: Any, after: Any, module: Any) -> None:
    weight = torch.nn.Parameter(drawn(99).contiguous(memory_format=before))
    made = module.Adam([weight], lr=0.1)
    trained(made, weight, range(3))
    other = torch.nn.Parameter(weight.detach().contiguous(memory_format=after))
    restored = module.Adam([other], lr=0.1)
    restored.load_state_dict(made.state_dict())
    torch.testing.assert_close(trained(restored, other, range(3, 6)), reference(range(6)))


@pytest.mark.parametrize("after", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("before", [torch.float16, torch.float32, torch.float64])
def test_a_state_of_another_type_is_loaded(before: Any, after: Any, module: Any) -> None:
    """It takes the precision of the weights, float32 at least."""
    weight = torch.nn.Parameter(drawn(99).to(before))
    made = module.Adam([weight], lr=0.1)
    trained(made, weight, range(3))
    other = torch.nn.Parameter(weight.detach().to(after))
    restored = module.Adam([other], lr=0.1)
    restored.load_state_dict(made.state_dict())
    result = trained(restored, other, range(3, 6))
    wide = torch.float64 if after == torch.float64 else torch.float32
    assert {key: x.dtype for key, x in restored.state[other].items()} == {
        "step": torch.float32, "v": wide, "s": wide,
    }  # fmt: skip
    half = torch.float16 in (before, after)
    tolerance = 5e-3 if half else 1e-5
    torch.testing.assert_close(result.float(), reference(range(6)), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(0, 3), (), (1, 70), (70, 1), (2,) * 7, (5, 11)])
@pytest.mark.parametrize("gradient", ["contiguous", "expanded", "reversed"])
def test_any_shape_and_any_gradient(
    gradient: str, shape: tuple[int, ...], module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.BLOCK, "cpu", 24)
    results = []
    for make in (module.Adam, torch.optim.Adam):
        weights = [torch.nn.Parameter(drawn(seed, shape)) for seed in range(3)]
        made = make(weights, lr=0.1)
        for step in range(3):
            for i, weight in enumerate(weights):
                value = drawn(10 * step + i, shape)
                if gradient == "expanded" and shape:
                    value = value[:1].expand(shape) if shape[0] else value
                elif gradient == "reversed":
                    value = drawn(10 * step + i, shape[::-1]).permute(tuple(reversed(range(len(shape)))))
                weight.grad = value
            made.step()
        results.append([w.detach() for w in weights])
    torch.testing.assert_close(*results)
