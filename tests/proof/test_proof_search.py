"""Proofs are found for what is true, replayed, and refused once they are spoiled."""

from __future__ import annotations

import random
from functools import cache, lru_cache
from itertools import pairwise

import pytest
from support.real_values import separated
from support.spoiling import WAYS, spoiled

import nos_sym
from nos_sym import Level
from nos_sym.errors import NosSymError
from nos_sym.proof.reader import read_proof

TRUE = [
    ("g + abs(g)", "max(g, 0) + max(g, 0)"),
    ("(g * max(g, 0))^2", "g^3 * max(g, 0)"),
    ("running_max(g)^3", "running_max(g^3)"),
    ("sqrt(1018081) * g", "1009 * g"),
    ("sqrt(erfc(g)^2)", "erfc(g)"),
    ("min(arctan(g), max(g, 0))", "min(arctan(g), abs(g))"),
    ("rdiv(g, -w) + min(s_hat, 0)", "rdiv(g, abs(w))"),
    ("min(2, [1 / (1 + exp(-a4))] clip_norm(g))", "clip_norm(g) * [sigmoid(a4)] 1"),
    ("clip(g, exp(1) + sign(v_hat))", "sign(g) * min(abs(g), exp(1) + sign(v_hat))"),
    ("exp(ln(1 + g^2) + w)", "(1 + g^2) * exp(w)"),
    ("ema(3 * g - w, 0.9)", "3 * ema(g, 0.9) - ema(w, 0.9)"),
    ("[a5 + a6] g", "g"),
    ("[a2 * (1 - a1)] g", "[p^2] g"),
    ("drop(g, 0.5) + drop(w, 0.5)", "drop(w, 0.5) + drop(g, 0.5)"),
    ("clip_norm(clip_norm(-g))", "-clip_norm(g)"),
    ("softsign(g)", "g * dsoft(g)"),
    ("max(tanh(g), tanh(w))", "tanh(max(g, w))"),
    ("[sqrt(a3)] sqrt(g)", "sqrt([a3] g)"),
    ("ema(ema(g, 0.9), 0.5)", "ema(ema(g, 0.5), 0.9)"),
]  # fmt: skip


def rules(first: str, second: str) -> tuple[nos_sym.Rule, nos_sym.Rule]:
    return nos_sym.parse(f"none ~ {first}"), nos_sym.parse(f"none ~ {second}")


@pytest.mark.parametrize(("first", "second"), TRUE)
def test_a_proof_is_found_and_replayed(first: str, second: str) -> None:
    a, b = rules(first, second)
    proof = nos_sym.prove(a, b)
    assert proof is not None
    checked = nos_sym.check_proof(str(proof))
    assert checked.proof == proof
    assert (proof.first, proof.second) == (a, b)
    # Masks may bear other numbers in both.
    assert "drop" in first or not separated(a, b, 1)


def test_a_proof_says_only_what_it_uses() -> None:
    proof = nos_sym.prove(*rules("tanh(-g) * tanh(w)", "-(tanh(g) * tanh(w))"))
    assert proof is not None
    assert nos_sym.check_proof(str(proof)).cited == ()
    proof = nos_sym.prove(*rules("exp(ln(1 + w^2)) + g", "w^2 + 1 + g"))
    assert proof is not None
    assert sorted(use.name for use in proof.chain[-1].uses) == ["exp-ln", "nonneg"]


@pytest.mark.parametrize(
    ("first", "second"), [("w * (g / g)", "w"), ("g", "2 * g"), ("sign(g)^2", "1"), ("exp(ln(g))", "abs(g)")]
)
def test_no_proof_is_found_of_what_is_false(first: str, second: str) -> None:
    assert nos_sym.prove(*rules(first, second), seconds=3) is None


