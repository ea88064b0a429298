"""Programs: only the state that a rule needs, shared values, folded constants, guards; and their layout."""

from __future__ import annotations

import ast
import random

import pytest
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.backends.layout import COLUMNS, fit, returned, statement
from nos_sym.codegen.render import render
from nos_sym.language.kind import Kind
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower
from nos_sym.program.program import Program, reachable


def program(text: str) -> Program:
    return lower(parse(f"none ~ {text}"), saturating=False)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("g", []),
        ("tanh(w) + 1", []),
        ("v_hat", ["v"]),
        ("v_hat + qhm(0.7) + sign(v_hat)", ["v"]),
        ("v_hat / (sqrt(s_hat) + 1e-8)", ["v", "s"]),
        ("ema(g, 0.9) + v_hat", ["v"]),
        ("ema(g, 0.9) + ema(g, 0.99)", ["v", "v_2"]),
        ("lam_hat", ["lam"]),
        ("ema(tanh(g), 0.9)", ["average"]),
        ("delta(delta(g))", ["delta", "delta_2"]),
        ("running_max(g) + running_max(g)", ["peak"]),
    ],
)
def test_state(text: str, slots: list[str]) -> None:
    assert [slot.name for slot in program(text).slots] == slots


def test_describe() -> None:
    (v,) = program("v_hat").slots
    assert v.describe() == "v: v <- 0.9 * v + 0.1 * g"


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("[correction(0.9)] ema(g, 0.9)", True),
        ("ema(g, 0.9) * correction(0.9)", True),
        ("ema(g, 0.9) * correction(0.99)", False),
        ("(ema(g, 0.9) + ema(g^2, 0.9)) * correction(0.9)", False),
        ("g * correction(0.9)", False),
    ],
)
def test_a_correction_follows_the_beta_of_the_one_average_with_it(text: str, follows: bool) -> None:
    made = program(text)
    (correction,) = (v for v in made.values if v.operation == "correction")
    assert (correction.operands[0] in [s.value for s in made.settings]) is follows
    for i, value in enumerate(made.values):
        assert set(value.operands) <= set(made.values[:i]), "operands stand before their users"


def test_constants_are_folded_and_identities_vanish() -> None:
    values = reachable([program("id(id(1 * g)) * exp(2 - 2)").update])
    assert program("id(id(1 * g)) * exp(2 - 2)").update.operation == "g"
    assert all(v.operation in ("g", "constant") for v in values)


def test_shared_values() -> None:
    values = program("tanh(g) + tanh(g) * tanh(g)").values
    assert sum(v.operation == "tanh" for v in values) == 1


def test_absolute_values_vanish_where_the_range_says_so() -> None:
    assert not any(v.operation == "abs" for v in program("sqrt(s_hat) + ln(exp(g)) + clip(g, s_hat)").values)
    assert any(v.operation == "abs" for v in program("sqrt(g)").values)


def test_scalars_are_not_tensors() -> None:
    values = program("tanh([a1] 2) * g").values
    kinds = {v.operation: v.kind for v in values}
    assert kinds["tanh"] is Kind.STEP
    assert kinds["g"] is Kind.TENSOR


def test_total_steps_only_where_decays_need_it() -> None:
    for entry in catalog.entries():
        if isinstance(entry, Rule):
            text = str(entry.at_defaults().update)
            has_decay = any(f"a{i}" in text.replace("arctan", "") for i in range(1, 15))
            assert lower(entry).needs_total_steps == has_decay, text
            assert ("total_steps" in render(entry, "torch")) == has_decay


def test_every_value_is_defined_before_it_is_used() -> None:
    rng = random.Random(5)
    for _ in range(200):
        made = lower(random_rule(rng, depth=6))
        known = set()
        for value in made.values:
            assert all(operand in known for operand in value.operands)
            known.add(value)
        assert made.update in known


def test_no_dead_lines() -> None:
    """Every name that a rendered update or scalar function assigns is read again."""
    rng = random.Random(6)
    for i in range(50):
        rule = random_rule(rng, depth=5, authors=i % 2 == 0).named("X")
        tree = ast.parse(render(rule, "torch", fused=False))
        for function in (n for n in tree.body if isinstance(n, ast.FunctionDef)):
            names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
            stored = {n.id for n in names if isinstance(n.ctx, ast.Store)}
            loaded = {n.id for n in names if isinstance(n.ctx, ast.Load)}
            assert stored <= loaded | {"_"}


def test_layout() -> None:
    assert fit("f(", ["a", "b"], ")", 4) == ["    f(a, b)"]
    items = ["x" * 30, "y" * 30, "z" * 20]
    assert fit("function(", items, ")", 0) == ["function(", f"    {', '.join(items)}", ")"]
    items = ["x" * 40, "y" * 40, "z" * 20]
    assert fit("f(", items, ")", 0) == ["f(", *(f"    {i}," for i in items), ")"]
    assert returned(("a",), 4) == ["    return (a,)"]
    assert returned(("a", "b"), 4, single=False) == ["    return a, b"]
    long = f"name = where({', '.join(['value' * 5] * 4)})"
    lines = statement(long, 4)
    assert len(lines) > 1
    assert all(len(line) <= COLUMNS for line in lines)
