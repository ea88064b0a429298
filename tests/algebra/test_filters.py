"""Averages of averages: what a linear recursion passes through, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest
from support.harness import problem, run_numpy

import nos_sym


def block(update: str) -> str:
    """Return a block whose outer recursion is written out, so that it is read as a linear one."""
    return f"{{ state n; n <- 0.5 * n + {update}; w <- w - lr * n }}"


EQUAL = [
    (block("0.5 * ema(g, 0.9)"), "{ w <- w - lr * ema(ema(g, 0.9), 0.5) }"),
    (block("ema(g, 0.9)"), "{ w <- w - lr * 2 * ema(ema(g, 0.5), 0.9) }"),
    (block("ema(abs(g), 0.9)"), block("abs(ema(abs(g), 0.9))")),
    (block("2 * ema(g, 0.9) + ema(w, 0.9)"), "{ w <- w - lr * 2 * ema(2 * ema(g, 0.9) + ema(w, 0.9), 0.5) }"),
    (block("delta(g)"), "{ w <- w - lr * 2 * delta(ema(g, 0.5)) }"),
]
APART = [
    # Of the average's magnitude, sign, powers and products: other signals than the average.
    (block("abs(ema(g, 0.9))"), block("ema(g, 0.9)")),
    (block("abs(ema(g, 0.9))"), block("ema(abs(g), 0.9)")),
    (block("sign(ema(g, 0.9))"), block("ema(g, 0.9)")),
    (block("sign(ema(g, 0.9))^2"), block("abs(ema(g, 0.9))")),
    (block("ema(g, 0.9)^2"), block("ema(g, 0.9)")),
    (block("ema(g, 0.9)^2"), block("ema(g^2, 0.9)")),
    (block("ema(g, 0.9)^3"), block("ema(g, 0.9)")),
    (block("1 / ema(g, 0.9)"), block("ema(g, 0.9)")),
    (block("1 / ema(g, 0.9)"), block("ema(1 / g, 0.9)")),
    (block("sqrt(ema(g^2, 0.9))"), block("ema(g^2, 0.9)")),
    (block("sqrt(ema(g^2, 0.9))"), block("ema(abs(g), 0.9)")),
    (block("w * ema(g, 0.9)"), block("ema(w * g, 0.9)")),
    (block("ema(g, 0.9) * ema(w, 0.9)"), block("ema(g * w, 0.9)")),
    (block("abs(delta(g))"), block("delta(abs(g))")),
    (block("abs(delta(g))"), block("delta(g)")),
    (block("delta(g)^2"), block("delta(g)")),
    # Of numbers of the step, which are signals and no constants.
    (block("[a2] g"), block("g")),
    (block("a2 * ema(g, 0.9)"), block("ema(a2 * g, 0.9)")),
    (block("1 - 0.9^(t + 1)"), block("1")),
    (block("sign(t)^2"), block("1")),
    (block("sign(t)"), block("sign(t)^2 * t")),
    (block("sign(t)^2 * g"), block("g")),
    (block("sign(g)^2"), block("sign(t)^2")),
    (block("t"), block("sign(t)^2")),
    (block("t^2"), block("sign(t)^2")),
    (block("sign(t)^2"), block("sign(t)^2 * t")),
    (block("sign(ema(g, 0.9))^2 * ema(g, 0.9)^2"), block("ema(g, 0.9)")),
    (block("abs(ema(g, 0.9))^3"), block("ema(g, 0.9)^3")),
    # With other coefficients, or a recursion that never forgets.
    (block("ema(g, 0.9)"), block("ema(g, 0.8)")),
    (block("0.5 * ema(g, 0.5)"), block("0.5 * g")),
    ("{ state n; n <- n + ema(g, 0.9); w <- w - lr * n }", block("ema(g, 0.9)")),
    ("{ state n; n <- ema(g, 0.9) - n; w <- w - lr * n }", block("ema(g, 0.9)")),
    ("{ state n; n <- ema(g, 0.9) - 0.5 * n; w <- w - lr * n }", block("ema(g, 0.9)")),
    ("{ state n; state m; n <- m; m <- g; w <- w - lr * n }", "{ state n; n <- g; w <- w - lr * n }"),
    (
        "{ state n; state m; k = m; m <- g; n <- 0.5 * n + k; w <- w - lr * n }",
        "{ state n; n <- 0.5 * n + g; w <- w - lr * n }",
    ),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_recursions_pass_through(one: str, other: str) -> None:
    assert nos_sym.key_of(nos_sym.parse(one)) == nos_sym.key_of(nos_sym.parse(other))


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_recursions_do_not_pass_through(one: str, other: str) -> None:
    assert nos_sym.key_of(nos_sym.parse(one)) != nos_sym.key_of(nos_sym.parse(other))


NAMELESS = ("n <- n + ema", "n <- ema(g, 0.9) - 0.5 * n", "n <- m; m <- g")
"""Recursions that no rule of one line says."""


@pytest.mark.parametrize(
    "text",
    sorted(
        {rule for pair in (*EQUAL, *APART) for rule in pair if not any(part in rule for part in NAMELESS)}
    ),
)
def test_the_form_keeps_the_values(text: str) -> None:
    rule, given = nos_sym.parse(text), problem(12, 3)
    found, wanted = run_numpy(nos_sym.canonical_rule(rule), given), run_numpy(rule, given)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)
