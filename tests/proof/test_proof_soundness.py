"""False equations are refused in every run: zeros, rare signs, hidden constants, whole arguments, facts."""

from __future__ import annotations

import pytest
from support.proofs import accepts
from support.real_values import separated

import nos_sym

ZEROS = [
    ("w * (g / g)", "w"),
    ("(g + g * w) / g", "w + g / g"),
    ("g + 0.01 * w * sign(g)^2", "g + 0.01 * w"),
    ("ema_hat(sign(g)^2, 0.9) * w", "w"),
    ("w * running_max(abs(sign(g)))", "w"),
    ("g * (ema_hat(g, 0.5) / ema_hat(g, 0.5))", "g"),
    ("g * (ema(g, 0.5) / ema(g, 0.5))", "g * sign(g)^2"),
    ("v_hat * sign(g)^2", "v_hat"),
    ("g * w / w", "g"),
    ("(g * w) / (g * w)", "sign(g)^2"),
    ("(g * w) / (g * w)", "sign(w)^2"),
    ("sign(g - w)^2", "1"),
    ("sign(g - w)^2 * sign(g + w)^2", "sign(g + w)^2"),
    ("sign(g^2 - w)^2", "1"),
    ("(g^2 - w^2) / (g + w)", "g - w"),
    ("[1 / a2] ([a2] g)", "g"),
    ("[a13 / a13] g", "g"),
    ("[a5 / a5] g", "g"),
    ("[a10 / a10] g", "[a2 / a2] g"),
    ("abspow(g, -1) * abs(g)", "1"),
    ("abspow(g, -0.5) * abspow(g, 0.5) * w", "w"),
    ("1 / (1 / g) + sign(g)^2", "g + 1"),
    ("tanh(g) / tanh(g)", "1"),
    ("clip_norm(g) / clip_norm(g)", "1"),
    ("sign(sign(g) + sign(w))^2", "1"),
    ("drop(g, 0.5) / drop(g, 0.5)", "sign(g)^2"),
    ("(1 - sign(g)^2) * (1 - sign(w)^2)", "0"),
    ("(1 - sign(v_hat)^2) * (1 - sign(g)^2) * (1 - sign(w)^2)", "0"),
    ("recip(max(g, 0)) * max(g, 0)", "1"),
    ("sqrt(g) / sqrt(g)", "1"),
    ("ema(g / g, 0.9)", "[correction(0.9)] 1"),
    ("g * sign(ema(g + w, 0.9) - ema(g, 0.9) - ema(w, 0.9))^2", "g"),
    # What is zero with an average, and what is not.
    ("exp(g) * sign(v_hat)^2", "exp(g)"),
    ("w * sign(s_hat)^2", "w"),
    ("g * sign(ema(drop(g, 0.5)^2, 0.9))^2", "g"),
    ("v_hat * sign(ema(drop(g, 0.5)^2, 0.9))^2", "v_hat"),
    ("v_hat * sign(ema(max(g, 0), 0.9))^2", "v_hat"),
    ("v_hat * sign(ema(g^2, 0))^2", "v_hat"),
    ("v_hat * sign(running_max(g))^2", "v_hat"),
    ("v_hat * sign(ema([a2] g^2, 0.9))^2", "v_hat"),
    ("ema(w, 0.9) * sign(ema(g^2 * w^2, 0.9))^2", "ema(w, 0.9)"),
    # A factor that is zero, of a product that is multiplied out.
    ("sign([a6] g - [a5] g)^2", "sign(g)^2"),
    ("sign(abs(clip(g, w)))", "sign(abs(-[a5] clip(g, w) + [a6] clip(g, w)))"),
    ("sign(exp(g) * w - w)^2", "sign(w)^2"),
]  # fmt: skip
"""Equal at generic values, and different where something is zero."""


