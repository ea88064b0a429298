"""The authors' log syntax: print and parse are inverse, and what it cannot say is refused by name."""

from __future__ import annotations

import random

import pytest
from support.random_rules import random_rule

from nos_sym.errors import RuleError, SourceError
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.authors.table import form_of as log_form
from nos_sym.language.node import MAX_DEPTH
from nos_sym.language.operands import OPERANDS
from nos_sym.language.operation import Operation
from nos_sym.language.parser import parse
from nos_sym.language.registry import REGISTRY, apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.operations.operands import V_HAT

PAIRS = [
    ("None ~ g", "none ~ g"),
    ("Mom ~ v hat", "momentum ~ v_hat"),
    ("Nest ~ -(g^3)", "nesterov ~ -g^3"),
    ("None ~ sqrt(|s hat|)", "none ~ sqrt(s_hat)"),
    ("None ~ ln(|lam hat|)", "none ~ ln(lam_hat)"),
    ("None ~ ln(|1+exp(10-4w)|)", "none ~ softplus(1e-4 * w)"),
    ("None ~ ln(||g||)", "none ~ ln(abs(g))"),
    ("None ~ 1/(g)", "none ~ recip(g)"),
    ("None ~ 1/(1)", "none ~ recip(1)"),
    ("None ~ 1/(1+|g|)", "none ~ dsoft(g)"),
    ("None ~ 1/(1/(1+|g|))", "none ~ recip(dsoft(g))"),
    ("None ~ g/(1+|g|)", "none ~ softsign(g)"),
    ("None ~ 2/(1+|2|)", "none ~ softsign(2)"),
    ("None ~ |g|/(1+||g||)", "none ~ softsign(abs(g))"),
    ("None ~ (g)+(v hat)/(1+|(g)+(v hat)|)", "none ~ softsign(g + v_hat)"),
    ("None ~ -(g)/(1+|-(g)|)", "none ~ softsign(-g)"),
    ("None ~ -(g/(1+|g|))", "none ~ -softsign(g)"),
    ("None ~ 1/(1+|g|)/(1+|1/(1+|g|)|)", "none ~ softsign(dsoft(g))"),
    ("None ~ [a1][g]/(1+|[a1][g]|)", "none ~ softsign([a1] g)"),
    ("None ~ (g)-(v hat)", "none ~ g - v_hat"),
    ("None ~ (10-6w)*(sign(g))", "none ~ 1e-6 * w * sign(g)"),
    ("None ~ (g) / (v hat)", "none ~ g / v_hat"),
    ("None ~ (g) / (sqrt(1+(v hat)^2))", "none ~ rdiv(g, v_hat)"),
    ("None ~ (g) / (sqrt(|s hat|))", "none ~ g / sqrt(s_hat)"),
    ("None ~ (|g|)^(v hat)", "none ~ abspow(g, v_hat)"),
    ("None ~ (||g||)^(2)", "none ~ abspow(abs(g), 2)"),
    ("None ~ (0.95*(g)+0.05*(sign(v hat)))", "none ~ wmean(g, sign(v_hat), 0.95)"),
    ("None ~ clip(g, 1)", "none ~ clip(g, 1)"),
    ("None ~ max(g, 0)", "none ~ max(g, 0)"),
    ("None ~ min(2, 0)", "none ~ min(2, 0)"),
    ("None ~ drop(g, 0.3)", "none ~ drop(g, 0.3)"),
    ("None ~ expMovAvg(deltaChange(MaxValue(g)))", "none ~ ema_hat(delta(running_max(g)), 0.95)"),
    ("None ~ norm(bessel_i1e(g))", "none ~ clip_norm(i1e(g))"),
    ("None ~ ((1-0.7)*g+0.7*v hat)", "none ~ qhm(0.7)"),
    ("None ~ ((1-0.95)*g^2+0.95*s hat)", "none ~ qhm2(0.95)"),
    ("None ~ ((1-0.99)*g^2+0.99*lam hat)", "none ~ 0.01 * g^3 + 0.99 * lam_hat"),
    ("None ~ mean(beta*v-g)", "none ~ 0.633 * ema(g, 0.9) - g"),
    ("None ~ [a14][2]", "none ~ [a14] 2"),
    ("None ~ [1/(1+exp(-a8)][g]", "none ~ [sigmoid(a8)] g"),
    ("None ~ [erf(1/(1+exp(-a8))][g]", "none ~ [erf(sigmoid(a8))] g"),
    ("None ~ [1/(1+exp(-1/(1+exp(-a8))][g]", "none ~ [sigmoid(sigmoid(a8))] g"),
    ("None ~ [1/(1+exp(-a8/(1+|a8|))][g]", "none ~ [sigmoid(softsign(a8))] g"),
    ("None ~ [1/(1+exp(-a8)/(1+|1/(1+exp(-a8)|)][g]", "none ~ [softsign(sigmoid(a8))] g"),
    ("None ~ [((a12)^2) / (sqrt(1+((a1)+(a9))^2))][g]", "none ~ [rdiv(a12^2, a1 + a9)] g"),
    ("None ~ [sqrt(deriv_soft(a6))][g]", "none ~ [sqrt(dsoft(a6))] g"),
    ("None ~ [deriv_tanh(a1)][[deriv_sig(a2)][g]]", "none ~ [dtanh(a1)] [dsig(a2)] g"),
]


