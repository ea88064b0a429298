"""Operations of matrices as text and JSON: parameters with defaults, by name, and what is refused."""

from __future__ import annotations

import json

import pytest

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse, parse_rule
from nos_sym.language.plain import to_sympy
from nos_sym.language.registry import apply
from nos_sym.program.lower import lower


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("orth(g)", "orth(g)"),
        ("orth(g, 3)", "orth(g, steps=3)"),
        ("orth(g, 5, 1e-7, 0, 3.4445, -4.775, 2.0315)", "orth(g)"),
        ("orth(g, c=0, plus=1e-8, eps=0)", "orth(g, eps=0, plus=1e-8, c=0)"),
        ("orth(g, b=-(1/2), a=1+1/2)", "orth(g, a=1.5, b=-0.5)"),
        ("orth(g, a=1/3, b=a1)", "orth(g, a=1 / 3, b=a1)"),
        ("newton_schulz(g, 1.5, -0.5, 0)", "newton_schulz(g, a=1.5, b=-0.5, c=0)"),
        ("newton_schulz(orth_exact(g))", "newton_schulz(orth_exact(g))"),
        (
            "newton_schulz_flat(orth_flat(g, 3, b=-4.775), 1.5)",
            "newton_schulz_flat(orth_flat(g, steps=3), a=1.5)",
        ),
    ],
)
def test_parameters_are_printed_by_name_where_they_are_no_defaults(text: str, printed: str) -> None:
    rule = parse(f"none ~ {text}")
    assert str(rule) == f"none ~ {printed}"
    assert parse(str(rule)) == rule
    assert rule_from_json(json.loads(json.dumps(rule.to_json()))) == rule


def test_settings_are_parameters() -> None:
    text = "M(eps=1e-7, a=3 in [0, 4]) = { state m; m <- m + g; w <- w - lr * orth(m, eps=eps, a=a) }"
    rule = parse(text)
    assert isinstance(rule, Block)
    assert str(parse(str(rule))) == str(rule)
    assert rule_from_json(rule.to_json()) == rule
    assert [setting.name for setting in lower(rule).settings] == ["eps", "a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none ~ orth()", "'orth' takes 1 argument, 'orth(x)', not 0"),
        ("none ~ orth(g, guard=1)", "no parameter 'guard'; expected steps, eps, plus, a, b, c"),
        ("none ~ orth(g, steps=100)", "expected an integer in [0, 99]"),
        ("none ~ orth(g, steps=2.5)", "expected an integer in [0, 99]"),
        ("X(k=5) = none ~ orth(g, steps=k)", "parameter steps of 'orth' must be a plain number"),
        ("none ~ orth(g, eps=-1)", "parameter eps of 'orth' may leave its range"),
        ("none ~ orth(g, c=-101)", "parameter c of 'orth' may leave its range"),
        ("X(a=1) = none ~ orth(g, a=a)", "parameter a of 'orth' may leave its range"),
        ("none ~ orth(g, a=w)", "must be a number, a setting or a function of the step"),
        ("none ~ orth(g, a=1, a=2)", "parameter 'a' of 'orth' is given twice"),
        ("none ~ orth_exact(g, 5)", "'orth_exact' takes 1 argument"),
        ("none ~ orth", "'orth' is a function"),
        ("none ~ ema(g)", "'ema' takes 2 arguments"),
        ("{ state orth; orth <- g; w <- w - orth }", "'orth' has a meaning already"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(NosSymError) as error:
        parse(text)
    assert message in str(error.value)


def test_nodes_take_defaults_and_negative_numbers() -> None:
    g = apply("g")
    assert apply("orth", g) == parse_rule("none ~ orth(g)").update
    assert apply("orth", g, b="-0.5") == parse_rule("none ~ orth(g, b=-0.5)").update
    assert to_sympy(parse_rule("none ~ orth(g)").update).func.__name__ == "orth"


def test_rules_with_them_see_whole_tensors() -> None:
    for text in ("orth(g)", "newton_schulz(g)", "orth_exact(g)", "orth_flat(g)", "newton_schulz_flat(g)"):
        assert not lower(parse(f"none ~ {text}")).elementwise