@pytest.mark.parametrize(("first", "second"), ZEROS)
def test_what_fails_at_zeros_is_refused(first: str, second: str) -> None:
    assert not accepts(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("g * sign(g)^2", "g"),
        ("w * (g / g)", "w * sign(g)^2"),
        ("g^2 / g", "g"),
        ("(g + g * w) / g", "(1 + w) * sign(g)^2"),
        ("1 / (1 / max(g, 0))", "max(g, 0)"),
        ("sign(g + g * w)", "sign(g) * sign(1 + w)"),
        ("(1 - sign(g^2 - w)^2) * g^2", "(1 - sign(g^2 - w)^2) * w"),
        ("(1 - sign(g)^2) * (1 - sign(w)^2) * (1 - sign(g + w + 1)^2)", "0"),
        ("abspow(g, 0)", "1"),
        ("1 / g - 1 / g", "0"),
        ("[a13 / a13] [a13] g", "[a13] g"),
        ("ln(0 * g)", "ln(0)"),
        ("clip_norm(2 * g) * (w - w)", "0"),
        ("ema(max(g, 0) * max(-g, 0), 0.9)", "0"),
        ("sign(v_hat)", "sign(ema(g, 0.9))"),
        ("(v_hat / s_hat) * s_hat", "v_hat * sign(s_hat)^2"),
        ("sign(sign(g) - 1)", "max(sign(g), 0) - 1"),
        ("abspow(g, w)", "abspow(-g, w)"),
        ("1 / (g - w) - 1 / (g - w)", "0"),
        ("(g^2 - w^2) / (g - w)", "(g + w) * sign(g - w)^2"),
        ("sign([a6] g - [a5] g) * g", "sign([a6 - a5] g) * g"),
        ("sign(exp(g) * w - w)^2", "sign(w)^2 * sign(exp(g) - 1)^2"),
        ("g * sign(s_hat)^2", "g"),
        ("v_hat * sign(s_hat)^2", "v_hat"),
        ("sign(s_hat)", "sign(ema(g^2, 0.9))"),
        ("s_hat * sign(ema(abs(g), 0.9))", "s_hat"),
        ("delta(g) * sign(running_max(abs(g)))", "delta(g)"),
        ("ema(g * w, 0.9) * sign(ema(g^2 * w^2, 0.9))^2", "ema(g * w, 0.9)"),
        # A correction is never zero, and the case that makes it so cannot occur.
        ("v_hat / ema_hat(1, 0.9)", "v_hat / ema_hat(1, 0.9) + 0"),
    ],
)
def test_what_holds_at_zeros_is_accepted(first: str, second: str) -> None:
    assert accepts(first, second)


@pytest.mark.parametrize("count", range(1, 9))
def test_rare_patterns_of_signs_are_met(count: int) -> None:
    """The product is zero unless all signs are positive."""
    arguments = ["g", "w", "g + w", "g - w", "2 * g + w", "g + 3 * w", "5 * g - w", "g + 1"][:count]
    product = " * ".join(f"(1 + sign({a}))" for a in arguments)
    assert not accepts(product, "0")


def test_rare_patterns_behind_maxima_are_met() -> None:
    assert not accepts("max(min(max(g, 0), w), 0) * max(w - 1, 0) * max(g - 2, 0)", "0")
    assert not accepts("sign(max(g, 0) * max(w, 0)) * (1 + sign(g - w))", "0")


@pytest.mark.parametrize("constant", [4127, 101, 67, 9_999_991, 1_000_003 * 4127])
def test_a_constant_has_its_sign(constant: int) -> None:
    """In a field half of the numbers are no squares; a literal of the proof is one."""
    assert not accepts(f"abs({constant} * g)", f"-({constant} * abs(g))")
    assert accepts(f"abs({constant} * g)", f"{constant} * abs(g)")
    hidden = f"({constant - 127} * g + 127 * g)"
    assert not accepts(f"abs{hidden}", f"-({constant - 127} * abs(g) + 127 * abs(g))")
    # Also where a product of many primes is none in every field that is fixed.
    assert not accepts(
        f"abs((101 * g + 2 * g) * (w + {constant} * w))", f"-(103 * abs(g) * abs(w) * {constant + 1})"
    )


JOINT = [
    ("ema(exp(sign(g)), 0.9)", "ema(sign(g), 0.9) * (exp(1) - exp(-1)) / 2 + (exp(1) + exp(-1)) / 2"),
    ("ema([a1] g, 0.9)", "[a1] ema(g, 0.9)"),
    ("ema(g * w, 0.9)", "ema(g, 0.9) * w"),
    ("delta(sign(g)^2)", "0"),
    ("running_max(sign(g)^2)", "1"),
    ("clip_norm(2 * g)", "2 * clip_norm(g)"),
    ("clip_norm(drop(g, 0.5))", "drop(clip_norm(2 * g), 0.5) / 2"),
    ("clip_norm(abs(g))", "clip_norm(g)"),
    ("ema(max(g, 0), 0.9) * ema(max(-g, 0), 0.9)", "0"),
    ("ema(max(g, 0), 0.9) * ema(max(-g, 0), 0.9) * ema(1 - sign(g)^2, 0.9)", "0"),
    ("sign(max(g, 0)) * ema(max(-g, 0) * ema(1 - sign(g)^2, 0.9), 0.9)", "0"),
    ("ema(g, 0.9)", "ema(g, 0.99)"),
    ("ema(drop(g, 0.5, draw=1), 0.9)", "ema(drop(g, 0.5, draw=2), 0.9)"),
    ("drop(g, 0.5, draw=1) * drop(g, 0.5, draw=2)", "2 * drop(g^2, 0.5, draw=1)"),
    ("drop(g, 0.5, draw=1)", "drop(g, 0.25, draw=1)"),
    ("v_hat", "ema(g, 0.9)"),
    ("running_max(g)", "g"),
]  # fmt: skip
"""Equal at one place or at one step, and not as functions of a whole history or tensor."""


@pytest.mark.parametrize(("first", "second"), JOINT)
def test_averages_and_norms_see_whole_arguments(first: str, second: str) -> None:
    assert not accepts(first, second)


