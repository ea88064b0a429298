"""Compiled steps in float64: the vector functions of the C library, and machines that have none."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.compiled_steps import is_compiled, script
from support.harness import backends, load

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch

RULE = "Bent = none ~ tanh(v_hat) + exp(-abs(g)) * erf(w) + arcsinh(g) + ln(1 + abs(w)) + arctan(v_hat)"
BEYOND = (0.0, -0.0, 1e-310, 1e-20, 30.0, -800.0, 1e22, -1e300, float("inf"), float("-inf"), float("nan"))
"""Zeros, subnormal and large numbers, and what is no number: each at several places of a vector."""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return load(render(parse(RULE), "torch"), tmp_path)


def moved(module: ModuleType, *, fused: bool, special: bool = False) -> Any:
    """Return weights after three steps, whose number is no multiple of that of a vector."""
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(1003, generator=generator, dtype=torch.float64) * 3
    weight = torch.nn.Parameter(start)
    optimizer = module.Bent([weight], lr=0.1, fused=fused)
    for _ in range(3):
        weight.grad = torch.randn(1003, generator=generator, dtype=torch.float64) * 3
        if special:
            weight.grad[: 10 * len(BEYOND)] = torch.tensor(BEYOND * 10, dtype=torch.float64)
        optimizer.step()
    return weight.detach()


def library(module: ModuleType, folder: Path) -> bytes:
    """Return the library in the cache."""
    assert is_compiled(module)
    (found,) = (folder / "home" / "nos_sym").glob("*.so")
    return found.read_bytes()


def has_vectors() -> bool:
    try:
        return hasattr(ctypes.CDLL("libmvec.so.1"), "_ZGVbN2v_tanh")
    except OSError:
        return False


@pytest.mark.skipif(not has_vectors(), reason="the C library has no vector functions")
def test_functions_are_those_of_whole_vectors(module: ModuleType, tmp_path: Path) -> None:
    compiled = moved(module, fused=True)
    assert b"_ZGV" in library(module, tmp_path)
    # 4 units in the last place of each of six functions, three times, of a sum of a few units.
    torch.testing.assert_close(compiled, moved(module, fused=False), rtol=1e-13, atol=1e-13)


def test_special_values_are_those_of_eager_steps(module: ModuleType) -> None:
    compiled = moved(module, fused=True, special=True)
    eager = moved(module, fused=False, special=True)
    assert compiled[: 10 * len(BEYOND)].isnan().any()
    torch.testing.assert_close(compiled, eager, rtol=1e-13, atol=1e-13, equal_nan=True)


@pytest.mark.parametrize("lacks", ["flag", "library"])
def test_a_machine_without_them_has_those_of_single_numbers(
    lacks: str, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without -lm the vector functions are in no library, and the result does not load.
    change = {
        "flag": 'for x in "$@"; do case "$x" in -DNOS_LIBMVEC) exit 1;; esac; done',
        "library": 'for x in "$@"; do shift; [ "$x" = -lm ] || set -- "$@" "$x"; done',
    }[lacks]
    monkeypatch.setenv("CC", str(script(tmp_path / "lacks", f'{change}\nexec cc "$@"')))
    compiled = moved(module, fused=True)
    assert b"_ZGV" not in library(module, tmp_path)
    torch.testing.assert_close(compiled, moved(module, fused=False), rtol=1e-13, atol=1e-13)


def test_other_types_ask_for_none(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def built(command: Any, source: Any, fixed: Any, wishes: Any, work: Any) -> Any:
        asked.append(module.VECTOR_FLAGS in wishes)
        raise OSError("not here")

    monkeypatch.setattr(module, "built", built)
    monkeypatch.setattr(module, "loaded", lambda name, build: build(tmp_path))
    source = module.KERNEL.source
    with pytest.warns(UserWarning, match="not here"):
        module.compiled(source, 32, 32)
        module.compiled(source, 160, 32)
        module.compiled(source, 64, 64)
        module.compiled(source.replace("NOS_LIBMVEC", ""), 64, 64)
    assert asked == [False, False, True, False]
