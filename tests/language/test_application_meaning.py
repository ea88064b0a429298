"""Applied rules against the rules themselves, run beside the one around: one step of each at a time."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest
from support.applied_rules import HEAVY, last
from support.random_blocks import random_block_text

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.levels import Level
from nos_sym.errors import RuleError, SourceError
from nos_sym.faces.parsing import parse
from nos_sym.language.application import form_of
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from nos_sym.proof.checker import check_proof
from nos_sym.proof.search.producer import prove

STEPS = 6
SHAPES = ((3, 4), (5,), (2, 3, 2))
ARGUMENTS = ("tanh(g)", "clip_norm(g)", "g - mean_rest(g)", "2 * g", "g + 2 * ema(g, 0.98)")

Array = npt.NDArray[np.float64]


def steps_agree(inner: Rule | Block, text: str, argument: str, factor: float, seed: int) -> None:
    """Run the rule of ``text`` beside the one that it applies and the argument, each by itself.

    The move of the inner rule at the weights of the outer one gives the update, times ``factor``.
    """
    rng = np.random.default_rng(seed)
    shape = SHAPES[seed % len(SHAPES)]
    outer, alone = (Interpreter(rule, shape, total_steps=STEPS) for rule in (last(text), inner))
    before = Interpreter(parse(f"none ~ {argument}"), shape, total_steps=STEPS)
    weight: Array = rng.normal(size=shape)
    for _ in range(STEPS):
        gradient = rng.normal(size=shape) * rng.choice((0, 1, 1), size=shape)
        rate = float(rng.uniform(0.05, 0.5))
        given = before.update(gradient, weight)
        wanted = weight + factor * (alone.apply(weight, given, rate) - weight)
        weight = outer.apply(weight, gradient, rate)
        assert np.isfinite(weight).all()
        np.testing.assert_allclose(weight, wanted, rtol=1e-9, atol=1e-9)


def check_block(seed: int) -> bool:
    """Apply a random block; return whether it has an update."""
    rng = random.Random(seed)
    text = random_block_text(rng)
    inner = parse(text)
    try:
        form_of(inner)
    except RuleError:
        return False
    argument = rng.choice(ARGUMENTS)
    outer = rng.choice(("none ~ 2 * Random({})", "{{ u = Random({}); w <- w - lr * 2 * u }}"))
    try:
        steps_agree(inner, f"{text}\n{outer.format(argument)}", argument, 2, seed)
    except SourceError as error:
        assert "the start of" in str(error) and "ema" in argument
        return False
    return True


def test_random_blocks_move_as_they_do_alone() -> None:
    assert sum(check_block(seed) for seed in range(8)) > 1


@pytest.mark.heavy
def test_many_random_blocks_move_as_they_do_alone() -> None:
    for seed in range(1000, 4000):
        check_block(seed)


@pytest.mark.parametrize(
    "name", ["Adam", "AdamKeras", "AMSGrad", "AdaBelief", "RMSProp", "Lion", "AdamW", "AggMo"]
)
@pytest.mark.parametrize("argument", ARGUMENTS[:2])
def test_entries_of_the_catalog_move_as_they_do_alone(name: str, argument: str) -> None:
    inner = parse(f"none ~ {name}(g)")
    steps_agree(inner, f"none ~ {name}({argument})", argument, 1, 0)
    steps_agree(inner, f"{{ u = {name}({argument}); w <- w - lr * u }}", argument, 1, 1)


def test_a_layer_that_is_frozen_at_first_counts_its_own_steps() -> None:
    inner = "A = { state m; m <- 0.9 * m + 0.1 * g; w <- w - lr * m / (1 - 0.9^(t + 1)) }"
    steps_agree(parse(inner), f"{inner}\nnone ~ A(tanh(g))", "tanh(g)", 1, 0)


CAUTIOUS = "w <- w - lr * where(u * g > 0, u, 0) * size / max(1, sum(where(u * g > 0, 1, 0)))"
FILTERED = "(g + 2 * ema(g, 0.98))"
WRITTEN = {
    "none ~ Adam(g)": "none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)",
    "none ~ SGD(clip_norm(g))": "none ~ clip_norm(g)",
    "none ~ Adam(clip_norm(g))": (
        "none ~ ema_hat(clip_norm(g), 0.9) / (sqrt(ema_hat(clip_norm(g)^2, 0.999)) + 1e-8)"
    ),
    f"none ~ Adam{FILTERED}": (
        f"none ~ ema_hat({FILTERED}, 0.9) / (sqrt(ema_hat({FILTERED}^2, 0.999)) + 1e-8)"
    ),
    "none ~ Adam(g - mean_rest(g))": (
        "none ~ ema_hat(g - mean_rest(g), 0.9) / (sqrt(ema_hat((g - mean_rest(g))^2, 0.999)) + 1e-8)"
    ),
    "{ w <- w - lr * (Adam(g) + 0.01 * w) }": "none ~ Adam(g) + 0.01 * w",
    "{ w <- w * (1 - 0.01 * lr); w <- w - lr * Adam(g) }": (
        "{ w <- w - lr * 0.01 * w; state m, v; m <- 0.9 * m + 0.1 * g; v <- 0.999 * v + 0.001 * g^2\n"
        "w <- w - lr * (m / (1 - 0.9^(t + 1))) / (sqrt(v / (1 - 0.999^(t + 1))) + 1e-8) }"
    ),
    "{ n = sqrt(total(g^2)); w <- w - lr * Lion(g * min(1, 1 / n)) }": (
        "{ c = g * min(1, 1 / sqrt(total(g^2))); state m; u = 0.9 * m + 0.1 * c; m <- 0.99 * m + 0.01 * c\n"
        "w <- w - lr * sign(u) }"
    ),
    f"{HEAVY}none ~ Heavy(Adam(g))": "{ u = Adam(g); state b; b <- 0.9 * b + u; w <- w - lr * b }",
    f"{HEAVY}none ~ Heavy(g) + Heavy(g)": f"{HEAVY}none ~ 2 * Heavy(g)",
    f"{HEAVY}momentum ~ Heavy(g)": "momentum ~ 10 * ema(g, 0.9)",
    f"{HEAVY}nesterov ascent ~ Heavy(g)": "nesterov ascent ~ 10 * ema(g, 0.9)",
    f"{HEAVY}{{ if rank >= 2 {{ u = Heavy(g) }} else {{ u = Heavy(2 * g) }}; w <- w - lr * u }}": (
        "{ if rank >= 2 { state a; a <- 0.9 * a + g; u = a } else { state b; b <- 0.9 * b + 2 * g; u = b }\n"
        "w <- w - lr * u }"
    ),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_an_applied_rule_is_the_rule_written_out(text: str) -> None:
    applied, written = last(text), last(WRITTEN[text])
    assert key_of(applied) == key_of(written)


@pytest.mark.heavy
@pytest.mark.parametrize("text", WRITTEN)
def test_an_applied_rule_is_compared_as_the_rule_written_out(text: str) -> None:
    assert compare(last(text), last(WRITTEN[text])).level is Level.EXACT


def test_cautious_adam_written_out_has_the_key_of_the_application() -> None:
    written = (
        "{ state m, v; m <- 0.9 * m + 0.1 * g; v <- 0.999 * v + 0.001 * g^2\n"
        f"u = (m / (1 - 0.9^(t + 1))) / (sqrt(v / (1 - 0.999^(t + 1))) + 1e-8)\n{CAUTIOUS} }}"
    )
    assert key_of(parse(f"{{ u = Adam(g); {CAUTIOUS} }}")) == key_of(parse(written))


PROVED = ("none ~ Adam(g)", "none ~ SGD(clip_norm(g))", f"{HEAVY}none ~ Heavy(g) + Heavy(g)")


@pytest.mark.parametrize("text", PROVED)
def test_a_checked_proof_says_so(text: str) -> None:
    applied, written = last(text), last(WRITTEN[text])
    proof = prove(applied, written)
    assert proof is not None
    assert check_proof(str(proof)).proof.level == "exact"
