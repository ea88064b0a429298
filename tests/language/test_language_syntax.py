"""The project's own syntax: print and parse are inverse, text is minimal, errors name their place."""

from __future__ import annotations

import random

import pytest
from support.random_rules import ONE_LINE, random_decay, random_rule

from nos_sym.errors import RuleError, SourceError
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.kind import Kind
from nos_sym.language.node import MAX_DEPTH, MAX_NODES, kind_of
from nos_sym.language.operands import OPERANDS
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule


def update(text: str) -> str:
    """Return how an update prints after it was read."""
    return print_expression(parse(f"none ~ {text}").update)


# Print and parse


def test_print_then_parse_is_the_identity_on_random_rules() -> None:
    rng = random.Random(1)
    for index in range(2000):
        rule = random_rule(rng, depth=1 + index % 7)
        text = str(rule)
        again = parse(text)
        assert again == rule, text
        assert hash(again) == hash(rule)
        assert str(again) == text


def test_both_grammars_mean_the_same_on_random_rules() -> None:
    rng = random.Random(2)
    for index in range(500):
        rule = random_rule(rng, depth=1 + index % 6, authors=True)
        assert parse(str(rule)) == parse_authors(print_authors(rule)) == rule


def test_print_then_parse_is_the_identity_on_random_schedules() -> None:
    rng = random.Random(3)
    for index in range(300):
        schedule = Schedule(random_decay(rng, depth=index % 4), f"S{index}", "a test")
        (again,) = parse_file(str(schedule))
        assert again == schedule
        assert (again.name, again.source) == (schedule.name, schedule.source)


def test_random_rules_are_deterministic_and_reach_everything() -> None:
    first = [str(random_rule(random.Random(seed))) for seed in range(20)]
    assert first == [str(random_rule(random.Random(seed))) for seed in range(20)]
    rng = random.Random(4)
    rules = [random_rule(rng, depth=6) for _ in range(1500)]
    used = {n.operation.name for r in rules for n in r.update.atoms(*_classes()) | _nodes(r.update)}
    assert used == {operation.name for operation in ONE_LINE}
    assert {r.momentum for r in rules} == set(Momentum)
    assert {r.ascent for r in rules} == {True, False}
    assert any("draw=" in str(r) for r in rules)
    assert not any("drop" in str(random_rule(rng, depth=6, dropout=False)) for _ in range(300))


def _classes() -> tuple[type, ...]:
    from nos_sym.language.registry import CLASSES

    return tuple(CLASSES.values())


def _nodes(expression: object) -> set:
    from sympy import preorder_traversal

    from nos_sym.language.node import Node

    return {n for n in preorder_traversal(expression) if isinstance(n, Node)}


