"""Plain SymPy is read back: what ``--to sympy`` prints, and text of that kind."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.errors import RuleError, SourceError
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.plain import print_plain
from nos_sym.language.plain_reader import parse_plain
from nos_sym.language.products import product
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.program.interpreter import Interpreter

# The text of a number alone is an update.
RULES = [
    (entry.name, entry)
    for entry in catalog.entries()
    if not isinstance(entry, Block) and entry.name != "ConstantRate"
]
REWRITTEN = {"Opt71", "LR4"}
"""SymPy rewrites these, such as ``tanh(arcsinh(x))`` to ``x/sqrt(1 + x^2)``, which have other keys."""

OF_PROGRESS = {"LinearDecay", "PolynomialDecay", "PolynomialDecayCycles", "CosineDecay", "CosineAnnealing"}
"""These read ``t/T`` alone, which is read as the progress ``p``: the same as long as the training goes on."""


def optimizer(rule: Rule | Schedule) -> Rule:
    """Return what the text of plain SymPy says of a rule."""
    if isinstance(rule, Schedule):
        return Rule(Momentum.NONE, product(rule.factor, apply("g")))
    update = apply("neg", rule.update) if rule.ascent else rule.update
    return replace(rule, momentum=Momentum.NONE, update=update, ascent=False, settings=())


def unsimplified(rule: Rule | Schedule) -> str:
    """Return SymPy's text without any simplification."""
    if isinstance(rule, Schedule):
        return print_plain(rule.factor, simplify=False)
    return print_plain(rule.update, ascent=rule.ascent, simplify=False)


def printed(rule: Rule | Schedule) -> str:
    if isinstance(rule, Schedule):
        return print_plain(rule.factor)
    return print_plain(rule.update, ascent=rule.ascent)


def moves(rule: Rule) -> list[float]:
    # A mask of its own for each draw.
    interpreter = Interpreter(
        rule, (2,), total_steps=5, uniform=lambda draw, shape: np.full(shape, draw * 0.37 % 1)
    )
    weights = np.array([0.7, -1.9])
    return [
        float(u) for g in (0.31, -1.7, 0.9, -0.2) for u in interpreter.update(np.array([g, g - 0.4]), weights)
    ]


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_the_catalog_comes_back(name: str, rule: Rule | Schedule) -> None:
    (whole,), (simplified,) = parse_plain(unsimplified(rule)), parse_plain(printed(rule))
    assert type(whole) is type(rule) and type(simplified) is type(rule)
    wanted = optimizer(rule)
    if name in OF_PROGRESS:
        assert key_of(optimizer(whole)) == key_of(optimizer(simplified)) != key_of(wanted)
    else:
        assert key_of(optimizer(whole)) == key_of(wanted)
        assert (key_of(optimizer(simplified)) == key_of(wanted)) is (name not in REWRITTEN)
    assert moves(optimizer(simplified)) == pytest.approx(moves(wanted), rel=1e-9, abs=1e-12)


def _random_rules(n: int, seed: int) -> list[Rule]:
    rng = random.Random(seed)
    return [random_rule(rng, depth=3) for _ in range(n)]


def _check_random(rule: Rule) -> tuple[bool, bool]:
    """Return whether the keys of both texts are the rule's."""
    try:
        texts = unsimplified(rule), printed(rule)
    except RuleError:
        return True, True
    (whole,), (simplified,) = map(parse_plain, texts)
    wanted = optimizer(rule)
    if isinstance(whole, Schedule):
        # A tensor of a function of the step alone, such as 'i1e([a1] 1)': the text is that function.
        return True, True
    same = key_of(optimizer(simplified)) == key_of(wanted)
    if not same:
        with np.errstate(all="ignore"):
            found, expected = moves(optimizer(simplified)), moves(wanted)
        # SymPy cancels x/x and such, which differ at zeros alone.
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-9), str(rule)
    return key_of(optimizer(whole)) == key_of(wanted), same


def test_random_rules_come_back() -> None:
    found = [_check_random(rule) for rule in _random_rules(25, 7)]
    assert sum(whole for whole, _ in found) >= 24
    assert sum(same for _, same in found) >= 23


