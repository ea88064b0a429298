"""Lowering needs nothing but the record: a formula, a definition or a state, and no name is special."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load, problem, run_backend, run_numpy

from nos_sym.backends.spelling import TABLES, spell
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError, RuleError
from nos_sym.language.operation import Meaning, Operation, Recursion, Role
from nos_sym.language.registry import ALIASES, CLASSES, REGISTRY, apply, number, register
from nos_sym.language.rule import Momentum, Rule
from nos_sym.program import optimized
from nos_sym.program.lower import lower

BACKENDS = ("torch", "tensorflow", "keras", "optax")


@pytest.fixture
def registry() -> Iterator[None]:
    """Forget at the end what a test registers and spells."""
    tables: list[dict[str, Any]] = [REGISTRY, CLASSES, ALIASES, *TABLES.values()]
    before = [dict(table) for table in tables]
    yield
    for table, old in zip(tables, before, strict=True):
        table.clear()
        table.update(old)


def _sinh(x: Any) -> Any:
    difference = apply("sub", apply("exp", x), apply("exp", apply("neg", x)))
    return apply("div", difference, number(2))


def _unary(name: str, **meaning: Any) -> None:
    register(
        Operation(
            name=name, title=f"test {name}", computes=f"{name}(x)", source="a test", arity=1,
            role=Role.ELEMENTWISE, meaning=Meaning(**meaning),
        )
    )  # fmt: skip


def _rule(name: str, **more: Any) -> Rule:
    inner = apply("add", apply(name, apply("g")), apply("w"))
    return Rule(Momentum.NONE, apply("mul", number("0.1"), inner), name="Mine", **more)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_definition_serves_where_there_is_no_spelling(backend: str, registry: None, tmp_path: Path) -> None:
    _unary("hypsin", definition=_sinh)
    given = problem(5, seed=1)
    expected = run_numpy(_rule("hypsin"), given)
    found = run_backend(backend, _rule("hypsin"), given, tmp_path, "float64")
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_spelling_comes_before_the_definition(registry: None, tmp_path: Path) -> None:
    _unary("hypsin", definition=_sinh)
    spell("torch", "hypsin", "torch.sinh({0})")
    assert "torch.sinh(gradient)" in render(_rule("hypsin"), "torch")
    given = problem(5, seed=1)
    found = run_backend("torch", _rule("hypsin"), given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(_rule("hypsin"), given), rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_both_it_is_refused_by_name(backend: str, registry: None) -> None:
    _unary("opaque", reference=lambda xp, x: x * x)
    with pytest.raises(
        RenderError, match=f"operation 'opaque' has neither a spelling in backend '{backend}'"
    ):
        render(_rule("opaque"), backend)


def test_a_record_that_says_nothing_is_refused_by_name(registry: None) -> None:
    _unary("silent")
    with pytest.raises(RuleError, match="operation 'silent' has neither a formula nor a definition nor a"):
        lower(_rule("silent"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_state_is_its_recursion(backend: str, registry: None, tmp_path: Path) -> None:
    """A sum, a nonlinear state, and one that is another value, too."""
    steps = {
        "tally": lambda previous, x: apply("add", previous, x),
        "bent": lambda previous, x: apply("tanh", apply("sub", x, previous)),
        "same": lambda previous, x: x,
    }
    for name, step in steps.items():
        register(
            Operation(
                name=name, title=f"test {name}", computes=name, source="a test", arity=1, role=Role.STATE,
                state=Recursion(step=step, letter=name),
            )
        )  # fmt: skip
    parts = [apply(name, apply("g")) for name in steps]
    rule = Rule(Momentum.MOMENTUM, apply("add", apply("add", *parts[:2]), parts[2]), name="States")
    assert [slot.name for slot in lower(rule).slots] == [*steps, "momentum"]
    given = problem(6, seed=2)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-12)


def test_optimizations_are_none_of_the_meaning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The plain path through definitions gives the same numbers as what is lowered in a shorter way."""
    monkeypatch.setattr(optimized, "OPTIMIZED", {})
    clip = apply("clip", apply("exp", apply("g")), apply("w"))
    rule = Rule(
        Momentum.NONE, apply("add", clip, apply("abs", apply("pow", apply("w"), exponent=3))), name="P"
    )
    given = problem(5, seed=3)
    found = run_backend("torch", rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(replace(rule), given), rtol=1e-12)
    assert load(render(rule, "torch"), tmp_path)
