"""The equation of a docstring defines every name that its reader may not know."""

from __future__ import annotations

import re

import pytest
from support.random_rules import ONE_LINE

from nos_sym import catalog
from nos_sym.codegen.equation import equation
from nos_sym.language.block import Block
from nos_sym.language.operation import Role
from nos_sym.language.parser import parse_file
from nos_sym.language.registry import REGISTRY, lookup
from nos_sym.language.setting import setting_name
from nos_sym.program.lower import lower

KNOWN = {"U", "w", "g", "m", "lr", "mu", "t", "T", "x", "y", "factor", "pi", "e", "b", "n"} | {
    *(
        "cos",
        "mod",
        "norm",
        "L2",
        "clip_norm",
        "of",
        "the",
        "tensor",
        "with",
        "probability",
        "rate",
        "else",
        "clipped",
        "to",
        "floor",
        "largest",
        "integer",
        "up",
    ),
    *("ln", "sqrt", "I_1", "where", "counts", "steps", "for", "total", "at", "start", "beta", "weight"),
}
"""Symbols of the update, mathematics, and words of the registry's formulas; what an expression is known to be
is not said: ``ln`` and ``sqrt`` of what is never negative are ordinary ones."""


def equations(text: str) -> list[str]:
    (rule,) = parse_file(text)
    return equation(rule, lower(rule))


def undefined(lines: list[str]) -> set[str]:
    defined = {re.match(r" *(\w+)", line)[1] for line in lines if re.match(r" *\w+(\(.*?\))? (=|<-) ", line)}
    used = set(re.findall(r"[A-Za-z_]\w*", " ".join(lines)))
    operations = {name for name in used if (operation := lookup(name)) and operation.standard}
    return used - defined - operations - KNOWN


# The equation of a block is its text, in which the parser allows no name that is not defined.
@pytest.mark.parametrize(
    "entry", [e for e in catalog.entries() if not isinstance(e, Block)], ids=lambda e: e.name
)
def test_every_name_of_the_catalog_is_defined(entry: catalog.Rule | catalog.Schedule) -> None:
    settings = {setting_name(node) for node in entry.settings}  # documented as arguments
    assert undefined(equation(entry, lower(entry))) - settings == set()


@pytest.mark.parametrize(
    "text",
    [
        "none ~ [p] g",
        "none ~ [r * remaining] g",
        "schedule ~ cospi(p) + correction(0.9)",
        "none ~ agg_v + agg_s * agg_lam",
        "none ~ qhm(0.7) + qhm2(0.5) + qhm3(0.99)",
        "momentum ~ drop(g, 0.3) * clip_norm(w) + id(recip(ln(w)))",
    ],
)
def test_every_name_of_a_rule_is_defined(text: str) -> None:
    assert undefined(equations(text)) == set()


@pytest.mark.parametrize("name", [o.name for o in ONE_LINE if o.role is Role.ELEMENTWISE])
def test_an_operation_is_defined_or_known(name: str) -> None:
    operation = REGISTRY[name]
    if name in ("add", "sub", "mul", "div", "neg", "pow"):
        return
    parameters = "".join(", 0.5" for _ in operation.parameters)
    lines = equations(f"none ~ {name}({', '.join('gw'[: operation.arity])}{parameters})")
    defined = any(re.match(rf" *{name}\(.*\) = ", line) for line in lines)
    assert defined is not operation.standard


def test_definitions_are_in_reading_order() -> None:
    assert equations("nesterov ~ [a4] agg_v")[2:] == [
        "U = [a4] agg_v",
        "where",
        "    agg_v = 0.633 * ema(g, 0.9) - g",
        "    ema(g, 0.9) = v",
        "    v <- 0.9 * v + 0.1 * g, 0 at the start",
        "    a4 = (1 - cos(pi p))/2",
        "    p = t/T",
        "    t = 0, 1, ..., T - 1 for T total steps",
    ]


def test_nothing_is_defined_that_does_not_occur() -> None:
    assert equations("none ~ g") == ["w <- w - lr * U", "U = g"]
    assert "p = t/T" not in " ".join(equations("none ~ [a10] g"))
    assert "r = " not in " ".join(equations("none ~ [a3] g"))
