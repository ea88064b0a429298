"""Compiled steps of rules that know rows and columns."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.fused import assert_same_bits_for_any_threads, compiled_file

from nos_sym import catalog
from nos_sym.language.parser import parse

SHAPES = (
    (5, 7), (33,), (), (3, 4, 5), (300, 70), (70, 300), (1, 5000), (5000, 1), (2, 0), (0, 5), (2, 3, 0), (0,),
    (40, 6, 3, 3), (2, 130, 5), (90, 7, 5, 3), (2, 2600, 3), (40, 63), (40, 64),
)  # fmt: skip
"""Vectors, numbers, matrices of several pieces, many small ones, short rows, and some of no entries."""

REDUCING = """Reducing = {
    state across: row; state down: col; state size_of: scalar
    across <- 0.5 * across + row_sum(g) + row_max(w)
    down <- 0.5 * down + col_max(g * g) - col_mean(w)
    size_of <- 0.5 * size_of + norm2(row_mean(g)) + mean(down) + norm_inf(across * down)
    d = 1 + down * down + abs(row_max(g - across))
    w <- w - lr * (g + across - col_sum(g) / (1 + abs(size_of))) / d
}"""
NAMES = ("AdafactorTorch", "SM3PO")


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def reducing(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    module = compiled_file(parse(REDUCING), tmp_path_factory.mktemp("reducing"))
    assert module is not None
    return module


def weights(dtype: Any) -> list[Any]:
    generator = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape in SHAPES]


def train(kind: Any, parts: list[Any], steps: int, **options: Any) -> Any:
    optimizer = kind([{"params": parts[:4]}, {"params": parts[4:], "lr": 0.02}], lr=0.03, **options)
    generator = torch.Generator().manual_seed(5)
    for step in range(steps):
        for weight in parts:
            drawn = torch.randn(weight.shape, generator=generator) * 10.0 ** (step % 3 - 1)
            weight.grad = drawn.to(weight.dtype)
        optimizer.step()
    return optimizer


def assert_same(one: Any, other: Any, **near: Any) -> None:
    for a, b in zip(one.param_groups, other.param_groups, strict=True):
        for x, y in zip(a["params"], b["params"], strict=True):
            torch.testing.assert_close(x, y, **near, equal_nan=True, msg=f"{tuple(x.shape)}")
            for key, value in one.state[x].items():
                torch.testing.assert_close(value, other.state[y][key], **near, equal_nan=True, msg=key)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_sums_maxima_and_means_of_lines(reducing: ModuleType, dtype: Any) -> None:
    near = {torch.float64: {"rtol": 1e-9, "atol": 1e-11}, torch.float32: {"rtol": 1e-3, "atol": 1e-4}}
    given = near.get(dtype, {"rtol": 2e-2, "atol": 2e-2})
    eager = train(reducing.Reducing, weights(dtype), 4)
    fused = train(reducing.Reducing, weights(dtype), 4, fused=True)
    assert_same(fused, eager, **given)
    assert all(reducing.KERNEL.compiled.values())


@pytest.mark.parametrize(
    "name",
    [*NAMES, *(pytest.param(n, marks=pytest.mark.heavy) for n in ("AdafactorOptax", "CAMEAMS", "SM3Optax"))],
)
def test_optimizers_of_lines(name: str, tmp_path: Path) -> None:
    module = compiled_file(catalog.entry(name), tmp_path)
    assert module is not None
    kind = getattr(module, name)
    eager = train(kind, weights(torch.float64), 5)
    fused = train(kind, weights(torch.float64), 5, fused=True)
    assert_same(fused, eager, rtol=1e-9, atol=1e-11)


def test_the_same_bits_for_any_number_of_threads(reducing: ModuleType) -> None:
    def run() -> list[Any]:
        parts = weights(torch.float32)
        train(reducing.Reducing, parts, 3, fused=True)
        return parts

    assert_same_bits_for_any_threads(run)


def test_states_of_lines_take_numbers_of_the_step_as_they_were(tmp_path: Path) -> None:
    text = """Late = {
        state across: row; state down: col; state count: step = 1; state size_of: scalar
        before = across + down
        count <- count + t; size_of <- size_of + norm2(g)
        across <- count + size_of; down <- count - size_of
        w <- w - lr * (across + before * down + g)
    }"""
    module = compiled_file(parse(text), tmp_path)
    assert module is not None
    eager = train(module.Late, weights(torch.float64), 4)
    fused = train(module.Late, weights(torch.float64), 4, fused=True)
    assert_same(fused, eager, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("special", [float("nan"), float("inf"), -float("inf"), 3e38, 1e-42])
def test_special_values(reducing: ModuleType, special: float) -> None:
    made = []
    for fused in (True, False):
        weight = torch.linspace(-1, 1, 130 * 9).reshape(130, 9).requires_grad_()
        optimizer = reducing.Reducing([weight], lr=0.1, fused=fused)
        for step in range(3):
            weight.grad = torch.linspace(-2, 2, 130 * 9).reshape(130, 9)
            if step == 1:
                weight.grad[100, 4] = special
            optimizer.step()
        made.append((weight.detach(), *optimizer.state[weight].values()))
    for x, y in zip(*made, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-3, atol=1e-4, equal_nan=True)


def test_other_layouts_go_eagerly(reducing: ModuleType) -> None:
    made = []
    for fused in (True, False):
        weight = torch.linspace(-1, 1, 60).reshape(6, 10).t().requires_grad_()
        assert not weight.is_contiguous()
        optimizer = reducing.Reducing([weight], lr=0.1, fused=fused)
        for step in range(2):
            weight.grad = torch.linspace(-2, step, 60).reshape(6, 10).t()
            optimizer.step()
        made.append((weight.detach(), *optimizer.state[weight].values()))
    for x, y in zip(*made, strict=True):
        assert torch.equal(x, y)
