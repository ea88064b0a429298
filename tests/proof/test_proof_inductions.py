"""Proofs by induction over the steps: what libraries write in different ways, and what is no proof."""

from __future__ import annotations

import re

import pytest
from algebra.test_block_equality import EQUAL

import nos_sym
from nos_sym.algebra.levels import Level
from nos_sym.language.parser import parse
from nos_sym.proof.format import INDUCTION

V, A = "{ state v; v <- 0.9*v + lr*g; w <- w - v }", "{ state a; a <- 0.9*a + 0.1*lr*g; w <- w - 10*a }"
ROOT = "{ state s; s <- sqrt(0.9*s^2 + g^2); w <- w - lr*g/(s + 1) }"
SQUARE = "{ state v; v <- 0.9*v + g^2; w <- w - lr*g/(sqrt(v) + 1) }"
LATE = "{ state m = 5; m <- where(t < 1, g, m + g); w <- w - lr*m }"
SUM = "{ state n; n <- n + g; w <- w - lr*n }"


def text(first: str, second: str, *uses: str) -> str:
    """Return the text of a proof of one link."""
    cited = "".join(f"    by {use}\n" for use in uses)
    return f"nos-sym proof 1\nlevel: exact\nA: {first}\nB: {second}\n\n  {first}\n{cited}= {second}\n"


def refusal(first: str, second: str, *uses: str) -> str:
    """Return why a proof is refused."""
    with pytest.raises(nos_sym.Refused) as caught:
        nos_sym.check_proof(text(first, second, *uses))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", EQUAL)
def test_what_the_algebra_proves_of_libraries_has_a_proof(name: str) -> None:
    for pair in (EQUAL[name], EQUAL[name][::-1]):
        a, b = map(parse, pair)
        proof = nos_sym.prove(a, b)
        assert proof is not None
        checked = nos_sym.check_proof(str(proof))
        assert checked.proof == proof
        assert [use.name for use in proof.chain[-1].uses] == [INDUCTION]


def test_settings_at_their_defaults_switch_off_much() -> None:
    for first, second in (("AdanPO", "AdanW"), ("CAME", "CAMEL2"), ("AdaBelief", "AdaBeliefOptax")):
        a, b = (nos_sym.catalog.entry(name).at_defaults() for name in (first, second))
        proof = nos_sym.prove(a, b)
        assert proof is not None, first
        nos_sym.check_proof(str(proof))