@pytest.mark.parametrize(("authors", "own"), PAIRS)
def test_a_line_means_what_it_should(authors: str, own: str) -> None:
    rule = parse(own)
    assert parse_authors(authors) == rule
    assert print_authors(rule) == authors


def test_spaces_between_words_do_not_matter() -> None:
    assert parse_authors("  None~( g )/( v hat )\t") == parse("none ~ g / v_hat")


def test_softsign_of_one_reads_as_its_equal() -> None:
    assert print_authors(parse("none ~ softsign(1)")) == "None ~ 1/(1+|1|)"
    assert parse_authors("None ~ 1/(1+|1|)") == parse("none ~ dsoft(1)")


def test_masks_are_numbered_in_text_order_and_once_in_a_softsign() -> None:
    rule = parse_authors("None ~ (drop(g, 0.5)/(1+|drop(g, 0.5)|))+(drop(drop(g, 0.5), 0.1))")
    assert rule == parse("none ~ softsign(drop(g, 0.5, draw=1)) + drop(drop(g, 0.5, draw=2), 0.1, draw=3)")


def test_print_then_parse_is_the_identity_on_random_rules() -> None:
    rng = random.Random(20)
    for index in range(2000):
        rule = random_rule(rng, depth=1 + index % 6, authors=True)
        text = print_authors(rule)
        assert parse_authors(text) == rule, text
        assert print_authors(parse_authors(text)) == text


def test_the_generator_of_random_rules_reaches_every_operation_and_operand() -> None:
    rng = random.Random(21)
    texts = [str(random_rule(rng, depth=5, authors=True)) for _ in range(1500)]
    joined = "\n".join(texts)
    for operation in REGISTRY.values():
        if operation.arity and (log_form(operation.name).update or log_form(operation.name).decay):
            symbol = {"add": "+", "sub": "-", "mul": "*", "div": "/", "neg": "-", "scale": "[", "pow": "^2"}
            assert symbol.get(operation.name, f"{operation.name}(") in joined
    for operand in OPERANDS:
        assert any(str(Rule(Momentum.NONE, operand.expression))[len("none ~ ") :] in text for text in texts)


# A softsign doubles its text, and a dropout needs a mask of its own at each level.
DEEP = [
    o for o in REGISTRY.values() if o.arity and log_form(o.name).update and o.name not in ("softsign", "drop")
]


@pytest.mark.parametrize("operation", DEEP, ids=lambda o: o.name)
def test_deep_rules_print_and_parse(operation: Operation) -> None:
    name = operation.name
    expression = V_HAT
    for _ in range(MAX_DEPTH - 2):
        values = dict(
            zip([p.name for p in operation.parameters], log_form(operation.name).values, strict=False)
        )
        if name == "scale":
            expression = apply(name, apply("a1"), expression)
        else:
            expression = apply(name, *[number(1)] * (operation.arity - 1), expression, **values)
    rule = Rule(Momentum.NONE, expression)
    assert parse_authors(print_authors(rule)) == rule