@pytest.mark.parametrize(
    "text",
    [
        "none ~ g + w - v_hat + (s_hat - lam_hat)",
        "none ~ g - (w + v_hat)",
        "none ~ g * w / v_hat * (s_hat / lam_hat)",
        "none ~ (g + w) * (v_hat - s_hat)",
        "none ~ g / (w * v_hat)",
        "none ~ -g * w",
        "none ~ -(g * w)",
        "none ~ --g",
        "none ~ g - -w",
        "none ~ g * -w",
        "none ~ -g^2",
        "none ~ (-g)^2",
        "none ~ (g^2)^3",
        "none ~ (g + w)^2",
        "none ~ [a1] g * w",
        "none ~ [a1] (g * w)",
        "none ~ g * [a1] w",
        "none ~ [a1] [a2] g",
        "none ~ [a1 + a2 * a3] -g",
        "none ~ ([a1] g)^2",
        "none ~ -[a1] g",
        "none ~ [a1^2] g",
        "none ~ [2] g",
        "none ~ abs(g + w)",
        "none ~ qhm(0.7) * qhm2(0) - qhm3(0.99)",
        "none ~ g^2 + g^3 + v_hat + s_hat + lam_hat + agg_v + agg_s + agg_lam",
        "none ~ ema(g, 0.9) / correction(0.9) * [1] g"
        if False
        else "none ~ [1 / correction(0.9)] ema(g, 0.9)",
        "none ~ 0 + 1 + 2.5 + 1e-8 + 1e6 + 123456 + 0.001",
        "none ~ drop(drop(g, 0.5) + drop(w, 0.1), 0.3)",
        "none ~ drop(g, 0.5, draw=1) - drop(g, 0.5, draw=1)",
        "none ~ drop(g, 0.5, draw=2) - drop(g, 0.5, draw=1)",
        "none ascent ~ g",
        "momentum ~ g",
        'Name_1 = nesterov ~ g from "here"',
        'none ~ g from "a source alone"',
    ],
)
def test_text_with_minimal_parentheses_prints_as_it_was(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("((g)) + ((w) * (v_hat))", "g + w * v_hat"),
        ("(g + w) + v_hat", "g + w + v_hat"),
        ("(g * w) / v_hat", "g * w / v_hat"),
        ("(-g)", "-g"),
        ("-(g^2)", "-g^2"),
        ("|g - w|", "abs(g - w)"),
        ("||g||", "abs(abs(g))"),
        ("tanh( g )# and a comment", "tanh(g)"),
        ("tanh(\n  g\n)", "tanh(g)"),
        ("log(g) + asinh(g) - atan(g) * sig(g)", "ln(g) + arcsinh(g) - arctan(g) * sigmoid(g)"),
        ("bessel_i1e(g)", "i1e(g)"),
        ("[deriv_tanh(a1) * deriv_sig(a2) * deriv_soft(a3)] g", "[dtanh(a1) * dsig(a2) * dsoft(a3)] g"),
        ("max(a6, a10) * arcsinh(g)", "[max(a6, a10)] arcsinh(g)"),
        ("arcsinh(g) * a1", "[a1] arcsinh(g)"),
        ("g / a1", "[1 / a1] g"),
        ("2 * g", "2 * g"),
        ("2 * a1 * g", "[2 * a1] g"),
        ("ema_hat(g, 0.9)", "v_hat"),
        ("ema_hat(g, beta=0.9)", "v_hat"),
        ("ema_hat(beta=0.99, g^2)", "s_hat"),
        ("ema_hat(g^2, 0.990)", "s_hat"),
        ("0.3 * g + 0.7 * v_hat", "qhm(0.7)"),
        ("qhm(beta=0.80)", "qhm(0.8)"),
        ("0.633 * ema(g, 0.9) - g", "agg_v"),
        ("wmean(g, w, weight=0.5)", "wmean(g, w, 0.5)"),
        ("drop(g, rate=0.25)", "drop(g, 0.25)"),
        ("drop(g, 0.5, draw=1) + drop(w, 0.5, draw=2)", "drop(g, 0.5) + drop(w, 0.5)"),
        ("00.50 + .5 + 5. + 5e-1 + 5E+0", "0.5 + 0.5 + 5 + 0.5 + 5"),
        ("0.0001 + 0.0010 + 1234567 + 1000000", "1e-4 + 0.001 + 1.234567e6 + 1e6"),
    ],
)
def test_other_spellings_print_one_way(text: str, printed: str) -> None:
    assert update(text) == printed
    assert update(printed) == printed


def test_sugar_is_the_expression_that_it_stands_for() -> None:
    g = apply("g")
    v_hat = apply("ema_hat", g, beta="0.9")
    assert parse("none ~ v_hat").update == v_hat
    assert parse("none ~ s_hat").update == apply("ema_hat", apply("pow", g, exponent=2), beta="0.99")
    assert parse("none ~ lam_hat").update == apply("ema_hat", apply("pow", g, exponent=3), beta="0.999")
    mixed = apply("add", apply("mul", number("0.25"), g), apply("mul", number("0.75"), v_hat))
    assert parse("none ~ qhm(0.75)").update == mixed
    for operand in OPERANDS:
        rule = Rule(Momentum.NONE, operand.expression)
        assert parse(str(rule)) == rule


def test_masks_are_numbered_in_text_order() -> None:
    rule = parse("none ~ drop(drop(g, 0.5), 0.1) + drop(g, 0.5)")
    assert rule == parse("none ~ drop(drop(g, 0.5, draw=1), 0.1, draw=2) + drop(g, 0.5, draw=3)")
    assert rule != parse("none ~ drop(drop(g, 0.5, draw=1), 0.1, draw=2) + drop(g, 0.5, draw=1)")
    assert parse("none ~ drop(g, 0.5) - drop(g, 0.5)").update.args[0] != parse("none ~ g").update
    first, second = parse("none ~ drop(g, 0.5) - drop(g, 0.5)").update.args
    assert first != second


def test_masks_are_numbered_anew_in_every_rule() -> None:
    first, second = parse_file("A = none ~ drop(g, 0.5)\nB = none ~ drop(g, 0.5)")
    assert first == second


# Files


