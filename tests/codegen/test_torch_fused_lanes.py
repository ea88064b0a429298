"""Compiled steps that take whole vectors of entries, where the processor has AVX-512."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load

from nos_sym.backends.c import lanes
from nos_sym.backends.c.printer import KEYWORDS
from nos_sym.codegen.backend import backend_of
from nos_sym.codegen.kernel_text import native
from nos_sym.codegen.render import render
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch
from support.fused import assert_compiled, assert_same_bits_for_any_threads

EVERY = (
    "Every = none ~ exp(g) * sqrt(abs(v_hat)) + tanh(w) * max(g, w) + arcsinh(g) / (1 + g^2)"
    " + min(arctan(g), v_hat) * sign(w) + g^3 * w^(-2) + i1e(g / w) + clip(g, w) + p * w / a4"
)
"""A rule of all operations that whole vectors have."""
RULES = (
    EVERY,
    "Huge = none ~ exp(w) * w^5",
    "Sharp = none ~ sign(g) * max(w, -g) + tanh(0 * g)",
    "Kept = { state s = w; x = s; s <- 0.5 * s + arctan(g); w <- w - lr * (x + norm2(g) * exp(-abs(g))) }",
)
SIZES = (1, 15, 16, 17, 528, 4096 + 33)
SPECIAL = (0.0, -0.0, 1e-45, -1e-40, 1e-20, 30.0, -95.0, 1e12, -1e19, 3e38, np.inf, -np.inf, np.nan)


@pytest.fixture
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))


def source(text: str, *, low_precision: bool = False) -> str:
    rule = parse(text)
    assert isinstance(rule, Rule | Block)
    printer = backend_of("torch").printer
    program = lower(rule, printer.native, own_states=printer.states, as_change=printer.changes)
    found = native(program, printer, low_precision=low_precision)
    assert found is not None
    return found.source


@pytest.mark.parametrize(
    ("text", "has"),
    [
        *((rule, True) for rule in RULES),
        ("A = none ~ v_hat / (1 + abs(g))", False),
        ("B = none ~ tanh(g) + erf(w)", False),
        ("C = none ~ tanh(drop(g, 0.5))", False),
        ("D = { w <- w - lr * tanh(g / (1 + row_mean(g))) }", False),
        ("E = { w <- w - lr * tanh(orth(g)) }", False),
        ("F = { w <- w - lr * where(g < w, tanh(g), w) }", False),
        ("G = { state s; s <- 0.5; w <- w - lr * tanh(g) * s }", False),
    ],
)
def test_what_takes_whole_vectors(text: str, has: bool) -> None:
    assert ("lane " in source(text)) is has
    assert "lane " not in source(text, low_precision=True)


def test_a_text_has_the_functions_that_it_calls_and_no_others() -> None:
    for text in RULES:
        lines = source(text)
        called = set(re.findall(r"\b(lane_\w+)\(", lines))
        for name in called:
            assert re.search(rf"(static inline lane |#define ){name}\(", lines), name
        assert ("lane_asinh" in lines) is ("arcsinh" in text)
    assert {"lane", "move_part"} <= KEYWORDS


def test_functions_are_those_of_the_table() -> None:
    folder = Path(str(lanes.__file__)).parent / "functions" / "lanes"
    assert {path.stem for path in folder.glob("*.c")} == {*lanes.FUNCTIONS.values(), "exp_reduced"}


def weights(module: ModuleType, name: str, size: int, *, special: bool = True, **modes: Any) -> list[Any]:
    """Return the weights of two tensors after each of four steps."""
    generator = torch.Generator().manual_seed(size)
    both = [torch.nn.Parameter(torch.randn(n, generator=generator)) for n in (size, 3)]
    totals = {"total_steps": 10} if "total_steps" in render_arguments(module, name) else {}
    optimizer = getattr(module, name)(both, lr=0.01, **totals, **modes)
    history = []
    for step in range(4):
        for weight in both:
            weight.grad = torch.randn(weight.shape, generator=generator)
            if step == 2 and special:
                given = torch.tensor(SPECIAL)[: weight.numel()]
                weight.grad[weight.numel() - given.numel() :] = given
        optimizer.step()
        history += [weight.detach().clone() for weight in both]
    if modes:
        assert_compiled(module)
    return history


def render_arguments(module: ModuleType, name: str) -> tuple[str, ...]:
    code = getattr(module, name).__init__.__code__
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize("text", RULES, ids=["every", "huge", "sharp", "kept"])
def test_whole_vectors_and_their_rests_agree_with_eager_steps(text: str, tmp_path: Path) -> None:
    module = load(render(parse(text), "torch"), tmp_path)
    name = text.split()[0]
    for size in SIZES:
        fused, eager = weights(module, name, size, fused=True), weights(module, name, size)
        for one, other in zip(fused, eager, strict=True):
            torch.testing.assert_close(one, other, rtol=2e-4, atol=2e-4, equal_nan=True)
            assert torch.equal(torch.isfinite(one), torch.isfinite(other))


@pytest.mark.usefixtures("_cache")
def test_bits_depend_neither_on_threads_nor_on_the_place_of_an_entry(tmp_path: Path) -> None:
    text = RULES[0]
    module = load(render(parse(text), "torch"), tmp_path)
    assert_same_bits_for_any_threads(lambda: weights(module, "Every", 40_000, special=False, fused=True))
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(2, 700, generator=generator)
    moved = []
    for start in (0, 1, 5, 13):
        weight = torch.nn.Parameter(values[0, start:].clone())
        weight.grad = values[1, start:].clone()
        module.Every([weight], lr=0.01, total_steps=10, fused=True).step()
        moved.append(weight.detach()[13 - start :])
    assert all(torch.equal(moved[0], other) for other in moved[1:])