def test_a_text_that_doubles_too_often_is_refused() -> None:
    expression = V_HAT
    for _ in range(100):
        expression = apply("softsign", expression)
    with pytest.raises(RuleError, match="more than 262144 characters"):
        print_authors(Rule(Momentum.NONE, expression))


@pytest.mark.parametrize(
    ("own", "lacks"),
    [
        ("none ascent ~ g", "no 'ascent'"),
        ("none ~ w", "no 'w'"),
        ("none ~ ema(g, 0.9)", "no 'ema'"),
        ("none ~ ema_hat(v_hat, 0.9)", "'ema_hat' only with beta 0.95, not 0.9"),
        ("none ~ wmean(g, v_hat, 0.9)", "'wmean' only with weight 0.95, not 0.9"),
        ("none ~ drop(g, 0.2)", "'drop' only with rate 0.5 or 0.3 or 0.1, not 0.2"),
        ("none ~ drop(g, 0.5, draw=1) - drop(g, 0.5, draw=1)", "no draws"),
        ("none ~ 3 * g", "no number 3 in 'mul'"),
        ("none ~ g + 0", "no number 0 in 'add'"),
        ("none ~ max(0, g)", "no number 0 in 'max'"),
        ("none ~ 3", "no number 3"),
        ("none ~ 0", "no number 0"),
        ("none ~ v_hat^2", "no 'pow' of tensors"),
        ("none ~ dtanh(g)", "no 'dtanh' of tensors"),
        ("none ~ sign(s_hat)", "no 'sign'"),
        ("none ~ cospi(g)", "no 'cospi'"),
        ("none ~ qhm(0.8)", "no number 0.2 in 'mul'"),
        ("none ~ [exp(a1)] g", "no 'exp' of decay functions"),
        ("none ~ [a1^3] g", "'pow' only with exponent 2, not 3"),
        ("none ~ [a1 + 1] g", "a number stands where a decay function must be, in 'add'"),
        ("none ~ [1 + 1] g", "a number stands where a decay function must be, in 'scale'"),
        ("none ~ [p] g", "no 'p' of decay functions"),
        ("none ~ g + a1", "a decay function stands where a tensor must be, in 'add'"),
        ("none ~ tanh(a1 + g)", "a decay function stands where a tensor must be, in 'add'"),
        ("none ~ ema_hat(a1, 0.95)", "a decay function stands where a tensor must be, in 'ema_hat'"),
        ("none ~ [correction(0.9)] g", "no 'correction' of decay functions"),
    ],
)
def test_what_the_syntax_lacks_is_named(own: str, lacks: str) -> None:
    with pytest.raises(RuleError, match="authors' syntax") as caught:
        print_authors(parse(own))
    assert lacks in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "holds no rule"),
        ("   ", 1, "holds no rule"),
        ("None", 5, "expected '~'"),
        ("None ~", 7, "the text ends too early; expected an operand"),
        ("Nst ~ g", 1, "unknown momentum type 'Nst'; did you mean 'Nest'?"),
        ("Adam ~ g", 1, "expected one of None, Mom, Nest"),
        ("None ~ tahn(g)", 8, "unknown function 'tahn'; did you mean 'tanh'?"),
        ("None ~ q", 8, "unknown name 'q'; the operands are g"),
        ("None ~ [a15][g]", 9, "unknown name 'a15'; the operands are g"),
        ("None ~ q hat", 8, "unknown operand 'q hat'; the operands are g"),
        ("None ~ g^4", 8, "unknown operand 'g^4'"),
        ("None ~ sign(s hat)", 8, "unknown operand 'sign(s hat)'; the operands are g"),
        ("None ~ tanh", 8, "expected '(' after it"),
        ("None ~ g(g)", 8, "'g' is no function"),
        ("None ~ tanh(g, g)", 8, "takes 1 argument, not 2"),
        ("None ~ clip(g)", 8, "takes 2 arguments, not 1"),
        ("None ~ sqrt(g)", 13, "expected '|' after 'sqrt('"),
        ("None ~ (g)^(g)", 9, "expected '|' after '('"),
        ("None ~ (g)", 11, "expected an operator"),
        ("None ~ (g) + (v hat", 14, "'(' is never closed"),
        ("None ~ tanh(g))", 15, "')' closes nothing"),
        ("None ~ [1/(1+exp(-a8))][g]", 22, "expected ']'"),
        ("None ~ [1/(1+exp(-a8][g]", 21, "does not close '1/(1+exp(-'"),
        ("None ~ g/(1+|v hat|)", 14, "two arguments of 'x/(1+|x|)' differ"),
        ("None ~ drop(g, 0.5)/(1+|drop(g, 0.3)|)", 25, "two arguments of 'x/(1+|x|)' differ"),
        ("None ~ a1", 8, "a decay function stands alone"),
        ("None ~ (g)+(a1)", 13, "a decay function stands where a tensor must be"),
        ("None ~ (a1)+(g)", 9, "a decay function stands where a tensor must be, in 'add'"),
        ("None ~ tanh((a1)+(g))", 14, "a decay function stands where a tensor must be, in 'add'"),
        ("None ~ clip(g, a1)", 16, "a decay function stands where a tensor must be, in 'clip'"),
        ("None ~ expMovAvg(a1)", 8, "'expMovAvg' is no function of decay functions"),
        ("None ~ [g][a1]", 9, "a tensor stands where a decay function must be"),
        ("None ~ [g][g]", 9, "a tensor stands where a decay function must be"),
        ("None ~ [a1][a2]", 13, "a decay function stands where a tensor must be"),
        ("None ~ [(a1)+(1)][g]", 15, "a number stands where a decay function must be"),
        ("None ~ [max(a1, 0)][g]", 17, "a number stands where a decay function must be"),
        ("None ~ [sig(a1)][g]", 9, "'sig' is no function of decay functions"),
        ("None ~ deriv_tanh(g)", 8, "'deriv_tanh' is no function of tensors"),
        ("None ~ [1/(1+|a1|)][g]", 15, "is written 'deriv_soft(x)'"),
        ("None ~ 1/(1+exp(-g)", 18, "is written 'sig(x)'"),
        ("None ~ (g)^2", 9, "no 'pow' of tensors"),
        ("None ~ [(a1)^3][g]", 14, "expected 2 after '^'"),
        ("None ~ (g) / (sqrt(1+(g)^3))", 26, "expected '2'"),
        ("None ~ (0.9*(g)+0.1*(g))", 9, "expected (0.95*(x)+0.05*(y))"),
        ("None ~ (g)+(3)", 13, "no number 3"),
        ("None ~ (g)+(0)", 13, "no number 0 in 'add'"),
        ("None ~ 0", 8, "a number stands alone"),
        ("None ~ drop(g, 0.2)", 16, "no number 0.2"),
        ("None ~ drop(g, 1)", 8, "out of range"),
        ("None ~ drop(g, g)", 16, "expected 0.5 or 0.3 or 0.1"),
        ("None ~ g @ g", 10, "unexpected '@'"),
        ("None ~ g\nMom ~ g", 9, "unexpected character U+000A"),
        ("None ~ tanh(g) val: 0.3", 16, "unexpected 'val'"),
    ],
)
def test_errors_name_the_place_and_what_to_do(text: str, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_authors(text)
    assert message in caught.value.message
    assert caught.value.column == column
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "None ~ " + "(" * 100_000,
        "None ~ " + "[" * 100_000 + "]" * 100_000,
        "None ~ " + "1/(1+exp(-" * 20_000,
        "None ~ " + "|" * 100_000,
        "None ~ " + "-(" * 80_000 + "g" + ")" * 80_000,
        "None ~ " + "1" * 10_000,
        "None ~ drop(g, 0." + "5" * 10_000 + ")",
        "None ~ 10-" + "6" * 10_000 + "w",
        "None ~ " + "g/(1+|" * 30_000,
        "None ~ " + "g " * 100_000,
        "None ~ " + "x" * 1_000_000,
        "\0" * 100_000,
        bytes(range(256)).decode("latin-1") * 500,
    ],
    ids=range(13),
)
def test_hostile_text_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_authors(text)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert len(caught.value.caret()) < 400


def test_a_long_line_of_doubled_softsigns_is_read() -> None:
    text = "g"
    while len(text) < 20_000:
        text = f"{text}/(1+|{text}|)"
    assert print_authors(parse_authors(f"None ~ {text}")) == f"None ~ {text}"
