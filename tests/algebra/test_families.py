"""Equality for all settings, and keys of families."""

from __future__ import annotations

import pytest

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.families import canonical_order, compare_families, family_key
from nos_sym.algebra.verdicts import Different, Equal, Unknown
from nos_sym.errors import RuleError
from nos_sym.language.parser import parse

ADAM = "A(beta1=0.9, beta2=0.999, eps=1e-8) = none ~ ema_hat(g, beta1)/(sqrt(ema_hat(g^2, beta2)) + eps)"
WRITTEN = """B(b1=0.8 in [0, 1), b2=0.99 in [0, 1), epsilon=1e-7 in [0, inf)) = {
    state m, v; m <- b1*m + (1 - b1)*g; v <- b2*v + (1 - b2)*g^2
    w <- w - lr/(1 - b1^(t + 1))*m/({root} + epsilon{close}) }"""
INSIDE = WRITTEN.replace("{root}", "sqrt(v/(1 - b2^(t + 1))").replace("{close}", ")")
OUTSIDE = WRITTEN.replace("{root}", "sqrt(v/(1 - b2^(t + 1)))").replace("{close}", "")
PAIRS = {"beta1": "b1", "beta2": "b2", "eps": "epsilon"}
HEAVY = "{ state v; v <- rho*v + g; w <- w - lr*v }"


def test_for_all_settings() -> None:
    a, b = parse(ADAM), parse(OUTSIDE)
    found = compare_families(a, b, PAIRS)
    assert isinstance(found.verdict, Equal)
    assert dict(found.pairs) == PAIRS
    # The defaults differ: the keys do, and the families do not.
    assert key_of(a) != key_of(b)
    assert family_key(a) == family_key(b)
    assert canonical_order(a) == [{v: k for k, v in PAIRS.items()}[name] for name in canonical_order(b)]


def test_values_at_which_two_part() -> None:
    found = compare_families(parse(ADAM), parse(INSIDE), PAIRS)
    assert isinstance(found.verdict, Different)
    assert {name for name, _ in found.values} == set(PAIRS)
    assert found.verdict.counterexample.first != found.verdict.counterexample.second
    assert family_key(parse(ADAM)) != family_key(parse(INSIDE))


def test_two_that_agree_at_their_defaults_part_elsewhere() -> None:
    """Histories around the numbers of both are tried at the defaults, where states have names."""
    found = compare_families(
        parse("{ state v; v <- 0.5*v + g; w <- w - lr*v }"), parse(f"E(rho=0.5) = {HEAVY}")
    )
    assert isinstance(found.verdict, Different)
    assert dict(found.values)["B.rho"] != "0.5"


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (f"E(rho=0.9) = {HEAVY}",
         "F(rho=0.9) = { state v; v <- rho*v + (1 - rho)*g; w <- w - lr/(1 - rho)*v }", True),
        # At rho = 1, where a rho of this domain may be, a divisor is 0.
        (f"E(rho=0.9 in [0, 1]) = {HEAVY}",
         "F(rho=0.9 in [0, 1]) = { state v; v <- rho*v + (1 - rho)*g; w <- w - lr/(1 - rho)*v }", False),
        # Equal at the default alone.
        (f"E(rho=0.9) = {HEAVY}", "F = { state v; v <- 0.9*v + g; w <- w - lr*v }", False),
        (f"E(rho=0.9) = {HEAVY}",
         "F(rho=0.9, dampening=0) = { state v; v <- rho*v + (1 - dampening)*g; w <- w - lr*v }", False),
        ("E(c=0.5) = none ~ c*g", "F(c=0.5) = { w <- w - lr*g*c }", True),
        # A setting that may be 0, or negative.
        ("E(c=0.5) = none ~ g*c/c", "F(c=0.5) = none ~ g + 0*c", False),
        ("E(c=0.5) = none ~ abs(c)*g", "F(c=0.5) = none ~ c*g", False),
        ("E(eps=0.5) = none ~ abs(eps)*g", "F(eps=0.5) = none ~ eps*g", True),
        ("E(beta=0.9) = none ~ ema(g, beta)/correction(beta)",
         "F(beta=0.9) = { state q; q <- q*beta + g; w <- w - lr*q*(1 - beta)/(1 - beta^(t + 1)) }", True),
    ],
)  # fmt: skip
def test_pairs_by_name(left: str, right: str, *, equal: bool) -> None:
    found = compare_families(parse(left), parse(right))
    assert isinstance(found.verdict, Equal if equal else Different), found


def test_settings_of_one_family_stay_apart() -> None:
    a = parse("E(b=0.9 in [0, 1), c=0.9 in [0, 1)) = none ~ ema(g, b) + 2*ema(g, c)")
    b = parse("F(b=0.9 in [0, 1), c=0.9 in [0, 1)) = none ~ ema(g, c) + 2*ema(g, b)")
    assert key_of(a) == key_of(b)
    assert isinstance(compare_families(a, b).verdict, Different)
    assert isinstance(compare_families(a, b, {"b": "c", "c": "b"}).verdict, Equal)
    assert family_key(a) == family_key(b)


def test_unknown_where_no_value_parts_them() -> None:
    # At whole numbers a sine of pi x is 0, and the algebra has no word for it.
    found = compare_families(
        parse("E(c=1) = none ~ g*(cospi(c)^2 + cospi(c - 0.5)^2)"), parse("F(c=1) = none ~ g + 0*c*w")
    )
    assert isinstance(found.verdict, Unknown)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({"x": "b1"}, "A has no setting 'x'"),
        ({"beta1": "x"}, "B has no setting 'x'"),
        ({"beta1": "b1", "beta2": "b1"}, "paired with two"),
        ({"beta1": "epsilon"}, "one domain"),
    ],
)
def test_pairs_that_are_none(pairs: dict[str, str], words: str) -> None:
    with pytest.raises(RuleError, match=words):
        compare_families(parse(ADAM), parse(OUTSIDE), pairs)
