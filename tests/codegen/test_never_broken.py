"""Weights stay finite and of ordinary size: zero gradients, fresh state, rate 0, first and last step."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import Problem, run_backend, run_numpy
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Guards, schedule_values

CATALOG = [entry for entry in catalog.entries() if isinstance(entry, Rule)]
TOTAL = 35
# Every operation with a singular point, at operands that reach it.
SINGULAR = [
    parse(f"R{i} = {momentum} ~ {text}")
    for i, (momentum, text) in enumerate(
        [
            ("none", "1 / g"),
            ("none", "recip(v_hat)"),
            ("momentum", "g / g"),
            ("none", "v_hat / sqrt(s_hat)"),
            ("nesterov", "g / s_hat"),
            ("none", "w / agg_v"),
            ("none", "ln(g)"),
            ("none", "recip(ln(g))"),
            ("none", "sqrt(ln(s_hat))"),
            ("none", "abspow(g, -w)"),
            ("none", "abspow(g, -2)"),
            ("none", "abspow(g, g)"),
            ("none", "[1 / a2] g"),
            ("none", "[1 / a4 - 1 / a13] w"),
            ("none", "[ln(a2)] w"),
            ("none", "[abspow(a6, 0 - a1)] w"),
            ("none", "w / [a13] 1"),
            ("none", "w / max(g, 0)"),
            ("none", "w / clip_norm(g)"),
            ("none", "w / drop(g, 0.5)"),
            ("none", "w / delta(g)"),
            ("none", "w / running_max(-g^2)"),
            ("none", "w / (2 - 2)"),
            ("none", "1 / (1 / s_hat)"),
            ("none", "1 / abspow(s_hat, 0 - 2)"),
        ]
    )
]


FRAMEWORKS = ("torch", "tensorflow", "optax")


def in_turn() -> list[Any]:
    """Return the catalog on NumPy and one framework in turn; what is left is of the long sweep."""
    return [
        pytest.param(
            rule,
            backend,
            marks=[] if backend in ("numpy", FRAMEWORKS[number % 3]) else pytest.mark.heavy,
            id=f"{rule}-{backend}",
        )
        for number, rule in enumerate(CATALOG)
        for backend in ("numpy", *FRAMEWORKS)
    ]


def zeros(rates: np.ndarray) -> Problem:
    weight = np.random.default_rng(5).normal(size=(3, 2))
    steps = len(rates)
    return Problem(weight, np.zeros((steps, 3, 2)), rates, np.full(steps, 0.9), total_steps=TOTAL)


@pytest.mark.filterwarnings("ignore:past total_steps")
@pytest.mark.parametrize(
    ("rule", "backend"),
    [*in_turn(), *(pytest.param(r, b, id=f"{r}-{b}") for r in SINGULAR for b in ("numpy", *FRAMEWORKS))],
)
def test_zero_gradients(rule: Rule, backend: str, tmp_path: Path) -> None:
    """From the first step to the last and past it, with all gradients zero."""
    rates = np.full(TOTAL + 2, 0.01)
    rates[0] = 0
    given = zeros(rates)
    for dtype in ("float32", "float64"):
        weights = run_backend(backend, rule, given, tmp_path, dtype)
        assert np.isfinite(weights).all()
        # -69 = ln(1e-30) is the largest value that a guard puts in; two logarithms meet in no rule here.
        assert np.abs(weights).max() < np.abs(given.weight).max() + 70 * rates.sum() * 10
        np.testing.assert_array_equal(weights[0], given.weight.astype(dtype))


@pytest.mark.parametrize(("rule", "backend"), in_turn())
def test_last_step_is_of_ordinary_size(rule: Rule, backend: str, tmp_path: Path) -> None:
    """With ordinary gradients, the last step is no larger than the largest of the others."""
    rng = np.random.default_rng(6)
    given = Problem(
        rng.normal(size=(3, 2)), rng.normal(size=(TOTAL, 3, 2)), np.full(TOTAL, 0.01), np.full(TOTAL, 0.9)
    )
    weights = np.vstack([given.weight[None], run_backend(backend, rule, given, tmp_path, "float32")])
    moved = np.abs(np.diff(weights, axis=0)).max(axis=(1, 2))
    assert moved[-1] <= 2 * moved[:-1].max()


@pytest.mark.parametrize(
    "chunk", [0, 1, *(pytest.param(number, marks=pytest.mark.heavy) for number in (2, 3))]
)
def test_learning_rate_zero(chunk: int, tmp_path: Path) -> None:
    """At learning rate 0 weights stay what they were, whatever the rule, while its update is finite."""
    rng = random.Random(1000 + chunk)
    for i in range(25):
        rule = random_rule(rng, authors=i % 2 == 0)
        given = zeros(np.zeros(3))
        for backend in ("numpy", "torch", "tensorflow", "optax"):
            weights = run_backend(backend, rule, given, tmp_path, "float64")
            assert not np.isnan(weights).any(), str(rule)
            np.testing.assert_array_equal(weights, np.broadcast_to(given.weight, weights.shape), str(rule))


def test_guards_none_would_break() -> None:
    """Without the guards the same rules do break, so the tests above test something."""
    given = zeros(np.full(TOTAL, 0.01))
    broken = [r for r in SINGULAR if not np.isfinite(run_numpy(r, given, guards=Guards.NONE)).all()]
    assert len(broken) >= len(SINGULAR) - 4


def test_schedules_are_finite() -> None:
    for entry in catalog.entries():
        if isinstance(entry, Schedule):
            long = () if catalog.group_of(entry.name) == "training_schedules" else (8000,)
            for total in (1, 2, 3, 100, *long):
                values = schedule_values(entry, total)
                assert np.isfinite(values).all()
                # LR8 rises without bound towards t = 0, where it is guarded: 42 at t = 1 of 8000.
                assert np.abs(values).max() < 50


# Update, gradient, and its value there: functions that are never zero, and underflow or cancel in float32.
NEVER_ZERO = [
    ("ln(softplus(g))", -200.0, np.log(2.0**-126)),
    ("ln(erfc(g))", 20.0, np.log(2.0**-126)),
    ("sign(exp(g))", -200.0, 1.0),
    ("sign(-exp(g))", -200.0, -1.0),
    ("abspow(softplus(g), -1 / 2)", -200.0, 2.0**63),
    ("dtanh(g)", 12.0, 1 / np.cosh(12.0) ** 2),
    ("g / dtanh(g)", -12.0, -12.0 * np.cosh(12.0) ** 2),
    ("sign(dtanh(g))", 30.0, 1.0),
]


@pytest.mark.parametrize("backend", ["numpy", "torch", "optax"])
@pytest.mark.parametrize("text, gradient, expected", NEVER_ZERO)
def test_what_is_never_zero(
    text: str, gradient: float, expected: float, backend: str, tmp_path: Path
) -> None:
    """Neither underflow nor cancellation makes it zero, where a logarithm or a sign would jump."""
    one = np.ones(1)
    given = Problem(np.zeros(1), np.full((1, 1), gradient), one, one * 0, total_steps=1)
    moved = run_backend(backend, parse(f"R = none ~ {text}"), given, tmp_path, "float32")
    np.testing.assert_allclose(-moved[0], [expected], rtol=2e-5)


@pytest.mark.parametrize("backend", ["numpy", "torch", "optax"])
@pytest.mark.parametrize(
    "decay",
    ["recip(exp(-1000 * a2))", "ln(exp(-1000 * a2))", "abspow(exp(-1000 * a2), -1)", "1 / dtanh(50 * a2)"],
)
def test_scalars_that_underflow(decay: str, backend: str, tmp_path: Path) -> None:
    """A decay that is never zero is no division by zero where it underflows."""
    moved = run_backend(backend, parse(f"R = none ~ [{decay}] g"), zeros(np.ones(TOTAL)), tmp_path, "float32")
    assert np.isfinite(moved).all()


@pytest.mark.parametrize("backend", ["numpy", "torch", "optax"])
@pytest.mark.parametrize("text", ["a8 / g", "[a8] 1 / abs(g^3)", "0 / g"])
def test_zero_by_what_is_subnormal(text: str, backend: str, tmp_path: Path) -> None:
    """PyTorch multiplies a number by the reciprocal of a tensor, which may be infinite."""
    steps = np.ones(4)
    for gradient in (1e-39, 1.1e-13, -1e-44):
        given = Problem(np.ones(2), np.full((4, 2), gradient), steps, steps * 0, total_steps=4)
        moved = run_backend(backend, parse(f"R = none ~ {text}"), given, tmp_path, "float32")
        assert np.isfinite(moved).all()
        np.testing.assert_array_equal(moved[0], 1)


SUMS = (
    "sum",
    "mean",
    "row_sum",
    "row_mean",
    "col_sum",
    "col_mean",
    "mean_rest",
    "mean_first",
    "norm1",
    "norm2",
    "rms",
)


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "optax"])
@pytest.mark.parametrize("reduction", SUMS)
def test_reductions_of_infinite_entries(reduction: str, backend: str, tmp_path: Path) -> None:
    """Neither infinite entries, nor many of the largest number with both signs, make a number NaN."""
    text = (
        "{ state s: scalar; s <- mean(exp(g)); "
        f"w <- w - lr * (g + s + {reduction}(exp(g) * sign(w)) - {reduction}(exp(g) / exp(-g))) }}"
    )
    weight = np.where(np.arange(32 * 32).reshape(32, 32) // 48 % 2, -1.0, 1.0)
    given = Problem(weight, np.full((2, 32, 32), 200.0), np.ones(2), np.zeros(2))
    moved = run_backend(backend, parse(text), given, tmp_path, "float32")
    assert np.isfinite(moved).all()


@pytest.mark.parametrize("text", ["exp(norm2(g)) - exp(sum(g))", "exp(norm2(g)) - exp(row_max(g))"])
@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "optax"])
def test_numbers_of_a_tensor_saturate(backend: str, text: str, tmp_path: Path) -> None:
    given = Problem(np.ones((3, 4)), np.full((2, 3, 4), 200.0), np.ones(2), np.zeros(2))
    moved = run_backend(backend, parse(f"{{ w <- w - lr * (g + {text}) }}"), given, tmp_path, "float32")
    assert np.isfinite(moved).all()


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "optax"])
def test_remainders_of_quotients_beyond_the_type(backend: str, tmp_path: Path) -> None:
    """PyTorch's remainder of many numbers is NaN where the quotient is beyond the type."""
    size = 40  # of which a vector register has some
    given = Problem(np.full(size, 2.0**40), np.full((1, size), 1.5e-38), np.ones(1), np.zeros(1))
    moved = run_backend(backend, parse("{ w <- w - lr * mod(w, g) }"), given, tmp_path, "float32")
    np.testing.assert_array_equal(moved, 2.0**40)


@pytest.mark.parametrize("backend", ["numpy", "torch", "tensorflow", "optax"])
def test_large_whole_numbers(backend: str, tmp_path: Path) -> None:
    """They are no integers in a file, which JAX would refuse beside float32."""
    given = Problem(np.zeros(1), np.full((1, 1), 2.0**-20), np.ones(1), np.zeros(1))
    moved = run_backend(backend, parse("none ~ 2147483648 * g"), given, tmp_path, "float32")
    np.testing.assert_array_equal(moved, -(2.0**11))
