"""Which settings are coefficients of first moments: by what is averaged, however it is written."""

from __future__ import annotations

import pytest

from nos_sym import parse
from nos_sym.program.lower import lower

ONE = "R(beta=0.9) = { state m; m <- %s; w <- w - lr * m }"


def of(text: str) -> set[str]:
    return set(lower(parse(text)).first_moments)


@pytest.mark.parametrize(
    "written",
    [
        "beta * m + (1 - beta) * g",
        "m + (1 - beta) * (g - m)",
        "m - (1 - beta) * (m - g - 0.1 * w)",
        "-(beta * (-m) - (1 - beta) * g)",
        "(2 * beta * m + (1 - beta) * 2 * g) / 2",
        "beta * (m - g) + g",
        "m / (1 / beta) + g",
        "beta * m - lr * g",
        "m * (1 - (1 - beta)) + g",
        "where(t == 0, g, beta * m + (1 - beta) * g)",
        "beta * m + (1 - beta) * (g + 0.01 * w)",
        "beta * m + (1 - beta) * clip_norm(g)",
        "beta * m + (1 - beta) * (g - mean_rest(g))",
        "beta * m + (1 - beta) * min(max(g, -1), 1)",
        "beta * m + (1 - beta) * max(min(g, norm2(w)), -norm2(w))",
        "beta * m + (1 - beta) * g * min(1, 1 / sqrt(total(g^2)))",
        "beta * m + (1 - beta) * sign(g)",
        "beta * m + (1 - beta) * where(g * m > 0, g, 0)",
        "beta * m + (1 - beta) * g * g / g",
        "beta * m + (1 - beta) * sign(g) * abs(g)",
    ],
)
def test_averages_of_the_gradient(written: str) -> None:
    assert of(ONE % written) == {"beta"}


@pytest.mark.parametrize(
    "written",
    [
        "beta * m + (1 - beta) * g^2",
        "beta * m + g * g",
        "beta * m + (1 - beta) * abs(g)",
        "beta * m + (1 - beta) * g^3",
        "beta * m + (1 - beta) * g * abs(g)",
        "beta * m + (1 - beta) * sqrt(g)^2",
        "beta * m + (1 - beta) * (g - 0.1 * m)^2",
        "beta * m + (1 - beta) * w",
        "beta * m + (1 - beta) * max(g, 0)",
        "beta * m + (1 - beta) * max(min(g, 1), -2)",
        "beta * m + (1 - beta) * (g + 1)",
        "beta * m + (1 - beta) * exp(g)",
        "max(beta * m, abs(g))",
        # More of the setting keeps less of the state.
        "(1 - beta) * m + beta * g",
        "m + beta * (g - m)",
        "m - beta * m + g",
        "m / beta + g",
    ],
)
def test_what_is_none(written: str) -> None:
    assert of(ONE % written) == set()


def test_an_average_of_normalized_gradients() -> None:
    text = """R(beta1=0.9, beta2=0.99) = {
        state m; state v
        v <- beta2 * v + (1 - beta2) * g^2
        m <- beta1 * m + (1 - beta1) * g / (sqrt(v) + 1e-8)
        w <- w - lr * m
    }"""
    assert of(text) == {"beta1"}


def test_averages_of_averages() -> None:
    def nested(inner: str) -> str:
        return f"""R(beta1=0.9, beta2=0.8) = {{
            state m; state n
            n <- beta2 * n + (1 - beta2) * m
            m <- beta1 * m + (1 - beta1) * {inner}
            w <- w - lr * n
        }}"""

    assert of(nested("g")) == {"beta1", "beta2"}
    assert of(nested("g^2")) == set()
    assert of("R(beta1=0.9, beta2=0.8) = none ~ ema(ema(g, beta1), beta2)") == {"beta1", "beta2"}
    assert of("R(beta1=0.9, beta2=0.8) = none ~ ema(ema(g^2, beta1), beta2)") == set()
    assert of("R(beta1=0.9, beta2=0.8) = none ~ ema(ema(g, beta1)^2, beta2)") == {"beta1"}


def test_a_state_that_holds_the_gradient_of_the_step_before() -> None:
    text = "R(beta=0.9) = { state m; state q; m <- beta * m + (1 - beta) * q; q <- %s; w <- w - lr * m }"
    assert of(text % "g") == {"beta"}
    assert of(text % "g^2") == set()


def test_one_coefficient_of_two_averages() -> None:
    assert of("R(beta=0.9) = none ~ ema(g, beta) / sqrt(1 + ema(g^2, beta))") == {"beta"}


def test_a_start_that_is_a_number_is_forgotten() -> None:
    text = "R(beta=0.9) = { state m = %s; m <- beta * m + (1 - beta) * g; w <- w - lr * m }"
    assert of(text % "1e-6") == {"beta"}
    assert of(text % "g") == {"beta"}
    assert of(text % "g^2") == set()


def test_a_coefficient_that_no_state_keeps_is_none() -> None:
    """Lion reads its average with one coefficient and keeps it with the other."""
    text = """R(beta1=0.9, beta2=0.99) = {
        state m
        u = sign(beta1 * m + (1 - beta1) * g)
        m <- beta2 * m + (1 - beta2) * g
        w <- w - lr * u
    }"""
    assert of(text) == {"beta2"}
