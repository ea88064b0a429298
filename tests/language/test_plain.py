"""Plain SymPy: simplified for ordinary rules, and always done soon."""

from __future__ import annotations

import random

import pytest
import sympy

from nos_sym import catalog
from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.plain import MAX_PLAIN, print_plain
from nos_sym.language.plain_form import plain_form
from nos_sym.language.rule import Rule


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("none ~ 0.5 * g + 0.5 * g", "g"),
        ("none ascent ~ abspow(g, 2)", "-g**2"),
        ("none ~ max(w, g) * abspow(2, 10)", "1024*Max(g, w)"),
        ("none ~ [a2 / a2] g", "g"),
        ("none ~ abspow(4, 0.5) * g", "2*g"),
    ],
)
def test_ordinary_rules_are_simplified(text: str, printed: str) -> None:
    assert str(parse(text).sympy()) == printed


# Each of these would take SymPy years, or all memory, if it were simplified.
ENDLESS = {
    "a power next to one": "none ~ g * abspow(1.0000001, 1e9)",
    "powers of powers": "none ~ " + "(" * 9 + "2 * g" + ")^9" * 9,
    "a power of a decay": "none ~ [abspow(2 * p, 1e5)] g",
    "an exponent that cancels": "none ~ abspow(2, 1e12 * g / g)",
    "exponents of exponents": "none ~ abspow(2, abspow(2, abspow(2, 9 * g / g)))",
    "a tower that cancels": "none ~ max(2, exp(exp(exp(exp(exp(2 * g / g))))))",
    "signs of nested functions": "none ~ " + "tanh(dsig(sqrt(max(w, " * 4 + "g" + "))))" * 4,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_rules_that_would_not_end_are_left_as_they_are(text: str) -> None:
    form = parse(text).sympy()
    assert form.has(sympy.Symbol("g", real=True))
    assert len(print_plain(parse(text).update)) < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "none ~ g * abspow(2, 1e12)",
        "none ~ max(g, exp(exp(1e300)))",
        "none ~ g + cospi(exp(exp(99)))",
        "none ~ sign(g * exp(exp(1e200)) - exp(exp(1e199)) * g)",
        "none ~ w + g / abspow(1e-300, 1e300)",
    ],
)
def test_numbers_beyond_sympy_are_refused(text: str) -> None:
    with pytest.raises(RuleError, match="beyond SymPy"):
        parse(text).sympy()


def test_the_value_is_the_same_without_simplification() -> None:
    g = sympy.Symbol("g", real=True)
    deep = "tanh(" * 13 + "0.5 * g + 0.5 * g" + ")" * 13
    form = parse(f"none ~ {deep}").sympy()
    expected = g
    for _ in range(13):
        expected = sympy.tanh(expected)
    assert str(form) != str(expected)
    assert float(form.subs(g, 0.7)) == pytest.approx(float(expected.subs(g, 0.7)))


def test_the_text_is_that_of_sympy() -> None:
    rule = parse("none ascent ~ w + 0.5 * g")
    assert print_plain(rule.update, ascent=rule.ascent) == str(rule.sympy()) == "-g/2 - w"


def test_long_sums_of_deep_terms_print() -> None:
    rng = random.Random(0)
    for _ in range(20):
        text = "g"
        for _ in range(60):
            text = rng.choice(["tanh({})", "ln({})", "softplus({})", "w + {}", "sqrt({})", "2 - {}"]).format(
                text
            )
        assert print_plain(parse(f"none ascent ~ {text}").update, ascent=True)


def test_functions_written_out_may_be_too_large() -> None:
    with pytest.raises(RuleError, match=f"too large for SymPy; .* {MAX_PLAIN} nodes"):
        parse("none ~ " + "softsign(" * 100 + "g" + ")" * 100).sympy()
    with pytest.raises(RuleError, match="expected at most 150 levels"):
        parse("none ~ " + "rdiv(w, " * 100 + "g" + ")" * 100).sympy()
    assert print_plain(parse("none ~ " + "tanh(" * 149 + "g" + ")" * 149).update).count("tanh") == 149
    (schedule,) = parse_file("schedule ~ " + "softsign(" * 100 + "a1" + ")" * 100)
    with pytest.raises(RuleError, match="too large for SymPy"):
        schedule.sympy()


@pytest.mark.parametrize("name", ["Opt1", "Opt4", "Opt6", "Opt8", "A3", "LR3", "LR8", "Adam", "AMSGradKeras"])
def test_rules_of_the_catalog_are_simplified(name: str) -> None:
    entry = catalog.entry(name)
    body = entry.update if isinstance(entry, Rule) else entry.factor
    assert str(entry.sympy()) == str(_plain(body))


def _plain(expression: sympy.Basic) -> sympy.Basic:
    if not hasattr(expression, "operation"):
        return expression
    operation = expression.operation
    if operation.kind is Kind.STEP and operation.meaning.definition is not None:
        return _plain(operation.meaning.definition())
    return plain_form(operation.name, sympy, *map(_plain, expression.operands), *expression.parameters)
