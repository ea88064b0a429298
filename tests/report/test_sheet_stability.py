"""Largest stable rates: known ones, and by running each rule on a quadratic on both sides of its bound."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import nos_sym
from nos_sym import catalog
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Interpreter
from nos_sym.python.given import optimizer_of
from nos_sym.report.sheet.jury import is_stable
from nos_sym.report.sheet.line import Line
from nos_sym.report.sheet.stability import stability
from nos_sym.report.sheet.subject import Subject

CURVATURE = 3.0
MOMENTUM = 0.9

RULES = (
    *("none ~ g", "momentum ~ g", "nesterov ~ g", "none ~ ema(g, 0.9)", "none ~ ema_hat(g, 0.9)"),
    *("none ~ qhm(0.7)", "momentum ~ qhm(0.7)", "nesterov ~ ema(g, 0.5)", "none ~ g + 0.01 * w"),
    *("none ~ 1.5 * g - 0.5 * ema(g, 0.9)", "none ~ (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3"),
    "{ state m; m <- 0.9 * m + g; w <- w - lr * m }",
    "{ state m; m <- where(t == 0, g, 0.9 * m + 0.1 * g); w <- w - lr * m / (1 - 0.8^(2 * t + 1)) }",
    *("momentum ~ g + 0.01 * w", "nesterov ~ g + 0.3 * w", "momentum ~ ema(g + 0.1 * w, 0.5)"),
    "{ state a, b; a <- 0.5 * a + g; b <- 0.8 * b + a; w <- w - lr * (b + 0.5 * g) }",
)


def line_of(rule: Rule | Block) -> Line | None:
    with fresh_workspace():
        found = stability(Subject(rule))
    return found[0] if found else None


def bound_of(line: Line) -> float:
    value = sympy.sympify(line.data["bound"].replace("^", "**"))
    return float(value.subs({"h": CURVATURE, "momentum": MOMENTUM}))


def growth(rule: Rule | Block, rate: float) -> float:
    """Return the size of the weight late in a run on ``h w^2 / 2`` over what it is at half of the time."""
    run = Interpreter(rule, (1,), saturating=False)
    weight, sizes = np.array([1.0]), []
    for _ in range(2000):
        weight = run.apply(weight, CURVATURE * weight, rate, MOMENTUM)
        sizes.append(abs(float(weight[0])))
        if not 1e-200 < sizes[-1] < 1e200:
            break
    half = len(sizes) // 2
    return max(sizes[-20:]) / max(sizes[half - 20 : half])


def check(rule: Rule | Block) -> None:
    line = line_of(rule)
    assert line is not None
    bound = bound_of(line)
    assert growth(rule, 0.99 * bound) < 1
    assert growth(rule, 1.01 * bound) > 1


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("none ~ g", "2/h"),
        ("momentum ~ g", "2*(1 + momentum)/h"),
        ("nesterov ~ g", "2*(1 + momentum)/((1 + 2*momentum)*h)"),
        ("none ~ ema(g, 0.9)", "38/h"),
        ("none ~ g + 0.01 * w", "2/(h + 1/100)"),
        ("OptimisticGradientOptax", "2/(3*h)"),
        ("none ~ 2 * g", "1/h"),
        ("momentum ~ g + 0.01 * w", "2*(1 + momentum)/(h + 1/100)"),
        ("nesterov ~ g + 0.01 * w", "2*(1 + momentum)/((1 + 2*momentum)*(h + 1/100))"),
        # Decoupled: the decay is multiplied by the rate, and stays out of the momentum.
        (
            "{ state v; v <- momentum * v + g; w <- w - lr * (v + 0.01 * w) }",
            "2*(1 + momentum)/(h + (1 + momentum)/100)",
        ),
    ],
)
def test_known_bounds(text: str, bound: str) -> None:
    line = line_of(optimizer_of(text))
    assert line is not None
    assert sympy.simplify(sympy.sympify(line.data["bound"]) - sympy.sympify(bound)) == 0


@pytest.mark.parametrize("text", RULES)
def test_both_sides_of_the_bound(text: str) -> None:
    check(nos_sym.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "none ~ -g",
        "none ~ delta(g)",
        "none ~ tanh(g)",
        "none ~ [a1] g",
        "none ~ g + 1",
        "none ~ g * w",
        "none ~ clip_norm(g)",
        "{ state s: global; s <- s + total(g); w <- w - lr * s }",
        "{ w <- w - lr * g / (t + 1) }",
        "{ w <- w - lr * g * (1 + 0.5^(10 - t)) }",
    ],
)
def test_what_is_unstable_or_not_linear_has_no_line(text: str) -> None:
    assert line_of(nos_sym.parse(text)) is None


DECAYED = (
    "{{ state v; v <- {mu} * v + g + {decay} * w; w <- w - lr * v }}",
    "{{ state v; v <- {mu} * v + g; w <- w - lr * (v + {decay} * w) }}",
    "{{ state v; w <- w - lr * {decay} * w; v <- {mu} * v + g; w <- w - lr * (g + {mu} * v) }}",
    "{{ state v; v <- {mu} * v + (1 - {mu}) * g; w <- w - lr * (v + {decay} * w) }}",
)
"""Momentum with coupled decay, with decoupled decay, Nesterov's with it, and an average."""


@pytest.mark.parametrize("text", DECAYED)
@pytest.mark.parametrize(("mu", "decay"), [("0.9", "0.01"), ("0.5", "0.3"), ("0.99", "2")])
def test_bounds_with_decay_hold_at_every_curvature(text: str, mu: str, decay: str) -> None:
    rule = nos_sym.parse(text.format(mu=mu, decay=decay))
    line = line_of(rule)
    assert line is not None
    value = sympy.sympify(line.data["bound"].replace("^", "**"))
    factor, weight = float(mu), float(decay)
    coupled, average, nesterov = "+ g +" in text, "(1 -" in text, "(g +" in text
    for curvature in (1e-3, 0.1, 1.0, 30.0):
        bound = float(value.subs("h", curvature))
        for rate, grows in ((0.999 * bound, False), (1.001 * bound, True)):
            given = curvature + (weight if coupled else 0)
            apart = 0 if coupled else weight
            enters = 1 - factor if average else 1.0
            # The step as a matrix over weight and momentum, by hand.
            first = enters * given * (factor if nesterov else 1) + (given if nesterov else 0)
            step = np.array(
                [[1 - rate * (first + apart), -rate * factor * (factor if nesterov else 1)],
                 [enters * given, factor]]
            )  # fmt: skip
            assert (np.abs(np.linalg.eigvals(step)).max() > 1) == grows


@pytest.mark.heavy
def test_both_sides_of_the_bound_in_the_whole_catalog() -> None:
    checked = 0
    for rule in catalog.entries():
        if isinstance(rule, Schedule) or line_of(rule) is None:
            continue
        check(rule)
        checked += 1
    assert checked >= 20


def test_jury_says_what_the_roots_say() -> None:
    rng = np.random.default_rng(0)
    said = []
    for _ in range(200):
        degree = int(rng.integers(1, 6))
        coefficients = [sympy.Rational(int(c), 10) for c in rng.integers(-9, 10, size=degree + 1)]
        coefficients[0] = sympy.Rational(1)
        roots = np.abs(np.roots([float(c) for c in coefficients]))
        if len(roots) and abs(roots.max() - 1) < 1e-6:
            continue
        said.append(is_stable(coefficients))
        assert said[-1] == bool(len(roots) == 0 or roots.max() < 1)
    assert 20 < sum(said) < len(said)