@pytest.mark.heavy
def test_many_random_rules_come_back() -> None:
    found = [_check_random(rule) for rule in _random_rules(400, 8)]
    assert sum(whole for whole, _ in found) >= 390
    assert sum(same for _, same in found) >= 370


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("ema_hat(g, 9/10)/(sqrt(g**2) + 1.0e-8)", "v_hat / (sqrt(g^2) + 1e-8)"),
        ("g**(1/3)", "sign(g) * abspow(g, 1 / 3)"), ("cbrt(g)", "sign(g) * abspow(g, 1 / 3)"),
        ("root(g, 4)", "abspow(g, 0.25)"), ("Abs(g)**(1/2)", "sqrt(abs(g))"),
        ("Max(g, 0, w)", "max(max(g, 0), w)"),
        ("g*(1 - t/T)", "[1 - p] g"), ("g*(t + 1)/T", "[1 - remaining] g"),
        ("2*g*t**2/T**2", "[p^2] (2 * g)"),
        ("Mod(2*t, T)*g/T", "[r] g"), ("g*sqrt(Mod(2*t, T))/sqrt(T)", "[sqrt(r)] g"),
        ("g*(1 - 0.9**(t + 1))", "[1 - (1 - correction(0.9))] g"), ("cos(pi*g/2)", "cospi(g / 2)"),
        ("(-1)**(1 - sign(g))", "cospi(1 - sign(g))"),
        ("cos(g)", "cospi(g / (4 * arctan(1)))"), ("exp(-Abs(g))*besseli(1, g)", "i1e(g)"),
        ("1/(exp(-g) + 1)", "sigmoid(g)"), ("exp(-w)/(1 + exp(-w))**2", "dsig(-w)"), ("log(Abs(g))", "ln(g)"),
        ("log(g, 2)", "ln(g) / ln(2)"), ("E*g", "exp(1) * g"), ("-g**2", "-g^2"), ("+g", "g"),
        ("re(g) + im(g)", "g + 0"), ("clip_norm(g)", "clip_norm(g)"), ("drop(g, 1/2, 1)", "drop(g, 0.5)"),
        ("Max(\n  g,\n  w)", "max(g, w)"), ("v_hat + a1*g", "v_hat + [a1] g"),
    ],
)  # fmt: skip
def test_sympy_of_that_kind(text: str, rule: str) -> None:
    (found,) = parse_plain(text)
    assert isinstance(found, Rule)
    assert key_of(found) == key_of(parse(f"none ~ {rule}"))
    assert moves(found) == pytest.approx(moves(parse(f"none ~ {rule}")), rel=1e-12)


def test_the_step_alone_is_a_schedule_and_every_line_a_rule() -> None:
    found = parse_plain(
        "# two\ng\n\nsqrt(1 - t/T)\r\nMax(g,\n # no comment\n w)\n".replace(" # no comment\n", "")
    )
    assert [type(rule) for rule in found] == [Rule, Schedule, Rule]
    assert str(found[1]) == "schedule ~ sqrt(1 - p)"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("sin(g)", 1, 1, "unknown function 'sin'; write 'cospi("),
        ("g +* w", 1, 4, "unexpected '*'"),
        ("g\nw + tahn(g)", 2, 5, "did you mean 'tanh'?"),
        ("2 g", 1, 3, "unexpected 'g'"),
        ("(g", 1, 1, "never closed"),
        ("g)", 1, 2, "closes nothing"),
        ("zoo*g", 1, 1, "no real number"),
        ("g + I", 1, 5, "no real number"),
        ("Mod(t, T)*g", 1, 1, "expected 'Mod(2*t, T)'"),
        ("besseli(2, g)", 1, 1, "order 1 alone"),
        ("ema(g)", 1, 1, "takes 2 arguments"),
        ("sqrt(g, w)", 1, 1, "takes 1 argument, not 2"),
        ("Max()", 1, 1, "takes 1 or more arguments, not 0"),
        ("g**w", 1, 1, "write 'abspow(x, y)'"),
        ("(-1)**g", 1, 3, "write 'abspow(x, y)'"),
        ("exp", 1, 1, "expected '(' after it"),
        ("Piecewise((g, g > 0), (0, True))", 1, 13, "unexpected ','"),
        ("", 1, 1, "holds no expression"),
        ("10**400*g", 1, 1, "out of range"),
        ("ema(g, 11/10)", 1, 1, "out of range"),
        ("ema(g, w)", 1, 1, "a tensor stands where a number must be"),
        ("x + g", 1, 1, "unknown symbol 'x'"),
    ],
)
def test_errors_name_the_place_and_what_to_do(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_plain(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    ["g**" * 3000 + "2", "-" * 9000 + "g", "2**" * 999 + "2", "(" * 200 + "g" + ")" * 200, "g" + "+g" * 9000,
     "9**9**9**9", "t*" * 3000 + "g", "T**T", "(1/3)**(t*10**300)*g", "g**(10**300)",
     "cbrt(" * 100 + "g" + ")" * 100, "exp(" * 149 + "g" + ")" * 149, "(" * 10_000, "1/" * 3000 + "g",
     "g*" * 100_000 + "g", "g/" * 100_000 + "g", "2*" * 100_000 + "g"],
    ids=range(17),
)  # fmt: skip
def test_hostile_text_is_answered(text: str) -> None:
    try:
        assert parse_plain(text)
    except SourceError as error:
        assert str(error).isprintable()