ACCEPTED = {
    "a state as a multiple": (V, A, "induction; A.v := 10 * B.a"),
    "the other way around": (V, A, "induction; B.a := A.v / 10"),
    "a head": ("momentum ~ g", "{ state v; v <- momentum*v + lr*g; w <- w - v }",
               "induction; A.velocity := -B.v"),
    "averages have names": (
        "none ~ ema(ema(g, .8), .9)", "none ~ 1.8*ema(g, .9) - 0.8*ema(g, .8)",
        "induction; A.average1 := B.average2; A.average2 := 1.8*B.average1 - 0.8*B.average2",
    ),
    "a count of steps": ("{ state c: step; c <- c + 1; w <- w - lr*c*g }", "{ w <- w - lr*(t + 1)*g }",
                         "induction; A.c := t"),
    "a power that counts steps": (
        "{ state c: step = 1; c <- 0.96*c; w <- w - lr*c*g }", "{ w <- w - lr*0.96^(t + 1)*g }",
        "induction; A.c := abspow(0.96, t)",
    ),
    "the start need not be that": (LATE, SUM, "induction; A.m := B.n", "nonneg; x := t - 1"),
    "a root, of what is never negative": (ROOT, SQUARE, "induction; A.s := sqrt(B.v); B.v >= 0"),
    "a square": (ROOT, SQUARE, "induction; B.v := A.s^2; A.s >= 0", "nonneg; x := 0.9 * A.s^2 + g^2"),
    "a branch on the shape": (
        "{ if rank >= 2 { state q; q <- q + g; u = q } else { state q; q <- q + 2*g; u = q }; w <- w - u }",
        "{ state q; q <- q + where(rank < 2, 2, 1)*g; w <- w - q }", "induction; A.q := B.q",
    ),
    "a start that reads the gradient": (
        "{ state m = g; m <- 0.5*m + g; w <- w - lr*m }",
        "{ state m = 2*g; m <- 0.5*m + 2*g; w <- w - lr*m/2 }",
        "induction; A.m := B.m/2",
    ),
    "norms of equal tensors": (
        "{ state q: row; q <- q + row_mean(g); w <- w - norm2(q)*g }",
        "{ state q: row; q <- row_mean(g*g/g) + q; w <- w - sqrt(sum(q*q))*g }", "induction; A.q := B.q",
    ),
    "comparisons": ("{ w <- w - lr*where(g < 0, g, 2*g) }", "{ w <- w - lr*where(not g > 0, g, 2*g) }",
                    "induction"),
    "the smaller": ("{ w <- w - lr*where(g < w, g, w) }", "{ w <- w - lr*min(g, w) }", "induction"),
    "both and not either": (
        "{ w <- w - where(not (g < w and w < 1), g, 1) }", "{ w <- w - where(g >= w or w >= 1, g, 1) }",
        "induction",
    ),
    "a tie": ("{ w <- w - lr*where(g == w, g, 1) }", "{ w <- w - lr*where(g == w, w, 1) }", "induction"),
    "a quotient that is guarded": ("{ w <- w - lr*where(g != 0, g/g, 1) }", "{ w <- w - lr }", "induction"),
    "an identity": (
        "{ state m; m <- 0.9*m + exp(ln(1 + g^2)); w <- w - lr*m }",
        "{ state m; m <- 0.9*m + g^2 + 1; w <- w - lr*m }",
        "induction; A.m := B.m", "exp-ln; x := 1 + g^2", "nonneg; x := 1 + g^2",
    ),
    "what numbers switch off": (
        "{ state m; d = g + 0*w; m <- m + d; if 0 > 0 { c = total(g^2) } else { c = 1 }; w <- w - lr*c*m }",
        "{ state m; m <- m + g; w <- (w - 0*m - lr*m)/(1 + lr*0) }", "induction; A.m := B.m",
    ),
    "conditions of numbers": (
        "{ w <- w - where(not (1 < 2 and 3 <= 3 or 1 == 2), total(g), lr*g) }", "none ~ g", "induction",
    ),
    "a small number that steps add": (
        "{ state s; s <- 0.999*s + 0.001*g^2 + 1e-16; w <- w - lr*s }",
        "none ~ ema(g^2, 0.999) + 1e-13 * correction(0.999)",
        "induction; B.average := A.s - 1 / 1e13 * (1 - abspow(0.999, t))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_inductions_that_are_accepted(name: str) -> None:
    first, second, *uses = ACCEPTED[name]
    checked = nos_sym.check_proof(text(first, second, *uses))
    assert len(checked.invariants) == uses[0].count(";")
    assert nos_sym.check_proof(str(checked.proof)).proof == checked.proof


REFUSED = {
    "another factor": (V, A, "'A.v' is not that at the first step", "induction; A.v := 9 * B.a"),
    "nothing is said": (V, A, "the moves differ at a later step", "induction"),
    "a later step": (LATE, SUM, "'A.m' is not that at a later step", "induction; A.m := B.n"),
    "a step too far": (LATE, SUM, "'A.m' is not that", "induction; A.m := B.n", "nonneg; x := t - 2"),
    "a count that is one off": (
        "{ state c: step; c <- c + 1; w <- w - lr*c*g }", "{ w <- w - lr*(t + 1)*g }",
        "'A.c' is not that at the first step", "induction; A.c := t + 1",
    ),
    "a root of what may be negative": (ROOT, SQUARE, "'A.s' is not that", "induction; A.s := sqrt(B.v)"),
    "what may be negative": (V, A, "'A.v' is not shown to be never negative at the first step",
                             "induction; A.v := 10 * B.a; A.v >= 0"),
    "one start": (SUM, SUM.replace("state n", "state n = 1e-9"), "at the first step",
                  "induction; A.n := B.n"),
    "old for new": (
        "{ state m; m <- m + g; w <- w - lr*sign(m) }", "{ state m; q = m; m <- m + g; w <- w - lr*sign(q) }",
        "the moves differ", "induction; A.m := B.m",
    ),
    "a weight between the steps": (
        "{ state q = w; w <- w - lr*(w - q); q <- w }", "{ w <- w }", "'w' is none of them",
        "induction; A.q := w",
    ),
    "a gradient in an invariant": (V, A, "'g' is none of them", "induction; A.v := g; B.a := g"),
    "a schedule in an invariant": (V, A, "'a2' is none of them", "induction; A.v := a2 * B.a"),
    "a name that is none": (V, A, "there is no state 'A.a'; expected A.v, B.a", "induction; A.a := B.a"),
    "another name that is none": (V, A, "there is no state 'B.v'", "induction; A.v := B.v"),
    "a circle": (V, A, "of which something is said", "induction; A.v := 10 * B.a; B.a := A.v / 10"),
    "said twice": (V, A, "said twice", "induction; A.v := 10 * B.a; A.v := 10 * B.a"),
    "what is cited holds nowhere": (V, A, "'nonneg' is shown neither", "induction; A.v := 10 * B.a",
                                    "nonneg; x := g"),
    "an identity that is none": (V, A, "is shown neither", "induction; A.v := 10 * B.a", "nothing; x := g"),
    "two inductions": (V, A, "one induction", "induction; A.v := 10 * B.a", "induction"),
    "no induction": (V, A, "follow by induction"),
    "no induction, but a citation": (V, V, "follow by induction", "nonneg; x := g^2"),
    "a state for all parameters": (
        "{ state s: global; s <- s + 1; w <- w - s }", "{ state s; s <- s + 1; w <- w - s }", "share",
        "induction; A.s := B.s",
    ),
    "a sum over all parameters": ("{ w <- w - total(g) }", "{ w <- w - total(g) }", "other steps",
                                  "induction"),
    "a sum that no number switches off": (
        "{ w <- w - where(0 <= 0, total(g), g) }", "{ w <- w - total(g) }", "other steps", "induction",
    ),
    "the other side": ("{ w <- w - where(0 > 0, g, w) }", "{ w <- w - g }", "the moves differ", "induction"),
    "a zero of a state that is none": (
        "{ state m = 0; m <- m + g; w <- w - lr*m*g }", "{ state m; m <- m + 0*g; w <- w - lr*0*m*g }",
        "the moves differ at the first step", "induction",
    ),
    "rows for columns": ("{ w <- w - row_mean(g) }", "{ w <- w - col_mean(g) }", "the moves differ",
                         "induction"),
    "one step of many": ("{ w <- w - lr*where(t == 50, 2, 1)*g }", "none ~ g", "where 50 - t = 0",
                         "induction"),
    "a tie": ("{ w <- w - where(g < 0, 1, 2) }", "{ w <- w - where(g <= 0, 1, 2) }", "where g = 0",
              "induction"),
    "a zero": ("{ w <- w - lr*(g/g) }", "{ w <- w - lr }", "where g = 0", "induction"),
    "one mask for two": (
        "{ state m; d = drop(g, .5); m <- m + d; w <- w - d - m }",
        "{ state m; m <- m + drop(g, .5); w <- w - drop(g, .5) - m }", "differ", "induction; A.m := B.m",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_inductions_that_are_refused(name: str) -> None:
    first, second, message, *uses = REFUSED[name]
    assert message in refusal(first, second, *uses)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("induction; v := 10 * B.a", "'v := 10 * B.a' is no invariant"),
        ("induction; C.v := 10", "'C.v := 10' is no invariant"),
        ("induction; A.v > 0", "'A.v > 0' is no invariant"),
        ("induction; A.v := ", "'A.v :=' is no invariant"),
        ("induction; " + "A.v >= 0; " * 101 + "A.v >= 0", "102 invariants; expected at most 100"),
    ],
)
def test_invariants_that_cannot_be_read(use: str, message: str) -> None:
    with pytest.raises(nos_sym.SourceError) as caught:
        nos_sym.check_proof(text(V, A, use))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "said", ["10 * B.a) + (g", "10 *", "B.a }", "(" * 500 + "B.a", "tahn(B.a)", "B.a < 1"]
)
def test_what_states_are_is_an_expression(said: str) -> None:
    assert "line 7" in refusal(V, A, f"induction; A.v := {said}")


def test_a_chain_leads_over_a_rule_between() -> None:
    middle = "{ state x; x <- 0.9*x + 5*lr*g; w <- w - x/5 }"
    proof = (
        f"nos-sym proof 1\nlevel: exact\nA: {V}\nB: {A}\n\n  {V}\n"
        f"    by induction; A.v := B.x / 5\n= {middle}\n"
        f"    by induction; A.x := 50 * B.a\n= {A}\n"
    )
    assert nos_sym.check_proof(proof).links == 2
    with pytest.raises(nos_sym.Refused, match="line 10"):
        nos_sym.check_proof(proof.replace("50 * B.a", "40 * B.a"))


def test_numbers_between_blocks() -> None:
    a, b, c = (
        parse(f"{{ state s; s <- max(0.9*s, {x}abs(g)); w <- w {move}*lr*s }}")
        for x, move in (("", "+ 1"), ("2*", "- 1"), ("2*", "- 0.5"))
    )
    assert nos_sym.prove(a, b, seconds=1) is None
    assert nos_sym.prove(a, b, Level.SIGN, seconds=1) is None
    for other, level in ((b, Level.SCALE), (c, Level.SIGN)):
        proof = nos_sym.prove(a, other, level)
        assert proof is not None
        checked = nos_sym.check_proof(str(proof))
        assert checked.proof.level == level.value
        with pytest.raises(nos_sym.Refused, match="no side is multiplied"):
            nos_sym.check_proof(str(proof).replace(f"level: {level.value}", "level: exact"))


def test_settings_stand_at_their_defaults() -> None:
    a = parse("One(beta1=0.9) = { state m; m <- beta1*m + (1 - beta1)*g; w <- w - lr*m }")
    proof = nos_sym.prove(a, parse("none ~ ema(g, 0.9)"))
    assert proof is not None
    assert re.search(r"A: \{ state m; m <- 0.9", str(proof))
    assert nos_sym.prove(a.with_settings(beta1="0.8"), parse("none ~ ema(g, 0.9)"), seconds=1) is None