def test_a_file_of_rules_is_read_in_order() -> None:
    text = """
    # rules
    A = none ~ tanh(g)   # the first
    B = nesterov ascent ~ g
        + w from "somewhere"
    S = schedule ~ a1 * a2
    momentum ~ v_hat
    """
    rules = parse_file(text)
    assert [r.name for r in rules] == ["A", "B", "S", ""]
    assert [type(r) for r in rules] == [Rule, Rule, Schedule, Rule]
    assert rules[1] == Rule(Momentum.NESTEROV, parse("none ~ g + w").update, ascent=True)
    assert rules[1].source == "somewhere"
    assert "\n".join(map(str, parse_file("\n".join(map(str, rules))))) == "\n".join(map(str, rules))


def test_names_and_sources_do_not_count_in_equality() -> None:
    rule = parse('A = none ~ g from "x"')
    assert rule == parse("B = none ~ g") == parse("none ~ g")
    assert hash(rule) == hash(parse("none ~ g"))
    assert rule != parse("none ascent ~ g")
    assert rule != parse("momentum ~ g")
    assert rule != parse("none ~ w")
    assert rule != "none ~ g"
    assert rule.named("C").source == "x"
    assert print_body(rule) == "none ~ g"


def test_kinds_follow_from_the_leaves() -> None:
    assert kind_of(parse("none ~ 1 + 2").update) is Kind.NUMBER
    assert kind_of(parse("none ~ 1 + g").update) is Kind.TENSOR
    assert kind_of(parse("none ~ ema(1, 0.9)").update) is Kind.TENSOR
    assert kind_of(parse("none ~ [a1] 1").update) is Kind.TENSOR
    (schedule,) = parse_file("schedule ~ 1 + a1")
    assert isinstance(schedule, Schedule)
    assert kind_of(schedule.factor) is Kind.STEP


