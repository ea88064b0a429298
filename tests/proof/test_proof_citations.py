"""Citations: what an entry of the table is used with, and what an assumption makes different from zero."""

from __future__ import annotations

import pytest
from sympy.core.basic import Basic

from nos_sym.proof.citations import cite, instance, not_zero
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import Use
from nos_sym.proof.reader import expression


@pytest.mark.parametrize("k", ["0", "0.5", "0.999"])
def test_coefficients_of_averages_from_0_to_below_1(k: str) -> None:
    left, _ = instance("ema-delta", (("k", k), ("x", "g")))
    assert left == expression(f"ema(delta(g), {k})")


@pytest.mark.parametrize("k", ["1", "1.5", "-0.1", "g", "a4", "lr", "1 / 3"])
def test_other_coefficients_are_refused(k: str) -> None:
    with pytest.raises(Refused, match="k is a coefficient of an average"):
        instance("ema-delta", (("k", k), ("x", "g")))


def test_both_coefficients_are_looked_at() -> None:
    instance("ema-ema", (("k", "0.9"), ("l", "0.5"), ("x", "w")))
    for k, l in (("0.9", "1"), ("1", "0.9"), ("0.9", "-1")):  # noqa: E741
        with pytest.raises(Refused, match="is a coefficient of an average"):
            instance("ema-ema", (("k", k), ("l", l), ("x", "w")))


@pytest.mark.parametrize("c", ["2", "-1 / 3", "sqrt(2)", "exp(1)"])
def test_constants(c: str) -> None:
    left, right = instance("exp-scale", (("c", c), ("x", "g")))
    assert left == expression(f"exp({c} * g)")
    assert right == expression(f"abspow(exp(g), {c})")


@pytest.mark.parametrize("c", ["g", "w * 2", "a4", "lr", "norm2(g)", "ema(2, 0.9)"])
def test_what_changes_is_no_constant(c: str) -> None:
    with pytest.raises(Refused, match="'c constant' is not shown"):
        instance("exp-scale", (("c", c), ("x", "g")))


@pytest.mark.parametrize("x", ["exp(g)", "1 + g^2"])
def test_what_must_not_be_zero_or_negative(x: str) -> None:
    instance("exp-ln", (("x", x),))
    instance("min-max", (("x", "g"), ("y", x)))
    instance("running-max-nonpositive", (("x", x),))
    instance("running-max-scale", (("c", "2"), ("x", x)))


@pytest.mark.parametrize("x", ["g", "ema(g, 0.9)", "g - w^2", "-exp(g) * g"])
def test_what_may_be_zero_or_negative(x: str) -> None:
    for name, values, says in (
        ("exp-ln", (("x", x),), "x != 0"),
        ("min-max", (("x", "g"), ("y", x)), "y >= 0"),
        ("running-max-nonpositive", (("x", x),), "x >= 0"),
        ("running-max-scale", (("c", "-2"), ("x", "g")), "c >= 0"),
    ):
        with pytest.raises(Refused, match=f"{name}: '{says}' is not shown"):
            instance(name, values)


def test_an_entry_takes_its_placeholders() -> None:
    for values in ((), (("x", "g"),), (("c", "2"), ("x", "g"), ("y", "w"))):
        with pytest.raises(Refused, match="exp-scale takes c, x"):
            instance("exp-scale", values)
    with pytest.raises(Refused, match="no identity 'exp-scales'"):
        instance("exp-scales", (("c", "2"), ("x", "g")))


def test_a_placeholder_stands_for_a_whole_expression() -> None:
    left, right = instance("ema-linear", (
        ("c", "1 - 3"), ("d", "2"), ("k", "0.9"), ("x", "g - w"), ("y", "w + 1"),
    ))  # fmt: skip
    assert left == expression("ema((1 - 3) * (g - w) + 2 * (w + 1), 0.9)")
    assert right == expression("(1 - 3) * ema(g - w, 0.9) + 2 * ema(w + 1, 0.9)")


G, W = expression("g"), expression("w")


@pytest.mark.parametrize(
    ("text", "assumed"),
    [
        ("exp(g)", ()), ("g", (G,)), ("g", (W, G)), ("g", (G, W)), ("g", (expression("g * w"),)),
        ("2 * g", (G,)),
        ("g * w", (G, W)), ("g * w", (expression("g * w"),)), ("ema(g^2, 0.9)", (G,)), ("g / w", (G, W)),
        ("running_max(abs(g))", (G,)), ("ema(ema(g^2, 0.9), 0.5)", (G,)), ("w * ema(g^2, 0.9)", (G, W)),
    ],
)  # fmt: skip
def test_zero_nowhere_but_where_something_assumed_is(text: str, assumed: tuple[Basic, ...]) -> None:
    assert not_zero(expression(text), assumed)


@pytest.mark.parametrize(
    ("text", "assumed"),
    [
        ("g", ()), ("w", (G,)), ("g * w", (G,)), ("g + w", (G, W)), ("ema(g, 0.9)", (G,)),
        ("running_max(g)", (G,)),
        ("ema(w^2, 0.9)", (G,)), ("drop(g, 0.5)", (G,)), ("ema(drop(g, 0.5)^2, 0.9)", (G,)),
        ("max(g, 0)", (G,)),
        ("delta(g)", (G,)), ("ema(max(g, 0), 0.9)", (G,)), ("g - 1", (G,)), ("a2 * g", (G,)), ("0", (G,)),
    ],
)  # fmt: skip
def test_zero_elsewhere_too(text: str, assumed: tuple[Basic, ...]) -> None:
    assert not not_zero(expression(text), assumed)


def cited(name: str, *values: tuple[str, str], assumed: tuple[Basic, ...] = ()) -> tuple[int, int, int]:
    """Return how many facts of each kind a citation adds."""
    facts: list[Basic] = []
    nonzero: list[Basic] = []
    equations: list[tuple[Basic, Basic]] = []
    cite(Use(name, values), facts, nonzero, equations, assumed)
    return len(facts), len(nonzero), len(equations)


def test_facts_and_equations() -> None:
    assert cited("nonneg", ("x", "g^2")) == (1, 0, 0)
    assert cited("nonzero", ("x", "exp(g)")) == (0, 1, 0)
    assert cited("nonzero", ("x", "g"), assumed=(G,)) == (0, 1, 0)
    assert cited("ema-delta", ("k", "0.5"), ("x", "g")) == (0, 0, 1)
    for name, x in (("nonneg", "g"), ("nonzero", "g"), ("nonneg", "g^2 - 1"), ("nonzero", "ema(g, 0.9)")):
        with pytest.raises(Refused, match="is not shown to be never"):
            cited(name, ("x", x))
    for values in ((), (("y", "g^2"),), (("x", "g^2"), ("y", "1"))):
        with pytest.raises(Refused, match="nonneg takes x"):
            cited("nonneg", *values)
