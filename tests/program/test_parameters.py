"""The interpreter of several tensors: an entry does not know in which tensor it stands."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.parameters import Parameters

RULES = (
    "none ~ ema_hat(g, 0.9)",
    """{
        state start = w, far: global = 0.1 * (1 + sqrt(total(w^2))), sum_sq: global
        far <- max(far, sqrt(total((w - start)^2)))
        sum_sq <- sum_sq + total(g^2)
        w <- w - lr * far / sqrt(sum_sq + 1e-8) * g
    }""",
    "{ state m; m <- 0.9 * m + total(g * w) * g; w <- w - lr * m / total(abs(m)) }",
)


@pytest.mark.parametrize("text", RULES)
def test_entries_of_two_tensors_are_those_of_one(text: str) -> None:
    rule = parse(text)
    rng = np.random.default_rng(0)
    whole, several = Interpreter(rule, (7,)), Parameters(rule, [(3,), (2, 2)])
    weight = rng.normal(size=7)
    parts = [weight[:3], weight[3:].reshape(2, 2)]
    for _ in range(5):
        g = rng.normal(size=7)
        weight = whole.apply(weight, g, 0.1)
        parts = several.apply(parts, [g[:3], g[3:].reshape(2, 2)], 0.1)
        np.testing.assert_allclose(np.concatenate([x.ravel() for x in parts]), weight, rtol=1e-13)


def test_a_tensor_without_a_gradient_stays_and_what_is_common_moves() -> None:
    rule = parse("{ state n: global; state own; n <- n + total(1); own <- own + 1; w <- w - lr * n * own }")
    several = Parameters(rule, [(1,), (3,)])
    one, three = np.ones(1), np.ones(3)
    parts = several.apply([np.zeros(1), np.zeros(3)], [one, None], 1.0)
    assert parts[0].tolist() == [-1]
    assert parts[1].tolist() == [0, 0, 0]
    parts = several.apply(parts, [None, three], 1.0)
    assert parts[1].tolist() == [-4, -4, -4]
    assert several.apply(parts, [None, None], 1.0)[1].tolist() == [-4, -4, -4]
    parts = several.apply(parts, [one, three], 1.0)
    assert parts[0].tolist() == [-1 - 8 * 2]


def test_a_tensor_that_misses_gradients_has_the_decays_of_the_training() -> None:
    """Each tensor counts its own updates in ``t``, and misses no step of a decay."""
    decayed, counted = (
        Parameters(parse(text), [(1,), (1,)], total_steps=4)
        for text in ("none ~ [a1] g", "{ w <- w - lr * (t + 1) * g }")
    )
    for several, expected in ((decayed, [-2.5, -0.75]), (counted, [-10, -3])):
        parts = [np.zeros(1), np.zeros(1)]
        for t in range(4):
            parts = several.apply(parts, [np.ones(1), np.ones(1) if t > 1 else None], 1.0)
        assert [float(x[0]) for x in parts] == expected


def test_a_state_of_all_tensors_may_become_a_setting() -> None:
    rule = parse("Kept(gain=0.25) = { state s: global; w <- w - lr * (g + s); s <- gain }")
    several = Parameters(rule, [(1,), (2,)])
    parts = [np.zeros(1), np.zeros(2)]
    for expected in (-1, -2.25, -3.5):
        parts = several.apply(parts, [np.ones(1), np.ones(2)], 1.0)
        assert [part.tolist() for part in parts] == [[expected], [expected] * 2]
