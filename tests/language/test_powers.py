"""Powers by whole, negative and fractional exponents, and parameters as quotients of numerals."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from nos_sym.errors import SourceError
from nos_sym.language.numerals import exact_value
from nos_sym.language.parser import parse
from nos_sym.language.powers import is_never_negative
from nos_sym.program.interpreter import Interpreter

EXPONENTS = [
    ("0", "0"), ("1", "1"), ("2", "2"), ("9", "9"), ("10", "10"), ("11", "11"), ("2.0", "2"), ("-1", "-1"),
    ("-2", "-2"), ("-3", "-3"), ("(-3)", "-3"), ("-11", "-11"), ("0.5", "1/2"), ("(1/2)", "1/2"),
    ("-0.5", "-1/2"), ("(-1/2)", "-1/2"), ("1.5", "3/2"), ("(1/3)", "1/3"), ("(2/3)", "2/3"),
    ("(4/6)", "2/3"), ("-(1/3)", "-1/3"), ("-(2/3)", "-2/3"), ("0.2", "1/5"), ("0.4", "2/5"), ("0.3", "3/10"),
    ("(1 - 2/3)", "1/3"), ("(5/3)", "5/3"), ("(1/0)", "0"), ("(2^-1)", "1/2"),
]  # fmt: skip


def real_power(x: float, q: Fraction) -> float:
    """``x^q``: real where it is, of ``|x|`` where the root is even, and 0 for 0 to a negative power."""
    if q == 0:
        return 1.0
    if x == 0:
        return 0.0
    odd = q.denominator % 2 == 1 and q.numerator % 2 == 1
    return math.copysign(abs(x) ** (q.numerator / q.denominator), x if odd else 1.0)


def value(text: str, x: float) -> float:
    interpreter = Interpreter(parse(f"none ~ {text} + 0 * g"), (1,))
    return float(interpreter.update(np.array([x]), np.array([0.7]))[0])


@pytest.mark.parametrize(("written", "exponent"), EXPONENTS)
@pytest.mark.parametrize("power", ["^", "**"])
def test_a_power_is_the_real_one(written: str, exponent: str, power: str) -> None:
    for x in (-8.0, -1.3, -0.2, 0.0, 0.4, 2.0):
        assert value(f"g{power}{written}", x) == pytest.approx(real_power(x, Fraction(exponent)), rel=1e-13)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("g^1", "g"), ("g^0.5", "sqrt(g)"), ("g^(1/2)", "sqrt(g)"), ("g^-1", "recip(g)"),
        ("g^-2", "recip(g^2)"), ("g^(1/3)", "sign(g) * abspow(g, 1 / 3)"), ("g^10", "abspow(g, 10)"),
        ("g^11", "g * abspow(g, 10)"), ("g^-0.5", "recip(sqrt(g))"), ("2^g", "abspow(2, g)"),
        ("(g^2)^(1/3)", "abspow(g^2, 1 / 3)"), ("|g|^w", "abspow(|g|, w)"), ("2^-3 * g", "recip(2^3) * g"),
        ("s_hat^0.2", "abspow(s_hat, 0.2)"), ("exp(g)^w", "abspow(exp(g), w)"),
        ("[a1^0.5] g", "[sqrt(a1)] g"),
        ("running_max(g)^a1", "abspow(running_max(g), a1)"),
    ],
)  # fmt: skip
def test_powers_are_operations_that_there_are(text: str, same: str) -> None:
    assert parse(f"none ~ {text}") == parse(f"none ~ {same}")


@pytest.mark.parametrize(
    "text", ["g^w", "v_hat^a1", "delta(g^2)^w", "(-1)^g", "(g - w)^s_hat", "ema(w, 0.9)^g"]
)
def test_other_exponents_need_a_base_that_is_never_negative(text: str) -> None:
    with pytest.raises(SourceError, match="write 'abspow"):
        parse(f"none ~ {text}")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("g^2", True), ("ema(g^2, 0.9)", True), ("ema(ema_hat(abs(g), 0.9), 0.5)", True), ("g", False),
        ("delta(g^2)", False), ("running_max(g)", True), ("running_max(w) - 1", False), ("[a1] s_hat", True),
        ("-s_hat", False), ("exp(g) * sqrt(w)", True), ("clip_norm(g^2)", True), ("drop(g^2, 0.5)", True),
        ("max(g, 0)", True), ("min(g, 0)", False), ("ema(g, 0.9)", False),
    ],
)  # fmt: skip
def test_signs_that_are_known(text: str, known: bool) -> None:
    assert is_never_negative(parse(f"none ~ {text}").update) is known


def test_the_sign_of_a_setting_is_that_of_its_domain() -> None:
    assert parse("A(beta=0.9) = none ~ beta^w * g") == parse("A(beta=0.9) = none ~ abspow(beta, w) * g")
    with pytest.raises(SourceError, match="write 'abspow"):
        parse("A(gain=0.9) = none ~ gain^w * g")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ema(g, 9/10)", "ema(g, 0.9)"), ("ema_hat(g, 9/10)", "v_hat"), ("ema(g, 1 - 0.1)", "ema(g, 0.9)"),
        ("ema(g, 1 - 1/10^2)", "ema(g, 0.99)"), ("qhm(7/10)", "qhm(0.7)"), ("drop(g, 1/2)", "drop(g, 0.5)"),
        ("wmean(g, w, 1/4)", "wmean(g, w, 0.25)"), ("ema(g, beta=18/20)", "ema(g, 0.9)"),
        ("ema(g, 10^-1)", "ema(g, 0.1)"),
    ],
)  # fmt: skip
def test_parameters_are_quotients_of_numerals_too(text: str, same: str) -> None:
    assert str(parse(f"none ~ {text}")) == str(parse(f"none ~ {same}"))


def test_a_parameter_without_a_finite_decimal_form_stays_a_quotient() -> None:
    assert str(parse("none ~ ema(g, 2/3)")) == "none ~ ema(g, 2 / 3)"
    with pytest.raises(SourceError, match="must be a plain number"):
        parse("none ~ drop(g, 1/3)")
    for text in ("ema(g, 10/9)", "ema(g, -1/2)", "ema(g, 3/0 + 1)"):
        with pytest.raises(SourceError, match="beta"):
            parse(f"none ~ {text}")


def test_numbers_with_thousands_of_digits_are_not_computed() -> None:
    text = "9^9 * " * 40 + "1"
    assert exact_value(parse(f"none ~ {text}").update) == Fraction(9**360)
    tower = "((((3^9)^9)^9)^9)"
    assert exact_value(parse(f"none ~ {tower}").update) is None
    with pytest.raises(SourceError, match="out of range"):
        parse("none ~ g^(((9^9)^9)^9)")