@pytest.mark.parametrize(
    ("level", "first", "second", "head"),
    [
        (Level.SIGN, "g - w", "w - g", "times B: -1"),
        (Level.SCALE, "3 * tanh(g)", "7 * tanh(g)", "times A: 7"),
        (Level.SCALE, "exp(1) * g", "g", "times B: exp(1)"),
        (
            Level.SCHEDULE,
            "[erfc(erfc(a4))] g / [dtanh(a8)] w",
            "g / w",
            "times B: erfc(erfc(a4)) / dtanh(a8)",
        ),
        (Level.SCHEDULE, "[a2] g", "[2 * a4] g", "steps: 2"),
        (
            Level.SCHEDULE,
            "wmean(s_hat, rdiv(ln(1), 1e-6 * w), 0.95)",
            "[sqrt(a10)] s_hat + ln(1)",
            "times B: 0.95",
        ),
        (Level.EXACT, "g", "g", "level: exact"),
    ],
)
def test_levels_have_their_factors(level: Level, first: str, second: str, head: str) -> None:
    proof = nos_sym.prove(*rules(first, second), level)
    assert proof is not None
    assert head in str(proof).splitlines()
    assert nos_sym.check_proof(str(proof)).proof.level == level.value


def test_what_has_no_proof() -> None:
    a, b = rules("g", "g + 0")
    assert nos_sym.prove(a, b, Level.FLOAT32) is None
    assert nos_sym.prove(a, nos_sym.parse("momentum ~ g")) is None
    assert nos_sym.prove(*rules("g", "[max(a1 - 0.5, 0)] g"), Level.SCHEDULE, seconds=3) is None


def test_settings_are_numbers_at_their_defaults() -> None:
    a = nos_sym.parse("A(gain=0.5) = none ~ gain * g")
    proof = nos_sym.prove(a, nos_sym.parse("none ~ g / 2"))
    assert proof is not None
    assert "A: none ~ 0.5 * g" in str(proof)


@cache
def proof_of(first: str, second: str) -> str:
    proof = nos_sym.prove(*rules(first, second))
    assert proof is not None
    return str(proof)


@pytest.mark.parametrize("way", WAYS)
def test_spoiled_proofs_are_refused(way: str) -> None:
    assert spoil_and_check([proof_of(*pair) for pair in (*TRUE[6:9], *TRUE[10:16])], way, times=1) >= 1


def spoil_and_check(proofs: list[str], way: str, *, times: int) -> int:
    """Spoil proofs one way, redrawn until the keys of two neighbors differ; return how many were refused.

    What is accepted must be true all the same, as where a citation was not needed: numbers agree.
    """
    rng = random.Random(way)
    refused = 0
    for proof in proofs:
        for _ in range(times):
            text = next(
                (t for _ in range(12) if (t := spoiled(proof, way, rng)) and _is_another(t, way)), None
            )
            if text is None:
                continue
            try:
                checked = nos_sym.check_proof(text)
            except NosSymError:
                refused += 1
                continue
            assert way in CITATIONS, text
            for a, b in pairwise(checked.proof.chain):
                assert not separated(a.rule, b.rule, 7), text
    return refused


CITATIONS = ("dropped condition", "name of the identity", "another x")
"""Ways that leave the rules as they are, so that what is spoiled may follow without the citation."""


def _is_another(text: str, way: str) -> bool:
    """Return whether a link is between rules of two keys, where a way changes rules."""
    if way in CITATIONS:
        return True
    try:
        keys = [nos_sym.key_of(step.rule) for step in read_proof(text).chain]
    except NosSymError:
        return True
    return any(a != b for a, b in pairwise(keys))


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", WAYS)
def test_spoiled_proofs_of_the_catalog_are_refused(way: str) -> None:
    # Most of the catalog follows by arithmetic, and cites nothing.
    proofs = [*proofs_of_the_catalog(), *(proof_of(*pair) for pair in TRUE)]
    assert spoil_and_check(proofs, way, times=8) >= 30


@lru_cache(maxsize=1)
def proofs_of_the_catalog() -> list[str]:
    entries = [e for e in nos_sym.catalog.entries() if isinstance(e, nos_sym.Rule)]
    proofs = [nos_sym.prove(e, nos_sym.canonical_rule(e), seconds=5) for e in entries]
    found = [str(p) for p in proofs if p is not None]
    # What has none: the algebra still merges some that differ at zeros, and some searches take longer.
    assert len(found) >= 30
    return found