@pytest.mark.parametrize("count", [1, 3, 6, 8])
def test_facts_do_not_hide_a_pattern(count: int) -> None:
    """Each fact is true, and in a field a coin that is flipped for negative g alone."""
    facts = [f"nonneg; x := g^2 + {k} * max(-g, 0)" for k in range(1, count + 1)]
    assert not accepts("abs(g)", "g", *facts)
    assert not accepts("sign(g)^3 * abs(w)", "abs(w) * sign(g)^2", *facts)


def test_what_is_never_zero_excuses_its_multiples_alone() -> None:
    """The divisor is 3 (1 + (g - w)^2), multiplied out, of which no interval shows that it is never zero."""
    expanded = "(3 + 3 * g^2 - 6 * g * w + 3 * w^2)"
    use = "nonzero; x := 1 + (g - w)^2"
    assert not accepts(f"{expanded} / {expanded} * w", "w")
    assert accepts(f"{expanded} / {expanded} * w", "w", use)
    for divisor in ("g", "(g * (1 + g^2))", "(1 + g^2 + w)", "(2 + g^2 - 3 * w)"):
        assert not accepts(f"{divisor} / {divisor} * w", "w", "nonzero; x := 1 + g^2", use)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_signs_within_identities_count(count: int) -> None:
    """The rule asks for no sign; dsoft(x) (1 - x) is 1 for negative x alone, by its definition."""
    arguments = ["g", "w", "g + w", "g - w", "2 * g + w", "g + 3 * w", "5 * g - w", "g + 1"][:count]
    product = " * ".join(f"(dsoft({a}) * (1 - ({a})) - 1)" for a in arguments)
    assert not accepts(product, "0", *(f"dsoft; x := {a}" for a in arguments))


def test_signs_within_averages_and_identities_count() -> None:
    uses = [f"dsoft; x := {a}" for a in ("g", "w", "g + w", "g - w")]
    product = " * ".join(f"(dsoft({a}) * (1 - ({a})) - 1)" for a in ("g", "w", "g + w", "g - w"))
    assert not accepts(f"ema({product}, 0.9)", "0", *uses)


def test_an_identity_that_meets_a_value_with_some_signs_alone() -> None:
    """max(g, w) is g where g is larger, so that what is said of exp(g) meets exp(max(g, w)) there."""
    assert not accepts("exp(max(g, w) + 1)", "exp(g) * exp(1)", "exp-product; x := g; y := 1")
    assert not accepts("exp(max(g, w) + 1)", "exp(w) * exp(1)", "exp-product; x := w; y := 1")


@pytest.mark.parametrize(
    "use",
    [
        "nonneg; x := g",
        "nonneg; x := a4 - 0.6 * a2",
        "nonneg; x := 0.2 - i1e(g)",
        "nonzero; x := g",
        "nonzero; x := s_hat",
        "nonzero; x := [a2] 1",
        "exp-ln; x := g",
        "exp-ln; x := s_hat",
        "ln-product; x := g; y := 2",
        "ln-power; x := w; c := 2",
        "power-exp-ln; x := g; y := w",
        "running-max-scale; c := -1; x := g",
        "running-max-scale; c := g; x := g",
        "ema-linear; c := a1; x := g; d := 1; y := w; k := 0.9",
        "ema-linear; c := 1; x := g; d := 1; y := w; k := 1",
        "ema-linear; c := 1; x := g; d := 1; y := w; k := g",
        "norm-norm; x := 2; y := g",
        "min-max; x := g; y := w",
        "nonneg; y := 1",
        "nonneg",
        "a1; x := g",
        "no-such-identity; x := g",
        "exp-zero; x := 1",
        "masks; 1 := 2",
        "masks; 1 := 1; 2 := 1",
        "masks; x := g",
    ],
)
def test_a_citation_that_is_not_shown_is_refused(use: str) -> None:
    """Also where the link would hold without it."""
    assert not accepts("g", "g + 0", use)


@pytest.mark.parametrize(("first", "second"), ZEROS + JOINT)
def test_what_is_refused_is_false(first: str, second: str) -> None:
    """Numbers separate every one of them, so that none of these tests asks for a refusal of a truth."""
    a, b = (nos_sym.parse(f"none ~ {text}") for text in (first, second))
    assert any(separated(a, b, seed, histories=40) for seed in range(3))


def test_momentum_types_and_signs_are_part_of_the_claim() -> None:
    assert not accepts("none ~ g", "momentum ~ g")
    assert not accepts("none ~ g", "none ascent ~ g")
    assert accepts("none ~ g", "none ascent ~ -g")


def test_too_many_cases_are_refused() -> None:
    terms = " + ".join(f"sign(g + {k} * w)" for k in range(1, 16))
    reversed_terms = " + ".join(f"sign(g + {k} * w)" for k in range(15, 0, -1))
    assert not accepts(terms, reversed_terms)