# Errors


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "holds no rule"),
        ("# nothing\n", 1, 1, "holds no rule"),
        ("none", 1, 5, "the text ends too early"),
        ("none ~", 1, 7, "expected an operand"),
        ("non ~ g", 1, 1, "did you mean 'none'?"),
        ("adam ~ g", 1, 1, "expected one of none, momentum, nesterov, schedule"),
        ("none up ~ g", 1, 6, "expected 'ascent' or '~'"),
        ("schedule ascent ~ a1", 1, 10, "unexpected 'ascent'"),
        ("none ~ tahn(g)", 1, 8, "unknown function 'tahn'; did you mean 'tanh'?"),
        ("none ~ v_hut", 1, 8, "unknown name 'v_hut'; did you mean 'v_hat'?"),
        ("none ~ tanh", 1, 8, "'tanh' is a function"),
        ("none ~ g(w)", 1, 8, "'g' is no function"),
        ("none ~ tanh()", 1, 8, "'tanh(x)', not 0"),
        ("none ~ tanh(g, w)", 1, 16, "'tanh(x)', not more"),
        ("none ~ clip(g)", 1, 8, "'clip(x, y)', not 1"),
        ("none ~ ema(g)", 1, 8, "'ema(x, beta)', not 1"),
        ("none ~ ema(g, w)", 1, 15, "must be a number, a setting or a function of the step"),
        ("none ~ ema(g, 1)", 1, 8, "expected a value in [0, 1)"),
        ("none ~ ema(g, gamma=0.9)", 1, 15, "no parameter 'gamma'; expected beta"),
        ("none ~ ema(g, 0.9, beta=0.9)", 1, 25, "given twice"),
        ("none ~ drop(g, 1)", 1, 8, "out of range"),
        ("none ~ drop(g, 0.5, draw=0.5)", 1, 8, "expected an integer"),
        ("none ~ drop(g, 0.5, draw=1) + drop(g, 0.5)", 1, 1, "give all or none"),
        ("none ~ qhm(1)", 1, 8, "out of range"),
        ("none ~ g^1e301", 1, 10, "out of range"),
        ("none ~ g^w", 1, 10, "write 'abspow(x, y)', which is |x|^y"),
        ("none ~ g^", 1, 10, "the text ends too early"),
        ("none ~ a1", 1, 8, "an update equation is a tensor"),
        ("schedule ~ g", 1, 12, "a schedule is made of a1 to a14"),
        ("none ~ [g] w", 1, 9, "a tensor stands where a decay function must be"),
        ("none ~ (g + w", 1, 8, "'(' is never closed; expected ')'"),
        ("none ~ g + w)", 1, 13, "')' closes nothing"),
        ("none ~ [a1) g", 1, 11, "does not close '['"),
        ("none ~ g +", 1, 11, "expected an operand"),
        ("none ~ g w", 1, 10, "unexpected 'w' after a complete rule"),
        ("none ~ g w + g", 1, 10, "unexpected 'w' after a complete rule"),
        ('"\0"', 1, 1, "unexpected '\"\\x00\"'; expected '{' or a name"),
        ("none ~ g $ w", 1, 10, "unexpected '$'"),
        ("none ~ g\n  + tahn(w)", 2, 5, "did you mean 'tanh'?"),
        ("A = none ~ g\nA = none ~ w", 2, 1, "the name 'A' is given twice"),
        ("A = none ~ g B = none ~ w", 1, 14, "unexpected 'B' after a complete rule"),
        ("none ~ g none ~ w", 1, 10, "unexpected 'none' after a complete rule"),
        ("A = none ~ g none ascent ~ w", 1, 14, "unexpected 'none' after a complete rule"),
        ('none ~ g from "x" schedule ~ a1', 1, 19, "unexpected 'schedule' after a complete rule"),
        ("class = none ~ g", 1, 1, "is a Python keyword"),
        ("_A = none ~ g", 1, 1, "no identifier"),
        ("none ~ 1e301 * g", 1, 8, "out of range"),
        ("none ~ 1e-301 * g", 1, 8, "out of range"),
        ("none ~ 1e99999 * g", 1, 8, "out of range"),
        ("none ~ g from 'x'", 1, 15, 'expected a text in "quotes"'),
        ("none ~ \u00e9", 1, 8, "unexpected"),
    ],
)
def test_errors_name_the_place_and_what_to_do(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_file(text)
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == (line, column)
    assert "\n" not in str(error)
    shown, caret = error.caret().split("\n")
    assert caret.strip() == "^"
    assert len(caret) <= len(shown) + 1


def test_one_rule_is_expected_of_parse() -> None:
    with pytest.raises(SourceError, match="holds 2 rules; expected one"):
        parse("none ~ g\nnone ~ w")
    with pytest.raises(SourceError, match="is a schedule; expected an optimizer"):
        parse("schedule ~ a1")


@pytest.mark.parametrize(
    "text",
    [
        "none ~ " + "(" * 100_000,
        "none ~ " + "(" * 100_000 + "g" + ")" * 100_000,
        "none ~ " + "[" * 100_000,
        "none ~ " + "|" * 100_000,
        "none ~ " + "-" * 100_000 + "g",
        "none ~ " + "tanh(" * 1_000 + "g" + ")" * 1_000,
        "none ~ " + "g + " * 60_000 + "g",
        "none ~ " + "g^2" * 80_000,
        "none ~ " + "1" * 10_000,
        "none ~ 0." + "1" * 10_000,
        "none ~ 1e" + "9" * 10_000,
        "none ~ 1e-" + "9" * 10_000,
        "none ~ ema(g, 0." + "9" * 10_000 + ")",
        "none ~ g^" + "9" * 10_000,
        "none ~ " + "x" * 200_000,
        "x" * 200_000 + " = none ~ g",
        'none ~ g from "' + "x" * 200_000 + '"',
        "none ~ g\n" * 120_000,
        "\0" * 100_000,
        bytes(range(256)).decode("latin-1") * 500,
        "#" * 200_000,
    ],
    ids=range(21),
)
def test_hostile_text_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_file(text)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert len(caught.value.caret()) < 400


def test_the_largest_rules_print_and_parse() -> None:
    deep = "tanh(" * (MAX_DEPTH - 1) + "g" + ")" * (MAX_DEPTH - 1)
    assert update(deep) == deep
    with pytest.raises(SourceError, match="too large"):
        parse(f"none ~ -{deep}")
    wide = " + ".join(["tanh(g)"] * (MAX_DEPTH - 1))
    assert update(wide) == wide
    expression = apply("g")
    with pytest.raises(RuleError, match=f"and {MAX_NODES} nodes"):
        for _ in range(20):
            expression = apply("add", expression, expression)


def test_a_name_is_an_identifier_and_a_source_is_a_line() -> None:
    rule = parse("none ~ g")
    for name in ("a b", "1a", "None", "match", "_x", "x" * 61, "\u00e9", "a-b", "a\n"):
        with pytest.raises(RuleError):
            rule.named(name)
    for source in ('"', "\\", "a\nb", "\0", "x" * 201):
        with pytest.raises(RuleError):
            rule.named("A", source)
