"""Rules that are put together in Python mean what their texts mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

import nos_sym
from nos_sym import lang
from nos_sym.lang import ema_hat, g, lr, sqrt, t, tanh, w, where

beta = lang.setting("beta", 0.9)
m = lang.state("m")

WRITTEN: list[tuple[object, str]] = [
    (ema_hat(g, 0.9) / (sqrt(ema_hat(g**2, 0.999)) + 1e-8), "v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)"),
    (g - (w - 2), "g - (w - 2)"),
    ((g - w) - 2, "g - w - 2"),
    (g / (w / 2), "g / (w / 2)"),
    (2 / g - 1, "2 / g - 1"),
    (1 - g * 2, "1 - g * 2"),
    (-(g**2), "-g^2"),
    ((-g) ** 2, "(-g)^2"),
    (-(g - w), "-(g - w)"),
    (+g * abs(g - w), "g * abs(g - w)"),
    (g * Fraction(-1, 3), "g * (-1 / 3)"),
    (g * Decimal("0.10"), "g * 0.1"),
    (Fraction(1, 3) ** g, "(1 / 3)^g"),
    ((1 / 3) ** g, "0.3333333333333333^g"),
    (Fraction(3) * g, "3 * g"),
    (10**300 * g, "1e300 * g"),
    (np.float16(0.1) * g + np.float32(0.1) ** w, "0.1 * g + 0.1^w"),
    (g * sympy.Float("0.1", 5) + sympy.Float("0.1", 30) * w, "g * 0.1 + 0.1 * w"),
    (where(lang.equal(g, 0), g, w), "where(g == 0, g, w)"),
    (where(lang.not_equal(g, w) & (g < w), g, w), "where(g != w and g < w, g, w)"),
    (np.float32(0.1) * g + np.float64(1e-5) * w + np.int64(3) * g, "0.1 * g + 1e-5 * w + 3 * g"),
    (lang.a4 * lang.qhm(0.7), "a4 * qhm(0.7)"),
    (lang.max(g, 0.5 * w), "max(g, 0.5 * w)"),
    (where((g > 0) & (w <= 1) | ~(g < w), g, -w), "where(g > 0 and w <= 1 or not (g < w), g, -w)"),
    (where(g >= 0, tanh(g), 0), "where(g >= 0, tanh(g), 0)"),
    (lang.Adam(lang.clip_norm(g)), "Adam(clip_norm(g))"),
    (lang.AdamWTorch(g, eps=1e-6), "AdamWTorch(g, eps=1e-6)"),
    (tanh(sympy.Rational(1, 3) * 1) * g, "tanh(1 / 3) * g"),
    (g * sympy.Float(1 / 3), "g * 0.3333333333333333"),
    (lang.expression((0.1 + 0.2) * sympy.Symbol("g")), "0.30000000000000004 * g"),
    (lang.expression(sympy.Symbol("g") ** 2 * sympy.Float(-0.5)), "-0.5 * g^2"),
]


@pytest.mark.parametrize(("update", "text"), WRITTEN, ids=[text for _, text in WRITTEN])
def test_operators_mean_what_they_mean_in_a_text(update: object, text: str) -> None:
    assert lang.rule(update) == nos_sym.parse(f"none ~ {text}")


def test_heads() -> None:
    made = lang.rule(g, name="Mine", momentum="nesterov", ascent=True, source="a paper")
    assert str(made) == 'Mine = nesterov ascent ~ g from "a paper"'
    assert lang.rule(g, momentum=nos_sym.Momentum.MOMENTUM) == nos_sym.parse("momentum ~ g")


def test_settings_stand_in_the_head() -> None:
    rate = lang.setting("rate", 0.25, "[0, 2)")
    made = lang.rule(ema_hat(g, beta) * rate, name="Mine")
    assert str(made) == "Mine(beta=0.9, rate=0.25 in [0, 2)) = none ~ ema_hat(g, beta) * rate"
    with pytest.raises(nos_sym.RuleError, match="needs a name"):
        lang.rule(g * beta)


def test_blocks() -> None:
    heavy = lang.block(m.becomes(beta * m + g), w.becomes(w - lr * m), name="Heavy")
    assert str(heavy) == "Heavy(beta=0.9) = { state m; m <- beta * m + g; w <- w - lr * m }"
    late = lang.block(w.becomes(w - lr * m), m.becomes(0.9 * m + g))
    assert late == nos_sym.parse("{ state m; w <- w - lr * m; m <- 0.9 * m + g }")
    assert nos_sym.key_of(late) != nos_sym.key_of(heavy)
    v, start = lang.state("v", kind="scalar"), lang.state("start", start=w)
    made = lang.block(
        v.becomes(v + lang.sum((w - start) ** 2)),
        lang.when(
            lang.rank >= 2, w.becomes(w - lr * g), otherwise=(w.becomes(w - lr * g / (sqrt(v) + t + 1)),)
        ),
        start.becomes(start),
    )
    assert {state.name: state.kind.name for state in made.states} == {"v": "SCALAR", "start": "TENSOR"}
    assert made == nos_sym.parse(str(made))


def test_schedules() -> None:
    assert str(lang.schedule(lang.a4 * 2, name="Mine")) == "Mine = schedule ~ a4 * 2"


@pytest.mark.parametrize("name", ["Adam", "Opt2", "Opt7", "LR1"])
def test_sympy_expressions_are_taken(name: str) -> None:
    entry = nos_sym.catalog.entry(name)
    assert not isinstance(entry, nos_sym.Block)
    if isinstance(entry, nos_sym.Schedule):
        assert lang.schedule(entry.sympy(), name=name).factor is not None
    else:
        assert nos_sym.compare(lang.rule(entry.sympy()), entry, almost=True)


WORD = lang.state("s_hat")


def doubled(x: lang.Expression) -> lang.Expression:
    for _ in range(60):
        x = x * x
    return x


def doubled_in_sympy() -> sympy.Expr:
    x = sympy.Symbol("g")
    for _ in range(40):
        x = sympy.sin(x) + sympy.cos(x)
    return x


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: lang.tahn, "did you mean 'tanh'"),
    (lambda: bool(g > 0), "neither true nor false"),
    (lambda: 0 < g < 1, "neither true nor false"),
    (lambda: lang.rule("g"), r"not 'g' \(str\)"),
    (lambda: lang.rule(True), r"\(bool\)"),
    (lambda: g * None, r"\(NoneType\)"),
    (lambda: g * float("nan"), "finite"),
    (lambda: g * Decimal("inf"), "finite"),
    (lambda: lang.rule(tanh), "expected '\\(' after it"),
    (lambda: tanh(g)(g), "no function"),
    (lambda: beta(g), "no function"),
    (lambda: g.becomes(w), "no state"),
    (lambda: beta.becomes(w), "no state"),
    (lambda: lang.block(m.becomes(g)), "does not move the weight"),
    (lambda: lang.setting("a b", 1), "no identifier"),
    (lambda: lang.setting("", 1), "has a name"),
    (lambda: lang.setting("b", 1, "0] x"), "no domain"),
    (lambda: lang.state("m; w <- g"), "no identifier"),
    (lambda: lang.state("m", kind="row = 1"), "of kind"),
    (lambda: lang.setting("beta", 0.5) * beta, "declared as 'beta=0.5' and as 'beta=0.9'"),
    (lambda: lang.state("beta") * beta, "declared as"),
    (lambda: lang.rule(g, momentum="heavy"), "momentum is"),
    (lambda: lang.rule(g, name="a b"), "no identifier"),
    (lambda: lang.rule(sympy.Symbol("q")), "unknown symbol 'q'"),
    (lambda: lang.expression(sympy.Function("f")(sympy.Symbol("g"))), "unknown function 'f'"),
    (lambda: lang.orth(g, **{"steps=3) + w + orth(g, steps": 3}), "no identifier"),
    (lambda: g == w or lang.rule(g == w), r"\(bool\); '==' compares objects: write lang.equal"),
    (lambda: lang.less, "no word 'less'; write x < y"),
    (lambda: getattr(lang, "Adam\nx"), r"no word 'Adam\\nx'"),
    (
        lambda: lang.block(WORD.becomes(WORD + lang.s_hat), w.becomes(w - WORD)),
        "'state s_hat' has the name of",
    ),
    (lambda: lang.setting("size", 1) * lang.size, "'size=1' has the name of a word"),
    (lambda: lang.momentum * lang.setting("momentum", 0.9), "'momentum=0.9' has the name of a word"),
    (lambda: lang.setting("v_hat", 1) * sympy.Symbol("g") * lang.v_hat, "has the name of a word"),
    (lambda: lang.rule(g, name=None), r"name of a rule is a text, not None \(NoneType\)"),  # type: ignore[arg-type]
    (lambda: lang.rule(g, name=3), "name of a rule is a text, not 3"),  # type: ignore[arg-type]
    (lambda: lang.rule(g, source=3), "source of a rule is a text, not 3"),  # type: ignore[arg-type]
    (lambda: lang.rule(g, ascent="no"), "'ascent' is True or False, not 'no'"),  # type: ignore[arg-type]
    (lambda: lang.rule(g, momentum=3), "momentum is 'none', 'momentum' or"),  # type: ignore[arg-type]
    (lambda: lang.schedule(lang.a1, name=3), "name of a rule is a text"),  # type: ignore[arg-type]
    (lambda: lang.rule(w.becomes(w)), r"\(Statement\)"),
    (lambda: lang.block([w.becomes(g)]), "statements one after the other"),  # type: ignore[arg-type]
    (lambda: lang.block(), "does not move the weight"),
    (lambda: lang.when(lang.rank >= 2, [w.becomes(g)]), "one after the other"),  # type: ignore[arg-type]
    (lambda: lang.when(lang.rank >= 2, otherwise=w.becomes(w)), "tuple of statements"),  # type: ignore[arg-type]
    (lambda: lang.setting(3, 0.1), "name of a setting is a text, not 3"),  # type: ignore[arg-type]
    (lambda: lang.setting("b", "x"), "default of 'b' is a number, not 'x'"),  # type: ignore[arg-type]
    (lambda: lang.setting("b", 1, 3), "domain of 'b' is a text"),  # type: ignore[arg-type]
    (lambda: lang.setting("b", Fraction(1, 3)), "'1/3' has no finite decimal"),
    (lambda: lang.state(3), "name of a state is a text"),  # type: ignore[arg-type]
    (lambda: lang.state("m", kind=3), "kind of 'm' is a text"),  # type: ignore[arg-type]
    (lambda: lang.expression(2 * sympy.Symbol("g + w")), r"unknown symbol 'g \+ w'"),
    (lambda: lang.expression(sympy.Dummy("g")), "unknown symbol '_g'"),
    (lambda: lang.expression(sympy.MatrixSymbol("g + w", 2, 2)), "is no symbol"),
    (lambda: lang.expression(sympy.Function("f(g)+")(sympy.Symbol("g"))), "unknown function"),
    (lambda: g * sympy.Float(10) ** 10**6, "at most 1e300"),
    (lambda: g * sympy.Float(10) ** -(10**6), "at least 1e-300"),
    (lambda: g * sympy.Integer(10) ** 10**5, "at most 1e300"),
    (lambda: g * sympy.pi.n(60), "at most 40 digits"),
    (lambda: g * np.array([1.0]), r"\(ndarray\)"),
    (lambda: g * np.float32("nan"), "finite"),
    (lambda: g * Decimal("1e400"), "at most 1e300"),
    (lambda: g * Decimal("0." + "1" * 10**5), "at most 40 characters"),
    (lambda: g * (10**299 + 1), "at most 40 characters"),
    (lambda: doubled(g), "too large; expected at most 262144"),
    (lambda: lang.expression(doubled_in_sympy()), "too large"),
    (lambda: g * 10**5000, "at most 1e300"),
    (lambda: g * Fraction(10**5000, 3), "at most 1e300"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_means_nothing_is_one_line(call: Callable[[], object], message: str) -> None:
    with pytest.raises((nos_sym.NosSymError, AttributeError), match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_words_are_listed() -> None:
    assert {"g", "w", "v_hat", "tanh", "rule", "qhm", "Adam"} <= set(dir(lang))


@pytest.mark.parametrize("word", sorted(set(dir(lang)) - set(lang.__all__) - set(nos_sym.catalog.names())))
def test_what_is_listed_is_known(word: str) -> None:
    text = str(getattr(lang, word))
    for update in (text, f"{text}(g)"):
        try:
            nos_sym.parse(f"{{ w <- w - lr * {update} }}")
        except nos_sym.SourceError as error:
            assert "unknown" not in str(error)


class Misprinted(str):
    """A text that prints as another one."""

    def __str__(self) -> str:
        return "g) + (w"

    def __format__(self, specification: str) -> str:
        return "g) + (w"


def test_texts_are_taken_as_they_are() -> None:
    rate = lang.setting(Misprinted("rate"), 0.5, Misprinted("[0,1)"))
    made = lang.rule(g * rate, name=Misprinted("Mine"), momentum=Misprinted("none"), source=Misprinted("me"))
    assert str(made) == 'Mine(rate=0.5 in [0, 1)) = none ~ g * rate from "me"'
    slow = lang.state(Misprinted("slow"), kind=Misprinted("row"))
    moved = lang.block(slow.becomes(slow + lang.row_mean(g)), w.becomes(w - lr * slow))
    assert str(moved) == "{ state slow: row; slow <- slow + row_mean(g); w <- w - lr * slow }"
    assert lang.rule(lang.AdamWTorch(g, **{Misprinted("eps"): 1e-6})) == nos_sym.parse(
        "none ~ AdamWTorch(g, eps=1e-6)"
    )


def test_what_has_the_name_of_a_word_stands_in_its_place() -> None:
    moved = lang.block(WORD.becomes(0.9 * WORD + g), w.becomes(w - lr * WORD))
    assert str(moved) == "{ state s_hat; s_hat <- 0.9 * s_hat + g; w <- w - lr * s_hat }"
    hidden = lang.block(w.becomes(w - lr * lang.setting("size", 2) * g), name="Mine")
    assert str(hidden) == "Mine(size=2) = { w <- w - lr * size * g }"


@pytest.mark.parametrize(
    "default", [Fraction(9, 10), sympy.Rational(9, 10), sympy.Float(0.9), np.float16(0.9)]
)
def test_defaults_are_numbers_of_any_type(default: float) -> None:
    assert str(lang.rule(lang.setting("x", default) * g, name="A")) == "A(x=0.9) = none ~ x * g"
