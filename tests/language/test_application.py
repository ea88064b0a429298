"""Rules that are applied in place of an update: what they are read as, whatever they are applied to."""

from __future__ import annotations

import pytest
from support.applied_rules import BRANCHED, DECAYED, FIRST, HEAVY, check_applied, last

READ = {
    "none ~ Adam(g)": "none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)",
    "none ~ SGD(clip_norm(g))": "none ~ clip_norm(g)",
    'A = nesterov ascent ~ Lion(g) from "x"': 'A = nesterov ascent ~ sign(10 * ema(g, 0.99) + g) from "x"',
    "none ~ AdamW(w, weight_decay=0)": (
        "none ~ ema_hat(w, 0.9) / (sqrt(ema_hat(w^2, 0.999)) + 1e-8) + 0 * w"
    ),
    "none ~ Adam(Lion(g))": (
        "none ~ ema_hat(sign(10 * ema(g, 0.99) + g), 0.9) / "
        "(sqrt(ema_hat(sign(10 * ema(g, 0.99) + g)^2, 0.999)) + 1e-8)"
    ),
    "A(b=0.5 in [0, 0.8]) = none ~ AdamW(g, beta1=b, beta2=1 - 0.1)": (
        "A(b=0.5 in [0, 0.8]) = none ~ ema_hat(g, b) / (sqrt(ema_hat(g^2, 0.9)) + 1e-8) + 0.01 * w"
    ),
    "none ~ SGD(drop(g, 0.5)) - SGD(drop(g, 0.5))": "none ~ drop(g, 0.5) - drop(g, 0.5)",
    "none ~ Adam(drop(g, 0.5))": (
        "none ~ ema_hat(drop(g, 0.5, draw=1), 0.9) / (sqrt(ema_hat(drop(g, 0.5, draw=1)^2, 0.999)) + 1e-8)"
    ),
    # A mask of the rule that is applied is one of each application.
    "A = none ~ drop(g, 0.5)\nnone ~ A(g) - A(g)": "none ~ drop(g, 0.5) - drop(g, 0.5)",
    "A = none ascent ~ g\nnone ~ A(w)": "none ~ -w",
    HEAVY + "none ~ Heavy(tanh(g))": "{ state m; m <- 0.9 * m + tanh(g); w <- w - lr * m }",
    HEAVY + "momentum ~ Heavy(g)": (
        "{ state m; m <- 0.9 * m + g; state velocity; velocity <- momentum * velocity - lr * m; "
        "w <- w + velocity }"
    ),
    HEAVY + "A(b=0.3 in [0, 0.5]) = none ~ Heavy(g, beta=b)": (
        "A(b=0.3 in [0, 0.5]) = { state m; m <- b * m + g; w <- w - lr * m }"
    ),
    # Two applications have states of their own.
    HEAVY + "none ~ Heavy(g) + Heavy(g)": (
        "{ state m; m <- 0.9 * m + g; state heavy_m; heavy_m <- 0.9 * heavy_m + g; "
        "w <- w - lr * (m + heavy_m) }"
    ),
    HEAVY + "none ~ Heavy(Heavy(g), beta=0)": (
        "{ state m; m <- 0.9 * m + g; state heavy_m; heavy_m <- 0 * heavy_m + m; w <- w - lr * heavy_m }"
    ),
    # What reads the step of the parameter, or its shape, stands in blocks alone.
    "R = { w <- w - lr * 0.9^(t + 1) * g }\nnone ~ 2 * R(tanh(g))": (
        "{ w <- w - lr * (2 * (0.9^(t + 1) * tanh(g))) }"
    ),
    "R = { w <- w - lr * rows * g }\nmomentum ~ R(g)": (
        "{ state velocity; velocity <- momentum * velocity - lr * (rows * g); w <- w + velocity }"
    ),
    # Names of the block around, of its settings and in its comments.
    HEAVY + "{ state m; m <- Heavy(g - m); w <- w - lr * m }": (
        "{ state m; state heavy_m; heavy_m <- 0.9 * heavy_m + (g - m); m <- heavy_m; w <- w - lr * m }"
    ),
    HEAVY + "{ u = Heavy(g); m = u; heavy_m = m; w <- w - lr * heavy_m # heavy_m2\n}": (
        "{ state heavy_m2; heavy_m2 <- 0.9 * heavy_m2 + g; u = heavy_m2; m = heavy_m2; heavy_m = heavy_m2; "
        "w <- w - lr * heavy_m2 }"
    ),
    HEAVY + "A(m=0.5) = none ~ m * Heavy(g)": (
        "A(m=0.5) = { state heavy_m; heavy_m <- 0.9 * heavy_m + g; w <- w - lr * (m * heavy_m) }"
    ),
    # A state is read as it is at the place; the weight too.
    HEAVY + "{ state v; v <- v + g; w <- w - lr * Heavy(v) }": (
        "{ state v; v <- v + g; state m; m <- 0.9 * m + v; w <- w - lr * m }"
    ),
    "A = none ~ w * g\n{ w <- w - lr * w; w <- w - lr * A(g) }": (
        "{ w <- w - lr * w; w <- w - lr * (w * g) }"
    ),
    DECAYED + "none ~ Decayed(g)": (
        "{ state m; k = 1 - 0.9^(t + 1); m <- 0.9 * m + 0.1 * g; w <- w - lr * (0.1 * w + m / k) }"
    ),
    BRANCHED + "none ~ 2 * Branched(g)": (
        "{ if rank >= 2 { state a; a <- a + g; update = 0.1 * w + a } else { update = 0.1 * w + g }; "
        "w <- w - lr * (2 * update) }"
    ),
    HEAVY + "{ if rank > 1 { u = Heavy(g) } else { u = Heavy(-g) }; w <- w - lr * u }": (
        "{ if rank > 1 { state m; m <- 0.9 * m + g; u = m } else { state heavy_m; "
        "heavy_m <- 0.9 * heavy_m + -g; u = heavy_m }; w <- w - lr * u }"
    ),
    FIRST + "none ~ First(tanh(g))": (
        "{ state n: scalar = norm2(tanh(g)); n <- max(n, norm2(tanh(g))); w <- w - lr * (tanh(g) / n) }"
    ),
    "A = { state d: global; d <- max(d, total(g * w)); w <- w - lr * d * g }\nnone ~ A(g / 2)": (
        "{ state d: global; d <- max(d, total(g / 2 * w)); w <- w - lr * (d * (g / 2)) }"
    ),
    # Each rule of a text has names of its own.
    HEAVY + "A = { u = Heavy(g); w <- w - lr * u }\nnone ~ Heavy(w)": (
        "{ state m; m <- 0.9 * m + w; w <- w - lr * m }"
    ),
    # What stays as it is reads 0 times the rate.
    "A = { state m; m <- m + g; w <- w }\nnone ~ A(g) + g": "{ state m; m <- m + g; w <- w - lr * (0 + g) }",
    # The weight of the rule that is applied is lr times an update, however it is written.
    "A = { w <- -(lr * (g - w) - w) }\nnone ~ A(g)": "none ~ g - w",
    "A = { w <- w + (g * lr - lr * w) / 2 }\nnone ~ A(g)": "none ~ -(g / 2) + w / 2",
    "A = { w <- where(g > 0, w - lr * g, w) }\nnone ~ A(g)": "none ~ where(g > 0, g, 0)",
    "A = { v_hat = g * g; state m; m <- m + v_hat; w <- w - lr * m / v_hat }\n"
    "{ u = A(g); w <- w - lr * (u + v_hat) }": (
        "{ a_v_hat = g * g; state m; m <- m + a_v_hat; u = m / a_v_hat; w <- w - lr * (u + v_hat) }"
    ),
}


@pytest.mark.parametrize("text", READ)
def test_an_application_is_read_as_what_it_stands_for(text: str) -> None:
    assert str(last(text)) == READ[text]


def test_applications_of_anything_to_anything() -> None:
    read = sum(check_applied(seed) for seed in range(40))
    assert 8 < read < 32


@pytest.mark.heavy
def test_applications_of_anything_to_anything_for_long() -> None:
    for seed in range(1000, 8000):
        check_applied(seed)
